"""Local files put where a torrent wants them: linked, cloned or copied, never overwriting."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from raincore.base.errors import ReadError, WriteError
from raincore.storage import size_index
from raincore.storage.directory_tree import DirectoryTree
from raincore.storage.failures import named, read_error, write_error

if TYPE_CHECKING:
    from raincore.storage.layout import Layout
    from raincore.storage.size_index import LocalFile

__all__ = ["How", "Linker"]

FICLONE = 0x40049409  # linux/fs.h
CANNOT_CLONE = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY, errno.ENOSYS)
COPY_LENGTH = 64 * 1024 * 1024
MODE = 0o666  # less the umask
EXECUTABLE = 0o777


class How(Enum):
    """How a file comes to its place."""

    REFLINK = "reflink"
    """A copy that shares its blocks with the source until one of them is written."""
    HARDLINK = "hardlink"
    """Another name of the same file."""
    SYMLINK = "symlink"
    """A link to the source's absolute path."""
    COPY = "copy"
    """A copy."""

    @property
    def shares_content(self) -> bool:
        """Whether who writes to the one writes to the other."""
        return self in (How.HARDLINK, How.SYMLINK)


class Linker:
    """Puts files of one torrent into place.

    Nothing that exists is ever replaced, and no symlink below the root is followed. A
    copy appears under its name when it is whole.

    Args:
        layout: Where the files belong; directories are made as needed.
        how: How they come there.
        ctimes: By inode and device: the change times that hard links made by us have
            given to their sources, which else would count as changed. Shared by the
            linkers of one run.
    """

    def __init__(
        self, layout: Layout, how: How, ctimes: dict[tuple[int, int], int] | None = None
    ) -> None:
        self.layout = layout
        self.how = how
        self.ctimes = {} if ctimes is None else ctimes
        self.tree = DirectoryTree(layout.root, follow_symlinks=False)

    def put(self, index: int, source: LocalFile | None) -> None:
        """Put a file into place.

        Args:
            index: Among the layout's files.
            source: Where its content is; None for an empty file or a symlink.

        Raises:
            WriteError: Something is there already, or it cannot be made; NoSpace when the
                disk is full.
            ReadError: The source is not what it was when it was checked.
            UnsafePath: A symlink is in the way.
        """
        file = self.layout.files[index]
        target = self.tree.path(file.parts)
        try:
            if file.symlink is not None:
                self.tree.make_symlink(file.parts, file.symlink)
                return
            with self.tree.directory(file.parts[:-1], create=True) as parent:
                mode = EXECUTABLE if "x" in file.attr else MODE
                if source is None:
                    os.close(_create(file.parts[-1], parent, mode))
                else:
                    self.link(source, file.parts[-1], parent, mode)
        except FileExistsError as error:
            path = named(target)
            raise WriteError(f"something is there already: {path}", path) from error
        except OSError as error:
            raise self.explained(error, target) from error

    def link(self, source: LocalFile, name: str, parent: int, mode: int) -> None:
        """Make `name` in the directory `parent` from a source that has not changed.

        Raises:
            OSError: What the system said.
            ReadError: The source has changed.
        """
        if self.how is How.SYMLINK:
            self.require_same(source)
            os.symlink(source.path, name, dir_fd=parent)
            return
        if self.how is How.HARDLINK:
            self.require_same(source)
            os.link(source.path, name, dst_dir_fd=parent, follow_symlinks=False)
            self.require_linked(source, name, parent)
            return
        part = f".{name[:200]}.{secrets.token_hex(4)}.part"
        descriptor = _create(part, parent, mode)
        try:
            with open(descriptor, "wb", buffering=0) as file:
                clone(source, file.fileno(), reflink=self.how is How.REFLINK)
            self.require_same(source)
            _give_name(part, name, parent)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=parent)

    def require_same(self, source: LocalFile) -> None:
        """Refuse a source that is not the file that was checked.

        Raises:
            ReadError: It has changed, or gone.
        """
        ctime = self.ctimes.get((source.inode, source.device), source.ctime_ns)
        if size_index.look_at(source.path) != source._replace(ctime_ns=ctime):
            raise changed(source)

    def require_linked(self, source: LocalFile, name: str, parent: int) -> None:
        """Take a hard link away again if its source was exchanged at the last moment.

        Raises:
            ReadError: It was.
        """
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if (status.st_ino, status.st_dev) != (source.inode, source.device):
            os.unlink(name, dir_fd=parent)
            raise changed(source)
        self.ctimes[source.inode, source.device] = status.st_ctime_ns

    def explained(self, error: OSError, target: str) -> WriteError:
        """Say what to do where the file system cannot do what is asked."""
        hint = ""
        if error.errno == errno.EXDEV:
            hint = "it is on another file system: use symlink or copy"
        elif self.how is How.REFLINK and error.errno in CANNOT_CLONE:
            hint = "this file system cannot: use hardlink or copy"
        if hint:
            path = named(target)
            return WriteError(f"cannot {self.how.value}, {hint}: {path}", path)
        return write_error(error, target, self.how.value)


def _create(name: str, parent: int, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(name, flags, mode, dir_fd=parent)


def _give_name(part: str, name: str, parent: int) -> None:
    """Name a finished file; not by renaming, which replaces what has come into being meanwhile."""
    try:
        os.link(part, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links (FAT): claim the name, then replace the claim.
        os.close(_create(name, parent, MODE))
        os.rename(part, name, src_dir_fd=parent, dst_dir_fd=parent)


def changed(source: LocalFile) -> ReadError:
    """The error for a source that is not what was checked."""
    path = named(source.path)
    return ReadError(f"file changed since it was checked: {path}", path)


def clone(source: LocalFile, descriptor: int, *, reflink: bool) -> None:
    """Copy a source into an empty file, in the kernel where that can be done.

    Raises:
        OSError: What the system said about the file that is written.
        ReadError: The source cannot be read, ends too soon, or is another file by now.
    """
    try:
        origin = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise read_error(error, source.path) from error
    with open(origin, "rb", buffering=0) as opened:
        status = os.fstat(origin)
        if (status.st_ino, status.st_dev) != (source.inode, source.device):
            raise changed(source)
        if reflink:
            fcntl.ioctl(descriptor, FICLONE, opened.fileno())
            return
        left = source.size
        while left:
            done = _copied(opened.fileno(), descriptor, min(left, COPY_LENGTH))
            if not done:
                raise changed(source)
            left -= done


def _copied(origin: int, descriptor: int, length: int) -> int:
    try:
        return os.copy_file_range(origin, descriptor, length)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
    return os.sendfile(descriptor, origin, None, length)
