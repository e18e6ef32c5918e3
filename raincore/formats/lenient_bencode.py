"""The bencode of .torrent files, in which more is taken than from peers.

Programs write files with keys that come twice, and something is appended to files on their
way. Other clients read these; so do we, and `lint` says what there is. Of a key that comes
twice the last value counts, as in rain. Numbers, lengths and limits are as strict as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import BencodeError
from raincore.formats.bencoding import MAX_DEPTH, MAX_TOKENS, Reader

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value

__all__ = ["NO_REPEATS", "Lenient", "Repeats", "decode", "decode_dictionary", "decode_whole"]


class Repeats(NamedTuple):
    """Keys that their dictionaries had already.

    Args:
        number: How many.
        key: The first of them.
        offset: Where that stands.
    """

    number: int = 0
    key: bytes = b""
    offset: int = 0


NO_REPEATS = Repeats()


class Lenient(NamedTuple):
    """A value as it was read, and what was odd about it.

    Args:
        value: The value.
        end: The offset of the first byte after it.
        repeats: Keys that came again.
        spans: For each key of the dictionary the (start, end) of the raw value.
    """

    value: Value
    end: int
    repeats: Repeats
    spans: dict[bytes, tuple[int, int]]


def decode(data: bytes) -> Lenient:
    """Read the value at the front of `data`, of any kind; anything may follow it.

    Raises:
        BencodeError: As `bencoding.decode`, but for duplicate keys and what follows.
    """
    if data[:1] == b"d":
        return decode_dictionary(data)[1]
    reader = _Reader()
    value, end = reader.read(data, 0, MAX_DEPTH, [MAX_TOKENS - 1])
    return Lenient(value, end, reader.repeats, {})


def decode_whole(data: bytes) -> Value:
    """Read a value that fills `data`, in which keys may come twice.

    Raises:
        BencodeError: As `decode`, or something follows the value.
    """
    read = decode(data)
    if read.end != len(data):
        raise BencodeError("bytes after the end of the value", f"offset {read.end}")
    return read.value


def decode_dictionary(data: bytes) -> tuple[dict[bytes, Value], Lenient]:
    """Read the dictionary at the front of `data`; anything may follow it.

    Raises:
        BencodeError: As `decode`, or the value is no dictionary.
    """
    if data[:1] != b"d":
        raise BencodeError("not a dictionary", "offset 0")
    reader = _Reader()
    spans: dict[bytes, tuple[int, int]] = {}
    value, end = reader.decode_dict(data, 0, MAX_DEPTH, [MAX_TOKENS - 1], spans)
    return value, Lenient(value, end, reader.repeats, spans)


class _Reader(Reader):
    """Counts what the other refuses; so it is good for one value."""

    def __init__(self) -> None:
        super().__init__()
        self.repeats = NO_REPEATS

    def repeated(self, key: bytes, at: int) -> None:
        """Remember the first."""
        number, first, offset = self.repeats
        self.repeats = Repeats(number + 1, first, offset) if number else Repeats(1, key, at)
