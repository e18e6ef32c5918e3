"""JSON of what the DHT stores, turned back into the same bytes (BEP 44)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raincore.base import printable
from raincore.base.errors import DocumentError
from raincore.formats import bencoding

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value

__all__ = ["MAX_DEPTH", "bencoded", "bytes_of"]

MAX_DEPTH = 30
"""Lists and dictionaries open at once: what others let pass who allow 32 in a datagram."""

INTEGER_LIMIT = 10**19


def bencoded(value: Any) -> bytes:
    """Write a JSON value that `raw.value_of` spelled as bencode.

    Raises:
        DocumentError: It is or holds something that bencode has no word for; `where` is
            its path below "$.value".
    """
    return bencoding.encode(_decoded(value, "$.value", MAX_DEPTH))


def bytes_of(value: Any, where: str) -> bytes:
    """Read what `raw.string_of` wrote.

    Raises:
        DocumentError: It is something else; named by `where`.
    """
    if isinstance(value, str):
        return _encoded(value, where)
    if isinstance(value, dict) and value.keys() == {"hex"} and isinstance(value["hex"], str):
        return _unhex(value["hex"], where)
    raise DocumentError('must be text or {"hex": …}', where)


def _decoded(value: Any, where: str, depth: int) -> Value:
    if isinstance(value, str):
        return _encoded(value, where)
    if isinstance(value, bool) or value is None or isinstance(value, float):
        raise DocumentError("must be text, an integer, a list or a dictionary", where)
    if isinstance(value, int):
        if abs(value) >= INTEGER_LIMIT:
            raise DocumentError("integer has more than 19 digits", where)
        return value
    if depth <= 0:
        raise DocumentError("nested too deeply", where)
    if isinstance(value, list):
        return [_decoded(item, f"{where}[{n}]", depth - 1) for n, item in enumerate(value)]
    if value.keys() == {"hex"}:
        return bytes_of(value, where)
    found: dict[bytes, Value] = {}
    for name, item in value.items():
        inside = f"{where}.{printable.printable(name, limit=40)}"
        key = _unhex(name[4:], inside) if name.startswith("hex:") else _encoded(name, inside)
        if key in found:
            raise DocumentError("the same key twice", inside)
        found[key] = _decoded(item, inside, depth - 1)
    return found


def _encoded(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:  # JSON can spell surrogates that stand for no byte
        raise DocumentError("text that UTF-8 cannot write", where) from error


def _unhex(text: str, where: str) -> bytes:
    if not re.fullmatch("([0-9a-fA-F]{2})*", text):
        raise DocumentError("not pairs of hex digits", where)
    return bytes.fromhex(text)
