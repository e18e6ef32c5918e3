"""What was found for each file of a torrent, printed: a document each, or a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.formats.info import Info
    from raincore.storage.layout import Layout
    from raincore.storage.matching import Match
    from raintools._kit.output import Writer

__all__ = ["show"]

COLORS = {"in_place": "green", "exact": "green", "likely": "yellow", "unproven": "yellow"}


def show(
    out: Writer, info: Info, layout: Layout, number: int, match: Match, applied: str | None
) -> None:
    """Write one match.

    Args:
        out: Where to.
        info: The torrent.
        layout: Where its files belong.
        number: The file's index, padding left out.
        match: What was found for it.
        applied: How it was put into place; None if it was not.
    """
    source = None if match.source is None else match.source.path
    if out.human:
        out.text(_line(out, "/".join(info.files[match.index].path), source, match, applied))
        return
    from raincore.documents import matches

    value = matches.encode(
        info,
        match.index,
        match.status,
        number=number,
        target=str(layout.path_of(match.index)),
        source=source,
        pieces=(match.pieces_proven, match.pieces_total),
        reason=match.reason,
        applied=applied,
    )
    out.value(value)


def _line(out: Writer, path: str, source: str | None, match: Match, applied: str | None) -> str:
    from raincore.storage.failures import named

    parts = [out.styled(f"{match.status:8}", fg=COLORS.get(match.status, "red")), path]
    if source is not None and match.status != "in_place":
        parts.append(f"<- {named(source)}")
    if applied is not None:
        parts.append(f"({applied})")
    if match.reason:
        parts.append(out.styled(f"({match.reason})", dim=True))
    return "  ".join(parts)
