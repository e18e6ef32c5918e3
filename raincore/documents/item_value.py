"""What the DHT stores, as JSON that can be turned back into the same bytes (BEP 44)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raincore.base import printable
from raincore.base.errors import DocumentError
from raincore.formats import bencoding

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value

__all__ = ["MAX_DEPTH", "bencoded", "bytes_of", "json_of", "text_or_hex"]

MAX_DEPTH = 30
"""Lists and dictionaries open at once: what others let pass who allow 32 in a datagram."""

LAYOUT = re.compile("[\t\n\r]")
"""Control characters that belong to text."""

INTEGER_LIMIT = 10**19


def json_of(value: Value) -> Any:
    """Spell a decoded value as JSON.

    Text stays text, line feeds and tabs included; other strings become {"hex": …}. A key
    that is no text, or that begins with "hex", is "hex:" and its hex, so that `bencoded`
    finds the value again.
    """
    if isinstance(value, bytes):
        return text_or_hex(value)
    if isinstance(value, list):
        return [json_of(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): json_of(item) for key, item in value.items()}
    return value


def text_or_hex(value: bytes) -> str | dict[str, str]:
    """Spell a string as text if it is some that a terminal may get, else as {"hex": …}."""
    text = _text(value)
    return {"hex": value.hex()} if text is None else text


def bencoded(value: Any) -> bytes:
    """Write a JSON value that `json_of` spelled as bencode.

    Raises:
        DocumentError: It is or holds something that bencode has no word for; `where` is
            its path below "$.value".
    """
    return bencoding.encode(_decoded(value, "$.value", MAX_DEPTH))


def bytes_of(value: Any, where: str) -> bytes:
    """Read what `text_or_hex` wrote.

    Raises:
        DocumentError: It is something else; named by `where`.
    """
    if isinstance(value, str):
        return _encoded(value, where)
    if isinstance(value, dict) and value.keys() == {"hex"} and isinstance(value["hex"], str):
        return _unhex(value["hex"], where)
    raise DocumentError('must be text or {"hex": …}', where)


def _key(key: bytes) -> str:
    text = _text(key)
    return f"hex:{key.hex()}" if text is None or text.startswith("hex") else text


def _text(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    bare = LAYOUT.sub("", text)
    return text if printable.displayed(bare) == bare else None


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
