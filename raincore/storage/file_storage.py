"""Content in files: positioned reads and writes below one directory.

What may happen to files that were there before: they are read; they are written in
place where they are shorter than or as long as the torrent says; a longer one is not
ours and is never written. Nothing is created before its first byte is due, except by
`finish`. New files are sparse and grow as pieces arrive.

Durability: writes reach the disk when the system likes, or at `sync`, which covers the
bytes and the directory entries of every `write` that returned before it was called.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from raincore.base.errors import StorageError, WriteError
from raincore.storage import file_obstacles, finishing, gathered_write, unwaited_read
from raincore.storage.descriptors import Descriptors
from raincore.storage.directory_tree import ANYBODY, DirectoryTree
from raincore.storage.failures import named, read_error, write_error
from raincore.storage.file_allowance import MOST
from raincore.storage.file_changes import FileChanges
from raincore.storage.file_owners import FileOwners
from raincore.storage.syncing import Syncing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.claims import Claims
    from raincore.storage.content_lock import ContentLock
    from raincore.storage.directory_tree import Modes
    from raincore.storage.file_allowance import FileAllowance
    from raincore.storage.interface import Fingerprint
    from raincore.storage.layout import Layout

__all__ = ["FileStorage"]


class FileStorage:
    """One torrent's files on disk; implements `interface.Storage`.

    Args:
        layout: Where the files lie.
        geometry: How the same files, padding included, make up the content.
        writable: False for seeding what is there: nothing can be written or created,
            and symlinks are followed. True: no symlink is followed, for reads either
            (see `directory_tree`).
        allowance: How many files may be kept open; None for as many as are useful.
        claims: Which files belong to which torrent; what another one has is not written.
        modes: Of files and directories that are created.
        lock: Keeps other processes from writing; None where nobody else can.
    """

    def __init__(
        self,
        layout: Layout,
        geometry: Geometry,
        *,
        writable: bool,
        allowance: FileAllowance | None = None,
        claims: Claims | None = None,
        modes: Modes = ANYBODY,
        lock: ContentLock | None = None,
    ) -> None:
        self.layout = layout
        self.geometry = geometry
        self.writable = writable
        self.unwanted: frozenset[int] = frozenset()  # `finish` creates nothing for them
        self.owners = FileOwners(claims, lock)
        self.tree = DirectoryTree(layout.root, follow_symlinks=not writable, modes=modes)
        self.descriptors = Descriptors(self.open_file, MOST, allowance)
        self.changes = FileChanges(len(layout.files))
        self.syncing = Syncing(layout, self.tree, self.descriptors)
        for index in range(len(layout.files)):
            self.owners.claim(self.path(index))  # who comes first has it

    def owner_in_the_way(self, index: int) -> WriteError | None:
        """Who else writes a file."""
        return self.owners.in_the_way(self.path(index))

    def open_file(self, index: int, for_writing: bool) -> int:
        """Open a file of the layout; called by `descriptors`.

        Raises:
            OSError: What the system said.
            WriteError: The file on disk is longer than the torrent says.
            StorageError: A symlink or something that is no regular file is in the way.
        """
        file = self.layout.files[index]
        if for_writing and (error := self.owner_in_the_way(index)) is not None:
            raise error
        flags = os.O_RDWR | os.O_CREAT if for_writing else os.O_RDONLY
        descriptor, size = self.tree.open_with_size(file.parts, flags)
        if for_writing and size > file.length:
            os.close(descriptor)
            raise file_obstacles.longer(self.path(index), size, file.length)
        return descriptor

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`; see `interface.Storage`.

        Raises:
            ReadError: The system failed to read.
            UnsafePath: A symlink is in the way (writable storage only).
        """
        done = 0
        for span in self.geometry.spans(offset, len(buffer)):
            part = buffer[done : done + span.length]
            if self.layout.files[span.file_index].is_padding:
                part[:] = bytes(span.length)
                done += span.length
                continue
            try:
                got = self.read_span(span.file_index, span.offset, part)
            except (FileNotFoundError, NotADirectoryError):
                return done  # or a file sits where a directory of the torrent belongs
            except OSError as error:
                raise read_error(error, self.path(span.file_index)) from error
            done += got
            if got < span.length:
                break
        return done

    def read_span(self, index: int, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from one file; fewer bytes at its end."""
        with self.descriptors.use(index) as descriptor:
            left = len(buffer)
            while left and (got := os.preadv(descriptor, [buffer[-left:]], offset)):
                left, offset = left - got, offset + got
            self.changes.look(index, descriptor)
        return len(buffer) - left

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` from the page cache, or not at all; `read_into` will say why."""
        done = 0
        for span in self.geometry.spans(offset, len(buffer)):
            part = buffer[done : done + span.length]
            if self.layout.files[span.file_index].is_padding:
                part[:] = bytes(span.length)
            elif not self.try_read_span(span.file_index, span.offset, part):
                return False
            done += span.length
        return True

    def try_read_span(self, index: int, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` from one open file without waiting, whole or not at all."""
        with self.descriptors.use_if_open(index) as descriptor:
            if descriptor is None:
                return False  # opening may wait for a disk
            if not unwaited_read.fill(descriptor, buffer, offset):
                return False
            self.changes.look(index, descriptor)
            return True

    def is_hole(self, offset: int, length: int) -> bool:
        """Whether a run lies in holes of sparse files, and in padding; see `Storage`.

        Only the file's position is moved, which nobody uses: all else is positioned.
        """
        for span in self.geometry.spans(offset, length):
            if self.layout.files[span.file_index].is_padding:
                continue
            try:
                with self.descriptors.use(span.file_index) as descriptor:
                    if os.lseek(descriptor, span.offset, os.SEEK_DATA) < span.offset + span.length:
                        return False
            except OSError as error:
                if error.errno != errno.ENXIO:  # no data from here to the end of the file
                    return False
        return True

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        """Write consecutive buffers at `offset`; see `interface.Storage`.

        Raises:
            NoSpace: The disk or quota is full.
            WriteError: The system failed, or the file on disk is longer than ours.
            UnsafePath: A symlink is in the way.
        """
        buffers = list(data)
        for span in self.geometry.spans(offset, sum(len(buffer) for buffer in buffers)):
            part = gathered_write.take(buffers, span.length)
            if self.layout.files[span.file_index].is_padding:
                continue
            self.require_writable()
            try:
                with (
                    self.descriptors.use(span.file_index, writable=True) as descriptor,
                    self.changes.writing(span.file_index, descriptor),
                ):
                    gathered_write.write_all(descriptor, part, span.offset)
            except OSError as error:
                failure = write_error(error, self.path(span.file_index))
                failure.file = span.file_index
                raise failure from error
            except StorageError as failure:
                failure.file = span.file_index
                raise
            self.syncing.note(span.file_index)

    def require_writable(self) -> None:
        """Refuse, by a WriteError, to change what was opened for reading."""
        if not self.writable:
            root = named(self.layout.root)
            raise WriteError(f"content was opened for reading only: {root}", root)

    def choose_files(self, unwanted: frozenset[int]) -> None:
        """Leave these files out of `finish`; `selected_storage` sees to the rest."""
        self.unwanted = unwanted

    def sync(self) -> None:
        """Make everything written so far survive a power cut; see `interface.Storage`.

        Raises:
            WriteError: The system could not; the same files are due again next time.
        """
        self.syncing.sync()

    def finish(self) -> None:
        """Create what no write creates: empty files, symlinks, executable bits (BEP 47).

        Harmless when repeated.

        Raises:
            WriteError: The system failed, or something else is where a symlink or an
                empty file belongs. The rest was done.
            UnsafePath: A symlink is in the way.
        """
        self.require_writable()
        first: StorageError | None = None
        for index, file in enumerate(self.layout.files):
            if file.is_padding or index in self.unwanted:
                continue
            try:
                finishing.finish_file(self.tree, self.descriptors, self.changes, index, file)
            except OSError as error:
                first = first or write_error(error, self.path(index), "create")
            except StorageError as error:
                first = first or error
        if first is not None:
            raise first

    def obstacles(self, files: Iterable[int]) -> dict[int, StorageError]:
        """Which files could not be written as things stand; see `interface.Storage`."""
        return file_obstacles.found(self.tree, self.layout, files, self.owner_in_the_way)

    def fingerprint(self) -> Fingerprint:
        """Size and mtime of each file now, to recognise later that nothing changed.

        Padding files count as present, with mtime 0.
        """
        return tuple(
            (file.length, 0) if file.is_padding else self.stat(index)
            for index, file in enumerate(self.layout.files)
        )

    def changed(self) -> frozenset[int]:
        """Files that somebody else has changed; see `interface.Storage`."""
        return self.changes.take()

    def stat(self, index: int) -> tuple[int, int] | None:
        """Size and mtime of one file, None if it cannot be had."""
        try:
            status = os.stat(self.path(index), follow_symlinks=not self.writable)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        self.changes.first_seen(index, status)
        return status.st_size, status.st_mtime_ns

    def path(self, index: int) -> str:
        """Path of a file, for messages."""
        return self.tree.path(self.layout.files[index].parts)

    def close(self) -> None:
        """Close all files; harmless when repeated. Syncs nothing."""
        self.descriptors.close()
        self.owners.release(map(self.path, range(len(self.layout.files))))
