"""Existing content against its torrent: which pieces and files are good, bad or missing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import Incomplete
from raincore.formats import merkle
from raincore.storage import content_state, hashing, workers
from raincore.storage.bad_blocks import bad_blocks
from raincore.storage.file_storage import FileStorage
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.piece_hashes import PieceHashes
from raincore.storage.piece_runs import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.errors import StorageError
    from raincore.base.geometry import Geometry
    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_state import FileState, Stamp
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
        extra: Files in the torrent's directory that it does not list, as they are shown
            below the root; at most `content_state.MAX_EXTRA`.
        extra_count: How many there are.
        errors: What could not be read, one for each file.
    """

    good: Bitfield
    missing: Bitfield
    files: tuple[VerifiedFile, ...]
    extra: tuple[str, ...] = ()
    extra_count: int = 0
    errors: tuple[StorageError, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything is there and good."""
        return all(file.ok for file in self.files)

    @property
    def bad(self) -> Bitfield:
        """Pieces that are there and are not what the torrent says."""
        return Bitfield.full(len(self.good)) - (self.good | self.missing)


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
    states = content_state.states(layout) if journal is None else content_state.settled(layout)
    missing = absent(geometry, states)
    check = Check(metainfo, journal)
    if journal is not None:
        check.begin([state.stamp for state in states], missing)
    unread = Bitfield.full(geometry.piece_count) - (missing | check.good)
    done = geometry.piece_count - unread.count()
    with closing(FileStorage(layout, geometry, writable=False)) as storage:
        checker = PieceChecker(PieceHashes.of(metainfo.info, metainfo.piece_layers), storage)
        runs = hashing.runs(unread, geometry.piece_length)
        for results in workers.spread(
            runs, checker.check, buffer_length=checker.buffer_length, jobs=jobs, stop=stop
        ):
            for checked in results:
                check.take(checked)
            done += len(results)
            if on_progress is not None:
                on_progress(min(done * geometry.piece_length, geometry.total_length))
    if done != geometry.piece_count:
        raise Incomplete("stopped before all content was checked", done, geometry.piece_count)
    check.judge_whole_files()
    return summary(geometry, layout, states, check, missing, stop)


def quick(
    metainfo: Metainfo, layout: Layout, *, stop: Callable[[], bool] | None = None
) -> Verification:
    """Look at existence, size and kind of files only; what fits counts as good.

    Raises:
        Incomplete: `stop` said yes.
    """
    geometry = metainfo.info.geometry
    states = content_state.states(layout)
    missing = absent(geometry, states)
    check = Check(metainfo, None)
    check.good = Bitfield.full(geometry.piece_count) - missing
    return summary(geometry, layout, states, check, missing, stop)


def absent(geometry: Geometry, states: Sequence[FileState]) -> Bitfield:
    """The pieces that cannot be whole, going by the sizes of files."""
    there = hashing.present(geometry, tuple((state.size, 0) for state in states))
    return Bitfield.full(geometry.piece_count) - there


class Check:
    """What is known while a check goes on."""

    def __init__(self, metainfo: Metainfo, journal: Chapter | None) -> None:
        self.info = metainfo.info
        self.geometry = metainfo.info.geometry
        self.journal = journal
        self.good = Bitfield(self.geometry.piece_count)
        self.errors: dict[str, StorageError] = {}
        self.blocks: dict[int, list[tuple[int, int]]] = {}
        self.undecided: dict[int, Checked] = {}
        roots = set(metainfo.missing_layers())
        self.whole_files = [
            (index, self.geometry.pieces_of_file(index))
            for index, entry in enumerate(self.info.files)
            if entry.pieces_root in roots
        ]
        """Files, and their pieces, whose piece layer is not known: only their root tells."""

    def begin(self, stamps: Sequence[Stamp | None], missing: Bitfield) -> None:
        """Take over what the journal has of pieces that are there."""
        assert self.journal is not None
        self.good = self.journal.begin(stamps, self.geometry) - missing
        for _, pieces in self.whole_files:
            if not self.good.bits[pieces.start : pieces.stop].all():
                self.good.bits[pieces.start : pieces.stop] = 0

    def take(self, checked: Checked) -> None:
        """Note what came of a piece."""
        if checked.good:
            self.is_good(checked)
        elif checked.good is False:
            self.is_bad(checked)
        else:
            leaves = checked.leaves if self.journal is not None else b""
            self.undecided[checked.piece] = checked._replace(leaves=leaves)
        if checked.error is not None:
            self.errors.setdefault(checked.error.path or "", checked.error)

    def is_good(self, checked: Checked) -> None:
        """Note a good piece."""
        self.good.bits[checked.piece] = True
        if self.journal is not None:
            self.journal.proven(checked.piece, checked.leaves)

    def is_bad(self, checked: Checked) -> None:
        """Note which blocks of a bad piece are bad, if that is known."""
        if checked.leaves:
            known = b"" if self.journal is None else self.journal.leaves(checked.piece)
            index, runs = bad_blocks(self.geometry, checked, known)
            if runs:
                self.blocks.setdefault(index, []).extend(runs)

    def judge_whole_files(self) -> None:
        """Judge the pieces that could not be judged one by one."""
        for index, pieces in self.whole_files:
            found = [self.undecided[piece] for piece in pieces if piece in self.undecided]
            layer = b"".join(checked.node for checked in found)
            root = self.info.files[index].pieces_root
            whole = len(found) == len(pieces)
            if whole and merkle.root_of_layer(layer, self.info.piece_length) == root:
                for checked in found:
                    self.is_good(checked)
            else:
                for checked in found:
                    self.is_bad(checked)


def summary(
    geometry: Geometry,
    layout: Layout,
    states: Sequence[FileState],
    check: Check,
    missing: Bitfield,
    stop: Callable[[], bool] | None,
) -> Verification:
    """Say what came of the files; padding is none.

    Raises:
        Incomplete: `stop` said yes.
    """
    files = []
    errors = {state.error.path or "": state.error for state in states if state.error is not None}
    for index, (file, state) in enumerate(zip(layout.files, states, strict=True)):
        if not file.is_padding:
            bytes_ok = good_bytes(geometry, index, check.good)
            fits = state.is_right_kind and state.size == file.length
            blocks = tuple(joined(sorted(check.blocks.get(index, ()))))
            files.append(
                VerifiedFile(index, fits and bytes_ok == file.length, bytes_ok, state, blocks)
            )
    extra, extra_count = content_state.extra_files(layout, stop or (lambda: False))
    return Verification(
        good=check.good,
        missing=missing,
        files=tuple(files),
        extra=tuple(extra),
        extra_count=extra_count,
        errors=tuple((errors | check.errors).values()),
    )


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
