"""One line of JSON to the torrent document that it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import DocumentError

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument

__all__ = ["Foreign", "parse_line"]


class Foreign(NamedTuple):
    """A document of another type; to be passed on, with its line feed, as it came."""

    line: bytes


def parse_line(line: bytes) -> TorrentDocument | Foreign:
    """Read one line of JSON; nothing but the line is looked at.

    Raises:
        DocumentError: It is no document that this program understands.
    """
    try:
        value = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        hint = "; one document per line, please: jq needs -c" if line.strip() == b"{" else ""
        raise DocumentError(f"not JSON{hint}") from error
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind != "torrent":
        return Foreign(line if line.endswith(b"\n") else line + b"\n")
    from raincore.documents import codec, registry

    registry.validate(value)
    return codec.decode(value)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number is out of range")
    return number
