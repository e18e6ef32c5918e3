"""Which pieces hold bytes of one file only, and which are shared by several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from raincore.base.geometry import Geometry

__all__ = ["FilePieces", "of_files", "sharers"]


class FilePieces(NamedTuple):
    """The pieces of one file.

    Args:
        own: Those that hold no byte of another file; neighbours all of them.
        shared: The others, at most two: where the file begins and where it ends.
    """

    own: range
    shared: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.own) + len(self.shared)


def sharers(geometry: Geometry, padding: Collection[int]) -> dict[int, list[int]]:
    """The files of each piece that holds bytes of more than one, in content order.

    Padding is zeros, which are known, and therefore nobody's (BEP 47). O(files).

    Args:
        geometry: How the content is cut.
        padding: Indices of padding files.

    Returns:
        File indices, by piece, ascending.
    """
    ends: dict[int, list[int]] = {}
    for index, length in enumerate(geometry.file_lengths):
        if length and index not in padding:
            pieces = geometry.pieces_of_file(index)
            # Only its first and its last piece can hold something else.
            for piece in dict.fromkeys((pieces.start, pieces.stop - 1)):
                ends.setdefault(piece, []).append(index)
    return {piece: files for piece, files in ends.items() if len(files) > 1}


def of_files(geometry: Geometry, padding: Collection[int]) -> dict[int, FilePieces]:
    """The pieces of each file that is neither padding nor empty, by its index. O(files)."""
    shared = sharers(geometry, padding)
    found: dict[int, FilePieces] = {}
    for index, length in enumerate(geometry.file_lengths):
        if length and index not in padding:
            first, stop = (pieces := geometry.pieces_of_file(index)).start, pieces.stop
            ends = tuple(piece for piece in dict.fromkeys((first, stop - 1)) if piece in shared)
            own = range(first + (first in ends), stop - (stop - 1 in ends))
            # Of a file that is one shared piece, both ends are taken away.
            found[index] = FilePieces(own if own else range(first, first), ends)
    return found
