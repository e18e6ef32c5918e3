"""What a torrent would be like, as a JSON document of type "plan"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cost", "Mode", "PlanDocument", "encode"]

VERSION = 1


class Cost(NamedTuple):
    """What one piece length costs; all but `piece_count` in bytes."""

    piece_length: int
    piece_count: int
    padding_length: int
    torrent_length: int


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to make the torrent.

    Args:
        meta_version: "v1", "v2" or "hybrid".
        align: Whether every file begins on a piece boundary.
        cost: With the piece length that was asked for, or that suits the content.
        others: With the next shorter and longer piece lengths, ascending.
    """

    meta_version: str
    align: bool
    cost: Cost
    others: Sequence[Cost] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """What a torrent would be like, before anything is read.

    Args:
        path: Absolute path of the content, as displayed.
        name: Of the torrent, as displayed.
        total_length: Bytes of files.
        file_count: Files and symlinks.
        modes: Every way in which the torrent can be made.
        chosen: The one that the options ask for.
    """

    path: str
    name: str
    total_length: int
    file_count: int
    modes: Sequence[Mode]
    chosen: Mode


def encode(plan: PlanDocument) -> dict[str, Any]:
    """Turn a plan into a JSON value."""
    return {
        "type": "plan",
        "v": VERSION,
        "path": plan.path,
        "name": plan.name,
        "total_length": plan.total_length,
        "file_count": plan.file_count,
        "modes": [
            {**_mode(mode), "others": [other._asdict() for other in mode.others]}
            for mode in plan.modes
        ],
        "chosen": _mode(plan.chosen),
    }


def _mode(mode: Mode) -> dict[str, Any]:
    return {"meta_version": mode.meta_version, "align": mode.align, **mode.cost._asdict()}
