"""One line of JSON to the torrent document that it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import DocumentError

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument

__all__ = ["Foreign", "parse_json", "parse_line"]


class Foreign(NamedTuple):
    """A document of another type; to be passed on, with its line feed, as it came."""

    line: bytes


def parse_line(line: bytes) -> TorrentDocument | Foreign:
    """Read one line of JSON; nothing but the line is looked at.

    Raises:
        DocumentError: It is no document that this program understands.
    """
    value = parse_json(line)
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind != "torrent":
        return Foreign(line if line.endswith(b"\n") else line + b"\n")
    from raincore.documents import codec, registry

    registry.validate(value)
    return codec.decode(value)


def parse_json(line: bytes) -> Any:
    """Read one line of JSON as a JSON value; raise DocumentError if it is none."""
    try:
        return json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not JSON: {_reason(line, error)}") from error


def _reason(line: bytes, error: Exception) -> str:
    if line.strip() == b"{":
        return "one document per line, please: jq needs -c"
    if isinstance(error, json.JSONDecodeError):
        said = error.msg.removesuffix(" at")
        return f"{said[:1].lower()}{said[1:]} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start + 1}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "a number that is too long" if "digit" in str(error) else str(error)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"number is out of range: {text[:20]}")
    return number
