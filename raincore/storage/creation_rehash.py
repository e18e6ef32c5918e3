"""The hashes of a torrent of which some are known: the other pieces are read and hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import Incomplete
from raincore.storage import content_hashing, hashing, piece_slots, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from raincore.base.geometry import Geometry
    from raincore.storage.content_hashing import FileTree
    from raincore.storage.creation_reuse import KnownPieces
    from raincore.storage.hashing import ReadInto

__all__ = ["Rehashed", "hash_pieces", "hash_trees"]

HASH_LENGTH = 20


class Rehashed(NamedTuple):
    """What is known in the end.

    Args:
        trees: Of each file that is neither padding nor empty, by index; none for v1.
        pieces: 20 bytes for each piece, or b"".
        bytes_read: Of files.
    """

    trees: dict[int, FileTree]
    pieces: bytes
    bytes_read: int


def hash_pieces(
    read_into: ReadInto,
    geometry: Geometry,
    padding: Collection[int],
    pieces: KnownPieces,
    *,
    jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Rehashed:
    """SHA-1 of the pieces that are not known (BEP 3, "pieces").

    Args:
        read_into: As for `content_hashing.hash_pieces`.
        geometry: How the content is cut.
        padding: Indices of padding files; they are not read.
        pieces: Filled up.
        jobs: Threads; None for one a core.
        on_progress: Told how many bytes of those to read are hashed.
        stop: Asked several times a second.

    Raises:
        Incomplete: `stop` said yes.
    """
    wanted = [piece for piece in range(geometry.piece_count) if not pieces.known[piece]]

    def work(run: range, buffer: memoryview) -> tuple[range, list[bytes]]:
        return run, hashing.piece_digests(read_into, geometry, run, buffer)

    progress = Progress(geometry, padding, wanted, on_progress)
    tasks = hashing.runs(wanted, geometry.piece_length)
    length = hashing.buffer_length(geometry)
    for run, digests in workers.spread(tasks, work, buffer_length=length, jobs=jobs, stop=stop):
        put(pieces, run, digests)
        progress.add(run)
    progress.require_all()
    return Rehashed({}, bytes(pieces.hashes), progress.total)


def hash_trees(
    read_into: ReadInto,
    geometry: Geometry,
    padding: Collection[int],
    pieces: KnownPieces | None,
    trees: Mapping[int, FileTree],
    *,
    jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Rehashed:
    """The SHA-256 trees that are not known, and for a hybrid SHA-1 of those pieces.

    Args:
        read_into: As for `content_hashing.hash_trees`.
        geometry: As there.
        padding: As there.
        pieces: Filled up; None if they are not wanted.
        trees: The known ones, by file index.
        jobs: Threads; None for one a core.
        on_progress: Told how many bytes of those to read are hashed.
        stop: Asked several times a second.

    Raises:
        Incomplete: `stop` said yes.
    """
    done = {*padding, *trees}
    missing: set[int] = set()
    for index in range(len(geometry.file_lengths)):
        if index not in done:
            missing.update(geometry.pieces_of_file(index))
    if pieces is not None:
        missing.update(piece for piece in range(geometry.piece_count) if not pieces.known[piece])
    wanted = sorted(missing)
    with_sha1 = pieces is not None

    def work(run: range, buffer: memoryview) -> tuple[range, list[tuple[bytes, bytes]]]:
        slots = piece_slots.slots(geometry, run)
        return run, [piece_slots.hash_piece(read_into, at, with_sha1, buffer) for at in slots]

    nodes = [b""] * geometry.piece_count
    progress = Progress(geometry, padding, wanted, on_progress)
    tasks = hashing.runs(wanted, geometry.piece_length)
    length = hashing.READ_LENGTH
    for run, results in workers.spread(tasks, work, buffer_length=length, jobs=jobs, stop=stop):
        for piece, (_, node) in zip(run, results, strict=True):
            nodes[piece] = node
        if pieces is not None:
            put(pieces, run, [digest for digest, _ in results])
        progress.add(run)
    progress.require_all()
    found = {**trees, **content_hashing.trees_of(geometry, done, nodes)}
    return Rehashed(found, b"" if pieces is None else bytes(pieces.hashes), progress.total)


def put(pieces: KnownPieces, run: range, digests: list[bytes]) -> None:
    """Fill in the hashes of a run of pieces."""
    pieces.hashes[HASH_LENGTH * run.start : HASH_LENGTH * run.stop] = b"".join(digests)
    pieces.known[run.start : run.stop] = b"\1" * len(run)


class Progress:
    """Counts the bytes of files in the pieces that are read, padding left out."""

    def __init__(
        self,
        geometry: Geometry,
        padding: Collection[int],
        wanted: list[int],
        tell: Callable[[int, int], None] | None,
    ) -> None:
        self.geometry = geometry
        self.padding = padding
        self.tell = tell
        self.done = 0
        self.total = sum(map(self.length_of, wanted))

    def length_of(self, piece: int) -> int:
        """Bytes of files in a piece."""
        spans = self.geometry.file_spans(piece)
        return sum(span.length for span in spans if span.file_index not in self.padding)

    def add(self, run: range) -> None:
        """A run of pieces is hashed."""
        self.done += sum(map(self.length_of, run))
        if self.tell is not None:
            self.tell(self.done, self.total)

    def require_all(self) -> None:
        """Make sure that nothing was left undone.

        Raises:
            Incomplete: Something was, because of a stop.
        """
        if self.done != self.total:
            raise Incomplete("stopped before all content was hashed", self.done, self.total)
