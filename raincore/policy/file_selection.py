"""Which files of a torrent are wanted, and which of its pieces hold them.

Pieces do not end where files do (BEP 3): the first and last piece of a wanted file may
hold bytes of files that nobody wants. Such pieces are wanted, those bytes are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ConfigError
from raincore.base.nothing import empty
from raincore.base.path_glob import content_matches
from raincore.base.printable import printable
from raincore.formats import selection as counting
from raincore.policy import excerpts
from raincore.policy.priorities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from raincore.base.geometry import Geometry
    from raincore.formats.info import Info
    from raincore.policy.excerpts import Excerpt

__all__ = ["EVERYTHING", "Selection", "Wanted", "choose"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for, before it is known which files there are; nothing: all of them.

    Args:
        globs: Shell globs for paths as documents show them, with or without the
            torrent's name in front.
        indices: File numbers as documents count, without padding.
        linked: File numbers as magnet links count, with padding (BEP 53).
        excerpt: Bytes of one file, instead of all that.
        preferred: How much files are wanted, a later word before an earlier one; a file
            that has one is wanted or not by that, whatever is selected.
    """

    globs: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    linked: tuple[int, ...] = ()
    excerpt: Excerpt | None = None
    preferred: tuple[tuple[Selection, Priority], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.globs or self.indices or self.linked or self.excerpt)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a selection means for one torrent.

    Args:
        pieces: Those that hold at least a byte of a wanted file, or of what is wanted of it.
        piece_length: Of the torrent, in bytes.
        last_length: Bytes in its last piece.
        unwanted: Indices, in content order, of files that are not wanted.
        numbers: The selected files as documents count them; empty if none was named.
        foreign: Bytes of unwanted files, of what is not wanted of others, and of padding,
            in wanted pieces, by piece.
        missing: What a link selects, though there is no such file.
        priorities: How much files are wanted, by number as documents count.
    """

    pieces: Bitfield
    piece_length: int
    last_length: int
    unwanted: frozenset[int] = frozenset()
    numbers: tuple[int, ...] = ()
    foreign: Mapping[int, int] = field(default_factory=empty)
    missing: tuple[int, ...] = ()
    priorities: Mapping[int, Priority] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Bytes of all wanted files; padding is among them only if everything is wanted."""
        return self.bytes_in(self.pieces)

    def bytes_in(self, have: Bitfield) -> int:
        """Bytes of wanted files in those pieces that somebody has. O(pieces / 64 + files)."""
        got = have & self.pieces
        total = got.count() * self.piece_length
        if len(got) and got[len(got) - 1]:
            total -= self.piece_length - self.last_length
        return total - sum(count for piece, count in self.foreign.items() if got[piece])


def choose(
    selection: Selection, info: Info, priorities: Mapping[int, Priority] | None = None
) -> Wanted:
    """Say what a selection means for a torrent. O(files * globs).

    A glob without "/" also matches any component of a path but the torrent's name.

    Args:
        priorities: By file number as documents count; whoever has one is wanted or not
            by that, whatever is selected, or preferred.

    Raises:
        ConfigError: A glob matches no file, or there is no file of a number. Numbers of a
            link are forgiven as long as one of them is right.
    """
    geometry = info.geometry
    count = geometry.piece_count
    last = geometry.total_length - (count - 1) * geometry.piece_length if count else 0
    shown = info.display_indices()
    levels = {**_preferred(selection, info, shown), **(priorities or {})}
    chosen, missing, runs = _what(selection, info, shown, levels)
    if runs is None and len(chosen) == len(shown):
        full = Bitfield.full(count)
        numbers = tuple(sorted(chosen)) if selection or levels else ()
        return Wanted(
            full, geometry.piece_length, last, numbers=numbers, missing=missing, priorities=levels
        )
    if runs is None:
        offsets, lengths = geometry.file_offsets, geometry.file_lengths
        indices = [shown[number] for number in sorted(chosen)]
        runs = [range(offsets[index], offsets[index] + lengths[index]) for index in indices]
    pieces = Bitfield(count)
    for run in runs:
        if run:
            first = run.start // geometry.piece_length
            pieces.bits[first : (run.stop - 1) // geometry.piece_length + 1] = 1
    return Wanted(
        pieces,
        geometry.piece_length,
        last,
        frozenset(index for number, index in enumerate(shown) if number not in chosen),
        tuple(sorted(chosen)),
        _foreign(geometry, runs),
        missing,
        levels,
    )


def _preferred(selection: Selection, info: Info, shown: Sequence[int]) -> dict[int, Priority]:
    levels: dict[int, Priority] = {}
    for some, level in selection.preferred:
        levels |= dict.fromkeys(_numbers(some, info, shown)[0], level)
    return levels


def _what(
    selection: Selection, info: Info, shown: Sequence[int], priorities: Mapping[int, Priority]
) -> tuple[set[int], tuple[int, ...], list[range] | None]:
    """The chosen files as documents count them, what a link selects in vain, and the runs.

    The runs of the content that are wanted, in order, if that is not whole files.
    """
    if selection.excerpt is not None:
        place = excerpts.locate(selection.excerpt, info)
        return {place.number}, (), [range(place.begin, place.end)]
    chosen, missing = _numbers(selection, info, shown)
    if not selection:
        chosen = set(range(len(shown)))
    for number, priority in priorities.items():
        _check_number(number, shown)
        chosen.discard(number)
        if priority is not Priority.SKIP:
            chosen.add(number)
    return chosen, missing, None


def _check_number(number: int, shown: Sequence[int]) -> None:
    if not 0 <= number < len(shown):
        raise ConfigError(f"no such file to select: {number} of {len(shown)}", "select")


def _numbers(
    selection: Selection, info: Info, shown: Sequence[int]
) -> tuple[set[int], tuple[int, ...]]:
    """The selected files as documents count them, and what a link selects in vain."""
    linked, missing = counting.in_documents(selection.linked, info)
    if missing and not linked:
        raise ConfigError(f"no such file to select: {missing[0]} of {len(info.files)}", "select")
    for number in selection.indices:
        _check_number(number, shown)
    chosen = {*selection.indices, *linked}
    for glob in selection.globs:
        matching = {
            number
            for number, index in enumerate(shown)
            if content_matches(info.files[index].path, glob)
        }
        if not matching:
            raise ConfigError(f"no file to select matches {printable(glob)!r}", "select")
        chosen |= matching
    return chosen, missing


def _foreign(geometry: Geometry, runs: Iterable[range]) -> dict[int, int]:
    """Bytes of each wanted piece that are not in any of the runs, which rise."""
    length, total = geometry.piece_length, geometry.total_length
    inside: dict[int, int] = {}
    for run in runs:
        # Only its first and its last piece can hold anything else.
        for piece in {run.start // length, (run.stop - 1) // length} if run else ():
            begin = max(run.start, piece * length)
            got = min(run.stop, (piece + 1) * length) - begin
            inside[piece] = inside.get(piece, 0) + got
    sizes = {piece: min(length, total - piece * length) for piece in inside}
    return {piece: sizes[piece] - got for piece, got in inside.items() if got < sizes[piece]}
