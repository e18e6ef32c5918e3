"""Which local files, under any name, are the files of a torrent; proven by their content.

A candidate has the right size. Its own pieces, those that hold bytes of no other file,
tell whether it fits; padding is zeros and nobody's. Where a piece is shared with
neighbours, the candidates of all of them are tried together. Version 2 and padded torrents
share no pieces, so that every file of theirs is proven or refuted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.base.errors import Incomplete
from raincore.storage import content_state, own_pieces
from raincore.storage.fitting_files import FittingFiles, Memory
from raincore.storage.shared_pieces import Candidates, SharedPieces
from raincore.storage.size_index import LocalFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_state import FileState
    from raincore.storage.layout import Layout
    from raincore.storage.own_pieces import FilePieces
    from raincore.storage.size_index import SizeIndex

__all__ = ["Match", "Memory", "match"]


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one file of a torrent.

    Args:
        index: Among the torrent's files, padding counted.
        status: "in_place": it is where it belongs, and proven. "exact": all its bytes
            are proven to be in `source`. "likely": all pieces of its own are, but not
            the bytes that it shares with neighbours that were not found. "unproven":
            `source` has the right size, but it cannot be told whether it is the file.
            "missing".
        source: The local file; None if there is none, or none is needed.
        pieces_proven: How many of its pieces are proven.
        pieces_total: How many it has.
        reason: Why it is not proven; "" if it is.
    """

    index: int
    status: str
    source: LocalFile | None
    pieces_proven: int
    pieces_total: int
    reason: str = ""

    def is_elsewhere(self, target: Path | None) -> bool:
        """Whether a file was found, or needs none, and is not at `target`, where it belongs."""
        if self.source is not None and self.source.path == str(target):
            return False
        return self.status in ("exact", "likely")


def match(
    metainfo: Metainfo,
    index: SizeIndex,
    layout: Layout,
    *,
    memory: Memory | None = None,
    jobs: int | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Match]:
    """Find the local files that are those of a torrent.

    Args:
        metainfo: The torrent.
        index: Where to look.
        layout: Where the files belong; what is there already comes first.
        memory: What earlier calls with the same index found out; added to.
        jobs: Threads; None for one a core.
        on_progress: Told how many bytes of files are dealt with, in the caller's thread.
        stop: Asked several times a second.

    Returns:
        One match for each file but padding, in content order. Empty files and symlinks
        need no source: they are "exact", or "in_place" if they are there.

    Raises:
        Incomplete: `stop` said yes.
    """
    return Matcher(metainfo, index, layout, memory or Memory(), jobs, on_progress, stop).run()


class Matcher:
    """The search for the files of one torrent."""

    def __init__(
        self,
        metainfo: Metainfo,
        index: SizeIndex,
        layout: Layout,
        memory: Memory,
        jobs: int | None,
        on_progress: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> None:
        self.info = metainfo.info
        self.index = index
        self.layout = layout
        self.memory = memory
        self.on_progress = on_progress
        self.stop = stop
        self.done = 0
        self.states = content_state.states(layout)
        padding = frozenset(n for n, file in enumerate(layout.files) if file.is_padding)
        geometry = metainfo.info.geometry
        self.pieces = own_pieces.of_files(geometry, padding)
        self.sharers = own_pieces.sharers(geometry, padding)
        fitting = FittingFiles(
            metainfo, padding, index, memory, jobs=jobs, on_read=self.progress, stop=stop
        )
        self.candidates = {
            number: Candidates(fitting.of(number, pieces, self.target(number)))
            for number, pieces in self.pieces.items()
        }
        self.shared = SharedPieces(self.info, padding, self.sharers, self.candidates, memory.errors)

    def run(self) -> list[Match]:
        """Do it; see `match`."""
        dealt_with = 0
        for number, one in self.candidates.items():
            if self.stop():
                raise Incomplete("stopped before all files were looked for")
            one.grow(self.shared.bytes_of)
            dealt_with += self.layout.files[number].length
            self.done = dealt_with
            self.progress(0)
        self.shared.settle(self.stop)
        if self.stop():
            raise Incomplete("stopped before all files were looked for")
        return [
            self.verdict(number, file.length)
            for number, file in enumerate(self.layout.files)
            if not file.is_padding
        ]

    def progress(self, read: int) -> None:
        """Some bytes more are dealt with."""
        self.done += read
        self.on_progress(min(self.done, self.info.total_length))

    def target(self, number: int) -> LocalFile | None:
        """What is in a file's place, if it is a file of the right size."""
        state = self.states[number]
        if state.stamp is None or state.size != self.layout.files[number].length:
            return None
        return LocalFile(str(self.layout.path_of(number)), *state.stamp)

    def verdict(self, number: int, length: int) -> Match:
        """Say what was found for a file."""
        pieces = self.pieces.get(number)
        if pieces is None:
            return Match(number, place_of_nothing(self.states[number]), None, 0, 0)
        found = self.candidates[number].found
        if not found:
            seen = self.index.of_size(length) or self.target(number)
            reason = f"no file of {length} bytes " + ("has its content" if seen else "was found")
            return Match(number, "missing", None, 0, pieces.total, reason)
        source, total = found[0], pieces.total
        proven = len(pieces.own) + sum(piece in self.shared.proven for piece in pieces.shared)
        if proven == total:
            in_place = Path(source.path) == self.layout.path_of(number)
            return Match(number, "in_place" if in_place else "exact", source, proven, total)
        reason = self.doubt(number, pieces)
        status = "likely" if pieces.own and not self.is_contradicted(pieces) else "unproven"
        return Match(number, status, source, proven, total, reason)

    def is_contradicted(self, pieces: FilePieces) -> bool:
        """Whether a file and its neighbours, all good on their own, do not fit together."""
        return any(
            piece in self.shared.refuted
            and all(self.pieces[other].own for other in self.sharers[piece])
            for piece in pieces.shared
        )

    def doubt(self, number: int, pieces: FilePieces) -> str:
        """Why not all of a file is proven."""
        open_ = [piece for piece in pieces.shared if piece not in self.shared.proven]
        neighbours = {other for piece in open_ for other in self.sharers[piece]} - {number}
        lost = [other for other in neighbours if not self.candidates[other].found]
        if lost:
            name = self.info.files[min(lost)].path[-1]
            return f"shares a piece with a file that was not found: {name}"
        if all(piece in self.shared.refuted for piece in open_):
            name = self.info.files[min(neighbours)].path[-1]
            return f"does not fit into the piece that it shares with {name}"
        return "too many files might be its neighbours"


def place_of_nothing(state: FileState) -> str:
    """The status of an empty file or a symlink, which needs no source."""
    there = state.exists and state.is_right_kind and state.size == 0
    return "in_place" if there else "exact"
