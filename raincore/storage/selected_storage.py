"""Content of which only some files are wanted: those on disk, the rest in a parts file.

What an unwanted file's bytes are needed for is only that pieces can be verified and served.
So they are read from the parts file or, if the file is there already, from itself; they are
written to the parts file alone. An unwanted file is never created and never changed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from raincore.storage import gathered_write
from raincore.storage.parts_file import PartsFile, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from raincore.base.errors import StorageError
    from raincore.base.geometry import FileSpan
    from raincore.storage.file_storage import FileStorage
    from raincore.storage.interface import Fingerprint
    from raincore.storage.layout import Layout

__all__ = ["SelectedStorage", "open_storage"]


class Cut(NamedTuple):
    """A run of content that comes from one place.

    Args:
        offset: In the content.
        length: At least 1.
        whole: Offset and length of the unwanted file's bytes in the same piece, of which
            this is all or a part; None for what is wanted.
    """

    offset: int
    length: int
    whole: tuple[int, int] | None


class SelectedStorage:
    """One torrent's files and parts; implements `interface.Storage`.

    Args:
        files: All files.
        parts: Where bytes of those go that are not wanted.
    """

    def __init__(self, files: FileStorage, parts: PartsFile) -> None:
        self.files = files
        self.parts = parts
        self.lock = threading.Lock()  # of writes, and of what changes where they go
        self.unwanted = files.unwanted
        self.is_settled = False  # whether it is in use, and all that it holds was verified
        self.is_arranged = False  # whether all is where `unwanted` says that it is to be
        self.geometry = files.geometry

    def cuts(self, offset: int, length: int) -> Iterator[Cut]:
        """Cut a run of content at the borders of what is wanted, and there at pieces."""
        unwanted = self.unwanted
        if not unwanted:
            if length:
                yield Cut(offset, length, None)
            return
        start = at = offset  # of what is wanted
        for span in self.geometry.spans(offset, length):
            if span.file_index in unwanted:
                if at > start:
                    yield Cut(start, at - start, None)
                yield from self.unwanted_cuts(span)
                start = at + span.length
            at += span.length
        if at > start:
            yield Cut(start, at - start, None)

    def unwanted_cuts(self, span: FileSpan) -> Iterator[Cut]:
        """Cut a run of an unwanted file at the borders of pieces."""
        geometry = self.geometry
        first = geometry.file_offsets[span.file_index]
        last = first + geometry.file_lengths[span.file_index]
        at, end = first + span.offset, first + span.offset + span.length
        while at < end:
            piece = at // geometry.piece_length * geometry.piece_length
            begin, stop = max(first, piece), min(last, piece + geometry.piece_length)
            yield Cut(at, min(end, stop) - at, (begin, stop - begin))
            at = stop

    def in_parts(self, cut: Cut) -> bool:
        """Whether a run is to be read from the parts file."""
        return cut.whole is not None and self.parts.holds(*cut.whole)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`; see `interface.Storage`.

        Raises:
            ReadError: The system failed to read.
            UnsafePath: A symlink is in the way.
        """
        done = 0
        for cut in self.cuts(offset, len(buffer)):
            source = self.parts if self.in_parts(cut) else self.files
            got = source.read_into(cut.offset, buffer[done : done + cut.length])
            done += got
            if got < cut.length:
                break
        return done

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` from the page cache, if nothing of it is in the parts file."""
        if any(self.in_parts(cut) for cut in self.cuts(offset, len(buffer))):
            return False
        return self.files.try_read_into(offset, buffer)

    def is_hole(self, offset: int, length: int) -> bool:
        """Whether a run lies in holes of sparse files; see `interface.Storage`."""
        if any(self.in_parts(cut) for cut in self.cuts(offset, length)):
            return False
        return self.files.is_hole(offset, length)

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        """Write consecutive buffers at `offset`; see `interface.Storage`.

        Raises:
            NoSpace: The disk or quota is full.
            WriteError: The system failed, or a file on disk is longer than ours.
            UnsafePath: A symlink is in the way.
        """
        buffers = list(data)
        with self.lock:
            for cut in self.cuts(offset, sum(len(buffer) for buffer in buffers)):
                part = gathered_write.take(buffers, cut.length)
                if cut.whole is None:
                    self.files.write(cut.offset, part)
                else:
                    self.parts.write(cut.offset, part)

    def sync(self) -> None:
        """Make everything written so far survive a power cut; see `interface.Storage`."""
        self.files.sync()
        self.parts.sync()

    def finish(self) -> None:
        """Create what no write creates, of wanted files."""
        self.files.finish()

    def obstacles(self, files: Iterable[int]) -> dict[int, StorageError]:
        """What is in the way of wanted files; see `interface.Storage`."""
        return self.files.obstacles(index for index in files if index not in self.files.unwanted)

    def fingerprint(self) -> Fingerprint:
        """Size and mtime of each file; of one with bytes in the parts file, that one's too.

        Such a file counts as whole, so that its pieces are looked at.
        """
        on_disk = self.files.fingerprint()
        held = self.held()
        if not held:
            return on_disk
        found, stamp = list(on_disk), self.parts.stamp()
        for index in held:
            status = found[index]
            changed = 0 if status is None else sum(status)
            found[index] = (self.geometry.file_lengths[index], stamp + changed)
        return tuple(found)

    def changed(self) -> frozenset[int]:
        """Files on disk that somebody else has changed; see `interface.Storage`."""
        return self.files.changed()

    def held(self) -> set[int]:
        """Unwanted files that have bytes in the parts file."""
        owners = (self.owner(*run) for run in self.parts.runs.items())
        return {index for index in owners if index in self.unwanted}

    def owner(self, offset: int, length: int) -> int | None:
        """The file that a run of the parts file belongs to; None if the run is nonsense."""
        if not length or offset + length > self.geometry.total_length:
            return None
        spans = list(self.geometry.spans(offset, length))
        return spans[0].file_index if len(spans) == 1 else None

    def choose_files(self, unwanted: frozenset[int]) -> None:
        """Keep bytes of other files apart from now on; see `interface.Storage`.

        What a file has on disk already is not replaced the first time: the check that
        follows judges it. Later, what is kept apart is known to be right.

        Raises:
            StorageError: The disk refused, and what was not moved is still kept apart; or
                another process does the same at the same place.
        """
        with self.lock:
            self.rearrange(unwanted)

    def rearrange(self, unwanted: frozenset[int]) -> None:
        """Do what `choose_files` does, while nobody writes."""
        if self.is_arranged and unwanted == self.unwanted:
            return
        replace, self.is_settled, self.is_arranged = self.is_settled, True, False
        needed = self.parts.is_needed(unwanted)
        if needed:
            self.parts.open()
        moved = [run for run in self.parts.runs.items() if self.owner(*run) not in unwanted]
        for offset, length in moved:
            if self.owner(offset, length) is not None and length <= self.geometry.piece_length:
                self.move(offset, length, replace=replace)
        if moved:
            self.files.sync()
        # In this order: whoever reads meanwhile finds the bytes at the old place or the new.
        self.unwanted = unwanted
        self.files.choose_files(unwanted)
        if not unwanted:
            if needed:
                self.parts.remove()
            self.is_arranged = True
            return
        for offset, _ in moved:
            self.parts.forget(offset)
        if moved:
            self.parts.sync()
        self.is_arranged = True

    def move(self, offset: int, length: int, *, replace: bool) -> None:
        """Copy one run to its file."""
        buffer = memoryview(bytearray(length))
        if (
            not replace
            and self.files.read_into(offset, buffer) == length
            and not self.files.is_hole(offset, length)
        ):
            return
        if self.parts.read_into(offset, buffer) == length:
            self.files.write(offset, [buffer])

    def close(self) -> None:
        """Close all files; harmless when repeated."""
        self.files.close()
        self.parts.close()


def open_storage(layout: Layout, info_hash: str, files: FileStorage) -> SelectedStorage:
    """Put files and what an earlier selection has left together.

    `choose_files` must be called before anything else.

    Args:
        layout: Where the files lie.
        info_hash: 40 hex digits by which the swarm knows the torrent.
        files: The files.
    """
    return SelectedStorage(files, PartsFile(place_of(info_hash, layout.root)))
