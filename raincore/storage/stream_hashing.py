"""Bytes that come once, in order, hashed by all cores while more are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from raincore.storage import workers
from raincore.storage.stream_pieces import PieceSums
from raincore.storage.stream_trees import TreeSums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.storage.stream_pieces import Sums
    from raincore.storage.stream_pool import Job, Pool
    from raincore.storage.stream_trees import Roots

__all__ = ["FileSums", "StreamHasher"]

PART_LENGTH = 4 * 1024 * 1024
"""Read and hashed at once; two buffers of it are all the memory that content takes."""

INLINE_LENGTH = 128 * 1024
"""Up to this, handing work to a thread costs more than the work."""

MAX_JOBS = 16


class Taker(Protocol):
    """What makes jobs of the parts of a run of bytes: PieceSums and TreeSums."""

    def jobs(self, part: memoryview) -> Sequence[Job]:
        """Take the next part."""

    def keep(self, least: int) -> None:
        """Give up piece lengths below `least`."""


class FileSums(NamedTuple):
    """The hashes of one file; None for those that were not wanted."""

    pieces: Sums | None
    tree: Roots | None


class StreamHasher:
    """Hashes run after run with the threads of a pool.

    Args:
        pool: Its threads hash.
        lengths: Piece lengths in question, ascending powers of two; may be changed
            between runs and only loses from the front.
        on_progress: Told how many bytes were read so far.
    """

    def __init__(
        self, pool: Pool, lengths: Sequence[int], on_progress: Callable[[int], None] | None = None
    ) -> None:
        self.pool = pool
        self.lengths = list(lengths)
        self.on_progress = on_progress
        self.done = 0
        self.buffers = [workers.page_buffer(PART_LENGTH) for _ in range(2)]

    def at_least(self, length: int) -> None:
        """Give up the piece lengths below `length`."""
        self.lengths = [known for known in self.lengths if known >= length]

    def file(
        self, size: int, fill: Callable[[memoryview], None], *, with_pieces: bool, with_tree: bool
    ) -> FileSums:
        """Hash a file that begins on a piece boundary.

        Args:
            size: Bytes.
            fill: Fills a buffer whole with what comes next, or raises.
            with_pieces: Hash pieces with SHA-1.
            with_tree: Make a SHA-256 tree; an empty file has none.

        Raises:
            Exception: What `fill` raises.
        """
        pieces = PieceSums(self.lengths) if with_pieces else None
        tree = TreeSums(size, self.lengths[0]) if with_tree and size else None
        self.run(size, fill, [taker for taker in (pieces, tree) if taker is not None])
        return FileSums(
            None if pieces is None else pieces.finish(), None if tree is None else tree.finish()
        )

    def run(self, size: int, fill: Callable[[memoryview], None], takers: Sequence[Taker]) -> None:
        """Give the next `size` bytes to those who hash them; returns when they have.

        Raises:
            Exception: What `fill` raises.
        """
        for taker in takers:
            taker.keep(self.lengths[0])
        left = size
        while left:
            part = self.buffers[0][: min(PART_LENGTH, left)]
            self.buffers.reverse()  # the other one is still being hashed
            fill(part)
            self.pool.wait()
            jobs = [job for taker in takers for job in taker.jobs(part)]
            if len(part) <= INLINE_LENGTH:
                for job in jobs:
                    job()
            else:
                self.pool.start(bundled(jobs))
            left -= len(part)
            self.done += len(part)
            if self.on_progress is not None:
                self.on_progress(self.done)
        self.pool.wait()


def bundled(jobs: Sequence[Job]) -> list[Job]:
    """Make a few jobs of many small ones."""
    if len(jobs) <= MAX_JOBS:
        return list(jobs)
    return [partial(do_all, jobs[first::MAX_JOBS]) for first in range(MAX_JOBS)]


def do_all(jobs: Sequence[Job]) -> None:
    """A job that is several."""
    for job in jobs:
        job()
