"""A bencoded structure as JSON, so that each byte of it can be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raincore.base import printable

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value

__all__ = ["key_of", "string_of", "value_of"]

LAYOUT = re.compile("[\t\n\r]")
"""Control characters that belong to text."""


def value_of(value: Value) -> Any:
    """Show a decoded value as JSON.

    Text stays text, line feeds and tabs included; bytes that are none, or that a terminal
    must not get, become {"hex": …}. A key of that kind, or one that begins with "hex", is
    "hex:" and its hex. So `item_value.bencoded` finds the value again.
    """
    if isinstance(value, bytes):
        return string_of(value)
    if isinstance(value, list):
        return [value_of(item) for item in value]
    if isinstance(value, dict):
        return {key_of(key): value_of(item) for key, item in value.items()}
    return value


def string_of(value: bytes) -> str | dict[str, str]:
    """Show a string as `value_of` does."""
    text = _text(value)
    return {"hex": value.hex()} if text is None else text


def key_of(key: bytes) -> str:
    """Spell the key of a dictionary as `value_of` does."""
    text = _text(key)
    return f"hex:{key.hex()}" if text is None or text.startswith("hex") else text


def _text(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    bare = LAYOUT.sub("", text)
    return text if printable.displayed(bare) == bare else None
