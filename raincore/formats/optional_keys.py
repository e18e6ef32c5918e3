"""Keys that a torrent can do without: used if they make sense, else left where they are.

Creators write many of them wrongly ("url-list" as an empty string, dates as text), which is
no reason to refuse a torrent. What is not usable stays in the dictionary, so that nothing
is lost and a reader can say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value

__all__ = ["take_hashes", "take_nodes", "take_number", "take_text", "take_texts", "text", "untext"]

FOREIGN = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that "surrogateescape" does not make."""


def text(raw: bytes) -> str:
    """Bytes from a torrent as text; surrogate escapes stand for bytes that are not UTF-8."""
    return raw.decode("utf-8", "surrogateescape")


def untext(value: str) -> bytes:
    """The bytes that `text` made this of.

    Surrogates that stand for no byte, which JSON can bring, become U+FFFD.
    """
    return FOREIGN.sub("�", value).encode("utf-8", "surrogateescape")


def take_text(values: dict[bytes, Value], key: bytes) -> str | None:
    """Take a string out; None if it is absent or something else."""
    value = values.get(key)
    if not isinstance(value, bytes):
        return None
    del values[key]
    return text(value)


def take_number(values: dict[bytes, Value], key: bytes) -> int | None:
    """Take an integer out; None if it is absent or something else."""
    value = values.get(key)
    if not isinstance(value, int):
        return None
    del values[key]
    return value


def take_texts(values: dict[bytes, Value], key: bytes) -> tuple[str, ...]:
    """Take a list of strings out, or one string; without empty and repeated ones."""
    value = values.get(key)
    if isinstance(value, bytes):
        value = [value]
    if not isinstance(value, list):
        return ()
    found = [item for item in value if isinstance(item, bytes)]
    if len(found) != len(value):
        return ()
    del values[key]
    return tuple(dict.fromkeys(text(item) for item in found if item))


def take_hashes(values: dict[bytes, Value], key: bytes) -> tuple[bytes, ...]:
    """Take a list of 20-byte or 32-byte hashes out (BEP 38, "similar")."""
    value = values.get(key)
    if not isinstance(value, list):
        return ()
    found = [item for item in value if isinstance(item, bytes) and len(item) in (20, 32)]
    if len(found) != len(value):
        return ()
    del values[key]
    return tuple(dict.fromkeys(found))


def take_nodes(values: dict[bytes, Value], most: int) -> tuple[str, ...]:
    """Take DHT nodes out: [host, port] pairs (BEP 5, "torrent file extensions").

    Args:
        values: The outer dictionary.
        most: How many pairs are looked at.
    """
    pairs = values.get(b"nodes")
    if not isinstance(pairs, list):
        return ()
    found: dict[str, None] = {}
    for pair in pairs[:most]:
        match pair:
            case [bytes(host), int(port)] if host and 0 < port <= 65535:
                name = text(host).strip("[]")
                found[f"[{name}]:{port}" if ":" in name else f"{name}:{port}"] = None
    if found:
        del values[b"nodes"]
    return tuple(found)
