"""Keys of a torrent that none of our BEPs names, as JSON that is bounded in size.

A stranger's torrent may hold megabytes under a key of its own. They would travel through
each pipe with the document, so what is long is told by its length; `--raw` shows it whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.documents import raw
from raincore.formats import bencoding, magnet_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.formats.bencoding import Value

__all__ = ["MAX_KEYS", "MAX_TOTAL", "MAX_VALUE", "Unknown", "of_parameters"]

MAX_VALUE = 4096
"""Bencoded bytes of one value that is shown whole."""

MAX_TOTAL = 64 * 1024
"""Bencoded bytes of all values that are shown whole, in one torrent."""

MAX_KEYS = 1000
"""Keys of one torrent that are shown at all; MAX_TOTAL counts for those of files."""

SHOWN_BYTES = 32
KINDS = {int: "integer", list: "list", dict: "dictionary"}


class Unknown:
    """Makes JSON of the unknown keys of one torrent; its budget is for all of them."""

    def __init__(self) -> None:
        self._room = MAX_TOTAL
        self._keys = MAX_KEYS

    def shown(self, values: Mapping[bytes, Value] | None) -> dict[str, Any]:
        """Give keys and values as `raw` spells them.

        Args:
            values: Decoded; None for none.

        Returns:
            Empty for none. A value that is too long is {"omitted": its type, "length":
            its bencoded bytes}, and a long string {"hex": its first bytes, "length": all
            its bytes}.
        """
        found: dict[str, Any] = {}
        for key, value in (values or {}).items():
            if self._keys <= 0:
                break
            self._keys -= 1
            name = raw.key_of(key if len(key) <= MAX_VALUE else key[:MAX_VALUE])
            found[name] = self._value(value)
        return found

    def _value(self, value: Value) -> Any:
        length = len(value) if isinstance(value, bytes) else len(bencoding.encode(value))
        if length <= min(MAX_VALUE, self._room):
            self._room -= length
            return raw.value_of(value)
        if isinstance(value, bytes):
            return {"hex": value[:SHOWN_BYTES].hex(), "length": length}
        return {"omitted": KINDS[type(value)], "length": length}


def of_parameters(parameters: Iterable[str]) -> dict[str, Any]:
    """Give the unknown parameters of a magnet link, which is bounded already.

    Returns:
        Name to value, as displayed; to a list of values where a name comes again.
    """
    found: dict[str, Any] = {}
    for parameter in parameters:
        name, _, value = map(magnet_parameters.unquoted, parameter.partition("="))
        shown = raw.value_of(value.encode("utf-8", "surrogateescape"))
        key = raw.key_of(name.encode("utf-8", "surrogateescape"))
        found.setdefault(key, []).append(shown)
    return {key: item[0] if len(item) == 1 else item for key, item in found.items()}
