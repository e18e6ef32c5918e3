"""Canonical bencode: values to bytes. The only door to bencode.py.

Keys are sorted as bytes and numbers have no leading zeros, whatever was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bencodepy import BencodeEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Writer"]

SHORT = 256
"""Bytes of a string that are copied rather than listed by themselves."""


class Writer(BencodeEncoder):  # type: ignore[misc]  # bencode.py has no types
    """Adds subclasses, errors that name the type, and a check of the keys.

    Stateless once made, so one serves all threads.

    Args:
        raw: A type of values that are bencoded already, as their attribute `bencoded`.
    """

    def __init__(self, raw: type) -> None:
        super().__init__()
        self.encode_func[raw] = self.encode_bencached

    def write(self, value: Any, out: list[bytes]) -> None:
        """Append the encoded pieces of `value`.

        Raises:
            TypeError: As `bencoding.encode`.
        """
        write = self.encode_func.get(type(value)) or self.of_subclass(value)
        write(value, out)

    def of_subclass(self, value: Any) -> Any:
        """Find the method of the type that this value's type derives from."""
        for base in type(value).__mro__[1:]:
            if base in self.encode_func:
                return self.encode_func[base]
        raise TypeError(f"cannot be bencoded: {type(value).__name__}")

    def encode_int(self, value: int, out: list[bytes]) -> None:
        """Write "i…e"; int() because a subclass may print differently."""
        out.append(b"i%de" % int(value))

    def encode_list(self, value: Sequence[Any], out: list[bytes]) -> None:
        """Write "l…e"."""
        out.append(b"l")
        for item in value:
            if type(item) is bytes and len(item) <= SHORT:  # peers of a DHT reply: 0.4 µs each
                out.append(b"%d:%b" % (len(item), item))
            else:
                self.write(item, out)
        out.append(b"e")

    def encode_dict(self, value: Mapping[Any, Any], out: list[bytes]) -> None:
        """Write "d…e" with sorted keys."""
        items: dict[bytes, Any] = {}
        for key, item in value.items():
            name = key.encode() if isinstance(key, str) else key
            if not isinstance(name, bytes) or name in items:
                raise TypeError(f"no key, or the same key twice: {key!r}")
            items[name] = item
        out.append(b"d")
        for name in sorted(items):
            item = items[name]
            if type(item) is bytes and len(item) <= SHORT:
                out.append(b"%d:%b%d:%b" % (len(name), name, len(item), item))
            else:
                self.encode_bytes(name, out)
                self.write(item, out)
        out.append(b"e")

    def encode_bytes(self, value: bytes, out: list[bytes]) -> None:
        """Write "<length>:<bytes>"."""
        out.append(b"%d:" % len(value))
        out.append(value)
