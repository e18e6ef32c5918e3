"""Which files of a torrent are wanted, and which of its pieces hold them.

Pieces do not end where files do (BEP 3): the first and last piece of a wanted file may
hold bytes of files that nobody wants. Such pieces are wanted, those bytes are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ConfigError
from raincore.base.path_glob import path_matches
from raincore.base.printable import printable
from raincore.formats import selection as counting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.base.geometry import Geometry
    from raincore.formats.info import Info

__all__ = ["EVERYTHING", "Selection", "Wanted", "choose"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for, before it is known which files there are; nothing: all of them.

    Args:
        globs: Shell globs for paths as documents show them, with or without the
            torrent's name in front.
        indices: File numbers as documents count, without padding.
        linked: File numbers as magnet links count, with padding (BEP 53).
    """

    globs: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    linked: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.globs or self.indices or self.linked)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a selection means for one torrent.

    Args:
        pieces: Those that hold at least a byte of a wanted file.
        piece_length: Of the torrent, in bytes.
        last_length: Bytes in its last piece.
        unwanted: Indices, in content order, of files that are not wanted.
        numbers: The selected files as documents count them; empty if none was named.
        foreign: Bytes of unwanted files and of padding in wanted pieces, by piece.
        missing: What a link selects, though there is no such file.
    """

    pieces: Bitfield
    piece_length: int
    last_length: int
    unwanted: frozenset[int] = frozenset()
    numbers: tuple[int, ...] = ()
    foreign: Mapping[int, int] = field(default_factory=dict)
    missing: tuple[int, ...] = ()

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


def choose(selection: Selection, info: Info) -> Wanted:
    """Say what a selection means for a torrent. O(files * globs).

    A glob without "/" also matches any component of a path but the torrent's name.

    Raises:
        ConfigError: A glob matches no file, or there is no file of a number. Numbers of a
            link are forgiven as long as one of them is right.
    """
    geometry = info.geometry
    count = geometry.piece_count
    last = geometry.total_length - (count - 1) * geometry.piece_length if count else 0
    shown = [index for index, file in enumerate(info.files) if not file.is_padding]
    chosen, missing = _numbers(selection, info, shown)
    if not selection or len(chosen) == len(shown):
        full = Bitfield.full(count)
        numbers = tuple(sorted(chosen))
        return Wanted(full, geometry.piece_length, last, numbers=numbers, missing=missing)
    pieces = Bitfield(count)
    for number in chosen:
        of_file = geometry.pieces_of_file(shown[number])
        pieces.bits[of_file.start : of_file.stop] = 1
    unwanted = frozenset(index for number, index in enumerate(shown) if number not in chosen)
    padding = frozenset(range(len(info.files))).difference(shown)
    return Wanted(
        pieces,
        geometry.piece_length,
        last,
        unwanted,
        tuple(sorted(chosen)),
        _foreign(geometry, pieces, unwanted | padding),
        missing,
    )


def _numbers(
    selection: Selection, info: Info, shown: list[int]
) -> tuple[set[int], tuple[int, ...]]:
    """The selected files as documents count them, and what a link selects in vain."""
    linked, missing = counting.in_documents(selection.linked, info)
    if missing and not linked:
        raise ConfigError(f"no such file to select: {missing[0]} of {len(info.files)}", "select")
    for number in selection.indices:
        if number >= len(shown):
            raise ConfigError(f"no such file to select: {number} of {len(shown)}", "select")
    chosen = {*selection.indices, *linked}
    for glob in selection.globs:
        matching = {
            number for number, index in enumerate(shown) if _matches(info.files[index].path, glob)
        }
        if not matching:
            raise ConfigError(f"no file to select matches {printable(glob)!r}", "select")
        chosen |= matching
    return chosen, missing


def _matches(path: tuple[str, ...], glob: str) -> bool:
    if len(path) == 1:
        return path_matches(path, glob)
    below = path[1:]
    return path_matches(below, glob) or ("/" in glob and path_matches(path, glob))


def _foreign(geometry: Geometry, pieces: Bitfield, unwanted: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for index in unwanted:
        of_file = geometry.pieces_of_file(index)
        begin = geometry.file_offsets[index]
        end = begin + geometry.file_lengths[index]
        # Only its first and its last piece can hold anything else.
        for piece in {*of_file[:1], *of_file[-1:]}:
            if pieces[piece]:
                first = piece * geometry.piece_length
                inside = min(end, first + geometry.piece_length) - max(begin, first)
                found[piece] = found.get(piece, 0) + inside
    return found
