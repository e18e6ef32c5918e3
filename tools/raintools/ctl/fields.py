"""What a server said, read without trust: a missing or wrong member is 0, "" or nothing."""

from __future__ import annotations

from typing import Any

from raincore.base import printable

__all__ = ["causes", "cleaned", "flag", "length", "number", "rows", "text", "texts"]


def number(value: Any, *path: str) -> int:
    """The integer under some keys; 0 if there is none."""
    found = _at(value, path)
    return found if type(found) is int else 0


def length(stats: Any) -> int:
    """Bytes that a torrent has in files, which is what people mean by its size.

    Padding is left out. In v2 each file ends its last piece (BEP 52): 100,000 small files
    would be shown as gigabytes.
    """
    return max(0, number(stats, "Bytes", "Total") - number(stats, "Bytes", "Padding"))


def text(value: Any, *path: str) -> str:
    """The string under some keys, safe for a terminal; "" if there is none."""
    found = _at(value, path)
    return printable.displayed(found) if isinstance(found, str) else ""


def flag(value: Any, *path: str) -> bool:
    """Whether there is `true` under some keys."""
    return _at(value, path) is True


def rows(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in the list under some keys."""
    found = _at(value, path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def texts(value: Any, *path: str) -> list[str]:
    """The strings in the list under some keys, safe for a terminal."""
    found = _at(value, path)
    items = found if isinstance(found, list) else []
    return [printable.displayed(item) for item in items if isinstance(item, str)]


def causes(value: Any) -> list[str]:
    """What a server says of why a torrent does not move, a line for each reason."""
    found = []
    for row in rows(value, "Causes"):
        remedy = text(row, "Remedy")
        said = f"{text(row, 'Cause')}: {text(row, 'Evidence')}"
        found.append(f"{said}; {remedy}" if remedy else said)
    return found


def cleaned(value: Any) -> Any:
    """A JSON value whose strings, keys too, are safe for a terminal."""
    if isinstance(value, str):
        return printable.displayed(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {printable.displayed(key): cleaned(item) for key, item in value.items()}
    return value


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
