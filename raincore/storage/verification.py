"""Existing content against its torrent: which pieces and files are good, bad or missing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import Incomplete
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.storage import content_state, hashing, workers
from raincore.storage.file_storage import FileStorage
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.piece_runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from raincore.base.errors import ReadError
    from raincore.base.geometry import Geometry
    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_state import FileState
    from raincore.storage.layout import Layout
    from raincore.storage.piece_checks import Checked
    from raincore.storage.verify_journal import Chapter

__all__ = ["Verification", "VerifiedFile", "quick", "verify"]


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """What came of one file.

    Args:
        index: Among the torrent's files, padding counted.
        ok: It is there, of the right size and kind, and all its bytes are good.
        bytes_ok: Bytes of it that lie in good pieces.
        state: What the file system says.
        bad_blocks: 16 KiB blocks of it known to be bad, as (first, last) pairs; only
            where the hash of each block is known.
    """

    index: int
    ok: bool
    bytes_ok: int
    state: FileState
    bad_blocks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a torrent.

    Args:
        good: Pieces that are what the torrent says.
        missing: Pieces that are not there whole; neither good nor bad.
        files: All but padding, in content order.
        errors: What could not be read, one for each file.
    """

    good: Bitfield
    missing: Bitfield
    files: tuple[VerifiedFile, ...]
    errors: tuple[ReadError, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything is there and good."""
        return all(file.ok for file in self.files)

    @property
    def bad(self) -> Bitfield:
        """Pieces that are there and are not what the torrent says."""
        return Bitfield.full(len(self.good)) - (self.good | self.missing)


@dataclass(slots=True)
class Findings:
    """What is known while a check goes on."""

    good: Bitfield
    nodes: dict[int, bytes] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    errors: dict[str, ReadError] = field(default_factory=dict)


def verify(
    metainfo: Metainfo,
    layout: Layout,
    *,
    jobs: int | None = None,
    journal: Chapter | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Verification:
    """Hash local content against a torrent: v1, v2 or both, each byte read once.

    Args:
        metainfo: The torrent.
        layout: Where its files lie.
        jobs: Threads; None for one a core.
        journal: What was proven before, and where to note what is proven now.
        on_progress: Told how many bytes are dealt with so far, in the caller's thread.
        stop: Asked several times a second.

    Raises:
        Incomplete: `stop` said yes. What was proven so far is in the journal.
    """
    geometry = metainfo.info.geometry
    states = content_state.states(layout)
    missing = absent(geometry, states)
    findings = Findings(Bitfield(geometry.piece_count))
    if journal is not None:
        findings.good = journal.begin([state.stamp for state in states], geometry) - missing
    unread = Bitfield.full(geometry.piece_count) - (missing | findings.good)
    done = geometry.piece_count - unread.count()
    with closing(FileStorage(layout, geometry, writable=False)) as storage:
        checker = PieceChecker(metainfo, storage)
        runs = hashing.runs(unread, geometry.piece_length)
        for results in workers.spread(
            runs, checker.check, buffer_length=checker.buffer_length, jobs=jobs, stop=stop
        ):
            take(results, findings, journal)
            done += len(results)
            if on_progress is not None:
                on_progress(min(done * geometry.piece_length, geometry.total_length))
        if done != geometry.piece_count:
            raise Incomplete("stopped before all content was checked", done, geometry.piece_count)
        judge_whole_files(metainfo, findings, journal)
        blocks = bad_blocks(checker, list(unread - findings.good), journal)
    files = tuple(judged(geometry, layout, states, findings.good, blocks))
    return Verification(findings.good, missing, files, tuple(findings.errors.values()))


def quick(metainfo: Metainfo, layout: Layout) -> Verification:
    """Look at existence, size and kind of files only; what fits counts as good."""
    geometry = metainfo.info.geometry
    states = content_state.states(layout)
    missing = absent(geometry, states)
    good = Bitfield.full(geometry.piece_count) - missing
    return Verification(good, missing, tuple(judged(geometry, layout, states, good, {})))


def absent(geometry: Geometry, states: Sequence[FileState]) -> Bitfield:
    """The pieces that cannot be whole, going by the sizes of files."""
    there = hashing.present(geometry, tuple((state.size, 0) for state in states))
    return Bitfield.full(geometry.piece_count) - there


def take(results: list[Checked], findings: Findings, journal: Chapter | None) -> None:
    """Note what one thread has found out about a run of pieces."""
    for piece, good, node, leaves, error in results:
        if good:
            findings.good.bits[piece] = True
            if journal is not None:
                journal.proven(piece, leaves)
        elif good is None:
            findings.nodes[piece] = node
            if journal is not None:
                findings.leaves[piece] = leaves
        if error is not None:
            findings.errors.setdefault(error.path or "", error)


def judge_whole_files(metainfo: Metainfo, findings: Findings, journal: Chapter | None) -> None:
    """Judge files whose piece layer is not known: only their root can tell, for all at once."""
    info = metainfo.info
    geometry = info.geometry
    for root in metainfo.missing_layers():
        for index, entry in enumerate(info.files):
            pieces = geometry.pieces_of_file(index)
            if entry.pieces_root != root or not all(piece in findings.nodes for piece in pieces):
                continue
            layer = b"".join(findings.nodes[piece] for piece in pieces)
            if merkle.root_of_layer(layer, info.piece_length) != root:
                continue
            for piece in pieces:
                findings.good.bits[piece] = True
                if journal is not None:
                    journal.proven(piece, findings.leaves[piece])


def bad_blocks(
    checker: PieceChecker, bad: list[int], journal: Chapter | None
) -> dict[int, list[int]]:
    """Find the bad blocks of bad pieces, as far as the hashes of single blocks are known.

    They are where the journal has kept them from a time when the piece was good, and
    where a piece is no longer than a block.

    Returns:
        Block numbers within the file, by file index.
    """
    found: dict[int, list[int]] = {}
    if checker.is_v1 or not bad:
        return found
    geometry = checker.geometry
    known: Mapping[int, bytes] = journal.leaves(bad) if journal is not None else {}
    buffer = workers.page_buffer(checker.buffer_length)
    for piece in bad:
        span = next(geometry.spans(geometry.offset_of(piece), geometry.length_of(piece)))
        first = span.offset // BLOCK_LENGTH
        expected = known.get(piece, b"")
        if span.length <= BLOCK_LENGTH:
            found.setdefault(span.file_index, []).append(first)
        elif len(expected) == merkle.HASH_LENGTH * -(-span.length // BLOCK_LENGTH):
            (checked,) = checker.check(range(piece, piece + 1), buffer)
            size = merkle.HASH_LENGTH
            found.setdefault(span.file_index, []).extend(
                first + at // size
                for at in range(0, len(expected), size)
                if checked.leaves[at : at + size] != expected[at : at + size]
            )
    return found


def judged(
    geometry: Geometry,
    layout: Layout,
    states: Sequence[FileState],
    good: Bitfield,
    blocks: Mapping[int, Sequence[int]],
) -> Iterator[VerifiedFile]:
    """Judge every file but padding."""
    for index, (file, state) in enumerate(zip(layout.files, states, strict=True)):
        if file.is_padding:
            continue
        bytes_ok = good_bytes(geometry, index, good)
        fits = state.is_right_kind and state.size == file.length
        pairs = tuple(runs_of(blocks.get(index, ())))
        yield VerifiedFile(index, fits and bytes_ok == file.length, bytes_ok, state, pairs)


def good_bytes(geometry: Geometry, index: int, good: Bitfield) -> int:
    """Bytes of a file that lie in good pieces."""
    pieces = geometry.pieces_of_file(index)
    if not pieces:
        return 0
    length = geometry.piece_length
    start = geometry.file_offsets[index]
    end = start + geometry.file_lengths[index]
    found: int = good.bits.count(1, pieces.start, pieces.stop) * length
    if good.bits[pieces.start]:
        found -= start - pieces.start * length
    if good.bits[pieces.stop - 1]:
        found -= pieces.stop * length - end
    return found
