"""SHA-1 of pieces whose length is not known yet: of every length that is still possible.

All piece lengths in question are powers of two times the least. A piece therefore begins
where one of each lesser length begins, and their hashes share a state for as long as the
lesser lasts. With n lengths that makes (n + 1) / 2 times the work of one, not n times.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from hashlib import _Hash

__all__ = ["PieceSums", "Sums"]

HASH_LENGTH = 20
ZEROS = memoryview(bytes(1024 * 1024))
NONE: dict[int, bytes] = {}  # one for all short files


class Sums(NamedTuple):
    """The piece hashes of a finished run of bytes.

    Args:
        size: Bytes of the run.
        least: The least piece length that was kept.
        whole: For each piece length that the run has whole pieces of, their hashes.
        tails: The offsets where a last, shorter piece may begin, and the state of each;
            pairs, because there may be 100,000 files of one and a dictionary is larger.
    """

    size: int
    least: int
    whole: dict[int, bytes]
    tails: tuple[tuple[int, _Hash], ...]

    def of(self, piece_length: int, padding: int) -> bytes:
        """The hashes for one of the piece lengths that were kept.

        Args:
            piece_length: Bytes.
            padding: Zeros that follow in the last piece.

        Returns:
            20 bytes for each piece.
        """
        hashes = self.whole.get(piece_length, b"")
        left = self.size % piece_length
        if not left:
            return hashes
        tail = dict(self.tails)[self.size - left].copy()
        while padding > 0:
            tail.update(ZEROS[:padding])
            padding -= len(ZEROS)
        return hashes + tail.digest()


class PieceSums:
    """Hashes a run of bytes as it comes, a part at a time.

    Args:
        lengths: Piece lengths in question, ascending, each a power of two times the first.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = list(lengths)
        self.position = 0
        self.states: dict[int, _Hash] = {}  # of unfinished pieces, by where they begin
        self.hashes = {length: bytearray() for length in lengths}

    def jobs(self, part: memoryview) -> list[Callable[[], None]]:
        """Take the next part of the run and say what is to be done with it.

        Args:
            part: Must stay as it is until the jobs are done.

        Returns:
            Jobs that are independent of each other; all must have been done before the
            next call of any method.
        """
        self.forget_ended()
        begin, end = self.position, self.position + len(part)
        self.position = end
        least = self.lengths[0]
        first = -(-begin // least) * least
        self.states.update({start: hashlib.sha1() for start in range(first, end, least)})
        found: list[Callable[[], None]] = []
        for start in sorted(self.states):  # so that each hash gets its place in order
            stops = [start + length for length in self.lengths if not start % length]
            last = min(end, stops[-1])
            marks = [stop for stop in stops if begin < stop <= last]
            found.append(partial(self.run, start, part, begin, marks, last))
            for stop in marks:
                self.hashes[stop - start] += bytes(HASH_LENGTH)  # the job fills it in
        return found

    def run(self, start: int, part: memoryview, begin: int, marks: list[int], last: int) -> None:
        """One job: go on with the pieces that begin at `start`, note hashes at `marks`."""
        state = self.states[start]
        done = max(start, begin)
        for mark in marks:
            state.update(part[done - begin : mark - begin])
            done = mark
            place = start // (mark - start) * HASH_LENGTH
            self.hashes[mark - start][place : place + HASH_LENGTH] = state.digest()
        state.update(part[done - begin : last - begin])

    def keep(self, least: int) -> None:
        """Give up the piece lengths below `least`."""
        while self.lengths[0] < least:
            del self.hashes[self.lengths.pop(0)]

    def forget_ended(self) -> None:
        """Let go of the states that nobody goes on with."""
        self.states = {
            start: state
            for start, state in self.states.items()
            if any(not start % length and start + length > self.position for length in self.lengths)
        }

    def finish(self) -> Sums:
        """What was found, once the run has ended."""
        self.forget_ended()
        whole = {length: bytes(hashes) for length, hashes in self.hashes.items() if hashes}
        return Sums(self.position, self.lengths[0], whole or NONE, tuple(self.states.items()))
