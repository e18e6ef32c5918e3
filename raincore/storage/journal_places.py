"""Where in a journal of verification the lines about one torrent are."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import repeat

from raincore.formats.info import MAX_PIECES

__all__ = ["Places"]


def _numbers() -> array[int]:
    return array("Q")


@dataclass(slots=True)
class Places:
    """The beginnings of lines; what they say stays in the file, so that memory is small.

    Args:
        number: What the lines call the torrent.
        files: Of the stamps of its files.
        good: Of pieces proven under these stamps.
        leaves: Of the hashes of blocks, by piece; 0 where there are none.
        length: Bytes of the lines in `files` and `good`.
    """

    number: int
    files: array[int] = field(default_factory=_numbers)
    good: array[int] = field(default_factory=_numbers)
    leaves: array[int] = field(default_factory=_numbers)
    length: int = 0

    def add(self, kind: bytes, rest: bytes, at: int) -> int:
        """Note a line.

        Args:
            kind: Its first word; others than ours are left out.
            rest: What follows the number of the torrent.
            at: Where it begins.

        Returns:
            How many bytes of earlier lines are of no use any more.

        Raises:
            ValueError: It is none of ours.
        """
        stale = 0
        if kind == b"leaves":
            return self._add_leaves(int(rest.split(b" ", 1)[0]), len(rest), at)
        if kind == b"files":
            if rest.startswith(b"0 "):
                stale, self.length = self.length, 0
                del self.files[:], self.good[:]
            self.files.append(at)
        elif kind == b"good":
            self.good.append(at)
        self.length += len(rest)
        return stale

    def _add_leaves(self, piece: int, length: int, at: int) -> int:
        if not 0 <= piece < MAX_PIECES:
            raise ValueError(piece)
        self.leaves.extend(repeat(0, piece + 1 - len(self.leaves)))
        was_there = self.leaves[piece] != 0
        self.leaves[piece] = at
        return length if was_there else 0
