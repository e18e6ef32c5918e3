"""Which local files fit together in a piece that several files share.

A SHA-1 proves the bytes of all files in the piece at once, or none. So the candidates of
all of them are tried together; those that have the same bytes in the piece count as one.
Once a piece is proven, what each of its files holds in it is known beyond doubt, and
candidates that hold something else there are no candidates any more.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from raincore.storage.failures import read_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from raincore.base.errors import ReadError
    from raincore.base.geometry import FileSpan
    from raincore.formats.info import Info
    from raincore.storage.size_index import LocalFile

    ReadSpan = Callable[[LocalFile, FileSpan], bytes | None]

__all__ = ["MOST_COMBINATIONS", "Candidates", "SharedPieces", "choose"]

MOST_COMBINATIONS = 4096
"""Choices of candidates that are tried for one piece."""

MOST_HASHED = 1024**3
"""Bytes hashed for second choices in one torrent, so that an unlucky one ends in seconds."""

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


@dataclass(slots=True)
class Candidates:
    """Local files that one file of a torrent may be.

    Args:
        rest: Further ones, the best first; taken as they are needed.
        found: Those taken so far that nothing speaks against, the best first.
        proven: What the file holds in pieces that are proven: its span there, and the
            SHA-256 of the bytes.
    """

    rest: Iterator[LocalFile]
    found: list[LocalFile] = field(default_factory=list)
    proven: dict[FileSpan, bytes] = field(default_factory=dict)

    def grow(self, bytes_of: ReadSpan) -> int:
        """Take further ones that agree with what is proven: as many again, at least one.

        Returns:
            How many were taken; 0 if there are none.
        """
        fitting = (local for local in self.rest if self.agrees(local, bytes_of))
        taken = list(islice(fitting, max(1, len(self.found))))
        self.found += taken
        return len(taken)

    def agrees(self, local: LocalFile, bytes_of: ReadSpan) -> bool:
        """Whether a local file holds what is proven to be in this one."""
        for span, digest in self.proven.items():
            data = bytes_of(local, span)
            if data is None or hashlib.sha256(data).digest() != digest:
                return False
        return True


class SharedPieces:
    """Settles the shared pieces of one torrent.

    Args:
        info: The torrent, which has piece hashes.
        padding: Indices of padding files.
        pieces: The files that share each piece.
        candidates: What each of these files may be; narrowed as pieces are proven.
        errors: Gets what the system said about files that cannot be read, by path.
    """

    def __init__(
        self,
        info: Info,
        padding: frozenset[int],
        pieces: Mapping[int, Sequence[int]],
        candidates: Mapping[int, Candidates],
        errors: dict[str, ReadError],
    ) -> None:
        self.info = info
        self.padding = padding
        self.pieces = pieces
        self.candidates = candidates
        self.proven: set[int] = set()
        self.refuted: set[int] = set()  # every choice was tried, and none fits
        self.errors = errors
        self.hashed = 0

    def settle(self, stop: Callable[[], bool]) -> None:
        """Prove what can be proven; what one piece proves may decide the next.

        Args:
            stop: Asked before each piece; once it says yes, the rest is left undone.
        """
        waiting = list(self.pieces)
        while waiting:
            left = []
            for piece in waiting:
                if stop():
                    return
                if not self.try_piece(piece):
                    left.append(piece)
            if len(left) == len(waiting):
                return
            waiting = left

    def try_piece(self, piece: int) -> bool:
        """Try to prove one piece, taking further candidates for its files as needed."""
        involved = [self.candidates[index] for index in self.pieces[piece]]
        for one in involved:
            if not one.found and not one.grow(self.bytes_of):
                return False
        geometry = self.info.geometry
        spans = tuple(geometry.spans(geometry.offset_of(piece), geometry.length_of(piece)))
        while True:
            slots = [self.slot(span) for span in spans]
            if not all(slots):
                return False
            chosen, tried_all = self.chosen(slots, self.info.piece_hash(piece))
            if chosen is not None:
                self.refuted.discard(piece)
                self.proven.add(piece)
                self.narrow(spans, slots, chosen)
                return True
            if not tried_all or not sum([one.grow(self.bytes_of) for one in involved]):
                break
        if tried_all:
            self.refuted.add(piece)
        return False

    def slot(self, span: FileSpan) -> dict[bytes, list[LocalFile]]:
        """The different bytes that candidates hold in a span, and who holds them."""
        if span.file_index in self.padding:
            return {bytes(span.length): []}
        found: dict[bytes, list[LocalFile]] = {}
        for local in self.candidates[span.file_index].found:
            data = self.bytes_of(local, span)
            if data is not None:
                found.setdefault(data, []).append(local)
        return found

    def chosen(
        self, slots: Sequence[Mapping[bytes, object]], digest: bytes
    ) -> tuple[list[int] | None, bool]:
        """The choice that gives a piece its hash, if there is one, and whether all were tried."""
        count = prod(len(slot) for slot in slots)
        most = min(count, MOST_COMBINATIONS)
        if count > 1:
            length = sum(len(next(iter(slot))) for slot in slots)
            most = max(1, min(most, (MOST_HASHED - self.hashed) // length))
            self.hashed += most * length
        return choose([list(slot) for slot in slots], digest, most), most == count

    def narrow(
        self,
        spans: Sequence[FileSpan],
        slots: Sequence[Mapping[bytes, list[LocalFile]]],
        chosen: Sequence[int],
    ) -> None:
        """Drop candidates that hold other bytes than those that are proven."""
        for span, slot, number in zip(spans, slots, chosen, strict=True):
            if span.file_index not in self.padding:
                data, holders = next(islice(slot.items(), number, None))
                one = self.candidates[span.file_index]
                one.found = holders
                one.proven[span] = hashlib.sha256(data).digest()

    def bytes_of(self, local: LocalFile, span: FileSpan) -> bytes | None:
        """Read a span of a local file; None if that cannot be done."""
        try:
            descriptor = os.open(local.path, FLAGS)
            try:
                data = os.pread(descriptor, span.length, span.offset)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.errors.setdefault(local.path, read_error(error, local.path))
            return None
        return data if len(data) == span.length else None


def choose(slots: Sequence[Sequence[bytes]], digest: bytes, most: int) -> list[int] | None:
    """Choose one of each slot so that all together have a SHA-1.

    Choices are tried in order, the last slot's change fastest; what they have in common
    is hashed once.

    Args:
        slots: At least one alternative each.
        digest: 20 bytes.
        most: How many choices to try.

    Returns:
        The number of the alternative, for each slot; None if no choice fits.

    >>> choose([[b"a", b"b"], [b"c"], [b"d", b"e"]], hashlib.sha1(b"bce").digest(), 100)
    [1, 0, 1]
    """
    state = [hashlib.sha1()]  # state[n]: of the first n slots
    chosen = [0] * len(slots)
    while most > 0:
        for slot, number in zip(slots[len(state) - 1 :], chosen[len(state) - 1 :], strict=True):
            one = state[-1].copy()
            one.update(slot[number])
            state.append(one)
        if state[-1].digest() == digest:
            return chosen
        most -= 1
        depth = len(slots) - 1
        while depth >= 0 and chosen[depth] + 1 == len(slots[depth]):
            chosen[depth] = 0
            depth -= 1
        if depth < 0:
            return None
        chosen[depth] += 1
        del state[depth + 1 :]
    return None
