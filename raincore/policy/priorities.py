"""How much each file is wanted, and in which ranks its pieces are fetched."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.formats.info import Info

__all__ = ["Priority", "edges_of", "ranks"]


class Priority(enum.IntEnum):
    """How much a file is wanted."""

    SKIP = 0
    """Not at all."""
    LOW = 1
    """When nothing else of the torrent is left."""
    NORMAL = 2
    HIGH = 3
    """Before everything else."""


EDGE_BYTES_MAX = 8 * 1024 * 1024
EDGE_SHARE = 100
"""Of a file's beginning and end, each, a hundredth comes early, but no more than 8 MiB: the
index of a film lies at either, and is seldom longer."""


def ranks(
    info: Info,
    wanted: Iterable[int],
    priorities: Mapping[int, Priority],
    *,
    edges_first: bool = False,
) -> tuple[Bitfield, ...]:
    """Say which pieces come before others.

    A piece that several files share counts for the one that is wanted most.

    Args:
        wanted: Numbers of the wanted files, as documents count.
        priorities: By the same numbers; whoever has none is NORMAL.
        edges_first: Whether the beginning and the end of each file come before what lies
            between, among files that are wanted alike.

    Returns:
        For `PiecePicker.ranks`: sets of pieces, the first first. Empty where there is
        nothing to prefer.
    """
    shown = info.display_indices()
    levels: dict[Priority, list[int]] = {}
    for number in wanted:
        level = priorities.get(number, Priority.NORMAL)
        levels.setdefault(level, []).append(shown[number])
    found = []
    for level in sorted(levels, reverse=True):
        if edges_first:
            found.append(_of(info, (edges_of(info, index) for index in levels[level])))
        whole = ([info.geometry.pieces_of_file(index)] for index in levels[level])
        found.append(_of(info, whole))
    return tuple(found[:-1])  # what is in none comes last


def edges_of(info: Info, index: int) -> tuple[range, range]:
    """The pieces of the beginning and of the end of a file, at least one each."""
    pieces = info.geometry.pieces_of_file(index)
    edge = min(info.geometry.file_lengths[index] // EDGE_SHARE, EDGE_BYTES_MAX)
    count = max(1, -(-edge // info.geometry.piece_length))
    return pieces[:count], pieces[-count:]


def _of(info: Info, runs: Iterable[Iterable[range]]) -> Bitfield:
    pieces = Bitfield(info.geometry.piece_count)
    for several in runs:
        for run in several:
            pieces.bits[run.start : run.stop] = 1
    return pieces
