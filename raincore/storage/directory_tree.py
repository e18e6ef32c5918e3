"""Files and directories below one root, opened without ever leaving it.

The root itself is the user's choice and may be or contain symlinks. Below it there are
two rules, picked once:

* A tree that follows symlinks is for reading only: what is served was verified against
  hashes first, so a symlink can confirm known bytes but not leak unknown ones; and a
  directory hashed with symlinks followed can be seeded.
* A tree that does not follow them opens each component relative to its parent's
  descriptor with O_NOFOLLOW, so that no symlink that was there before, or is put there
  meanwhile, redirects a write.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from raincore.base.errors import StorageError, UnsafePath
from raincore.storage.failures import named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ANYBODY", "DirectoryTree", "Modes", "make_directory"]

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE_FLAGS = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # a fifo in the way must not hang us

Parts = tuple[str, ...]


class Modes(NamedTuple):
    """What is created may be used by whom; less the umask."""

    directory: int = 0o777
    file: int = 0o666

    @classmethod
    def of(cls, directory: int) -> Modes:
        """As rain has it: files have the mode of directories without the x bits."""
        return cls(directory, directory & 0o666)


ANYBODY: Final = Modes()


def make_directory(path: Path, mode: int) -> None:
    """Make a directory and those above it, as far as they are missing, all with one mode.

    Raises:
        OSError: What the system said.
    """
    if not path.parent.is_dir():
        make_directory(path.parent, mode)
    path.mkdir(mode, exist_ok=True)


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """What tells a directory from any other."""
    return status.st_dev, status.st_ino


class DirectoryTree:
    """Opens what lies below `root`. Thread safe.

    Args:
        root: Absolute path; created, parents too, when something is created below it.
        follow_symlinks: See the module's rules.
        modes: Of what is created.
    """

    def __init__(self, root: Path, *, follow_symlinks: bool, modes: Modes = ANYBODY) -> None:
        self.root = root
        self.modes = modes
        self.follow_symlinks = follow_symlinks
        self.lock = threading.Lock()
        self.identity: tuple[int, int] | None = None
        with suppress(OSError):
            self.identity = identity_of(os.stat(root))
        self.changed: dict[Parts, None] = {}  # directories that got new entries since `sync`

    def path(self, parts: Parts) -> str:
        """The path of an entry, for messages and stat."""
        return os.path.join(self.root, *parts)

    def open_file(self, parts: Parts, flags: int) -> int:
        """Open a regular file; `open_with_size` for who does not ask for its size."""
        return self.open_with_size(parts, flags)[0]

    def open_with_size(self, parts: Parts, flags: int) -> tuple[int, int]:
        """Open a regular file; with os.O_CREAT also create it and the directories above.

        Returns:
            A descriptor the caller closes, and how many bytes are in the file.

        Raises:
            OSError: What the system said; FileNotFoundError when there is no such file.
            UnsafePath: A symlink is in the way.
            StorageError: It is a directory, fifo, socket or device.
        """
        if self.follow_symlinks:
            descriptor = os.open(self.path(parts), flags | FILE_FLAGS)
        elif flags & os.O_CREAT:
            with self.directory(parts[:-1], create=True) as parent:
                with suppress(FileExistsError):
                    descriptor = self.open_entry(parts, parent, flags | os.O_EXCL)
                    with self.lock:
                        self.changed[parts[:-1]] = None
                    return descriptor, 0  # new, so it is a file, and nothing is in it
                descriptor = self.open_entry(parts, parent, flags)
        else:
            with self.directory(parts[:-1]) as parent:
                descriptor = self.open_entry(parts, parent, flags)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            path = named(self.path(parts))
            raise StorageError(f"not a regular file: {path}", path)
        return descriptor, status.st_size

    def open_entry(self, parts: Parts, parent: int, flags: int) -> int:
        """Open the last component relative to its parent, refusing a symlink."""
        try:
            return os.open(
                parts[-1], flags | FILE_FLAGS | os.O_NOFOLLOW, self.modes.file, dir_fd=parent
            )
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise self.symlink_in_the_way(parts) from error
            raise

    def symlink_in_the_way(self, parts: Parts) -> UnsafePath:
        """The error for a symlink where a file or directory of the torrent belongs."""
        path = named(self.path(parts))
        return UnsafePath(f"a symlink is where the torrent's own file belongs: {path}", path)

    @contextmanager
    def directory(self, parts: Parts, *, create: bool = False) -> Iterator[int]:
        """Open a directory below the root for the length of a `with` block.

        Raises:
            OSError: What the system said.
            UnsafePath: A symlink is in the way.
        """
        try:
            descriptor = os.open(self.root, DIRECTORY_FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            if not create:
                raise
            if self.identity is not None:
                raise OSError(errno.ENODEV, "the directory is gone; is its disk away?") from None
            make_directory(self.root, self.modes.directory)
            descriptor = os.open(self.root, DIRECTORY_FLAGS)
        try:
            if create:
                self.require_same(os.fstat(descriptor))
            for depth in range(len(parts)):
                below = self.step(descriptor, parts[: depth + 1], create)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def require_same(self, status: os.stat_result) -> None:
        """Change nothing in what has taken the root's place, as when a disk was unmounted.

        Raises:
            OSError: The root is not the directory that it was at first.
        """
        now = identity_of(status)
        if self.identity is None:
            self.identity = now
        elif self.identity != now:
            raise OSError(errno.ENODEV, "the directory is not what it was; is its disk away?")

    def step(self, parent: int, parts: Parts, create: bool) -> int:
        """Open the directory `parts[-1]` of `parent`, made first when missing and wanted."""
        name = parts[-1]
        if create:
            try:
                os.mkdir(name, self.modes.directory, dir_fd=parent)
                with self.lock:
                    self.changed[parts[:-1]] = None
            except FileExistsError:
                pass
        try:
            return os.open(name, DIRECTORY_FLAGS | os.O_NOFOLLOW, dir_fd=parent)
        except NotADirectoryError as error:
            if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise self.symlink_in_the_way(parts) from error
            raise

    def make_symlink(self, parts: Parts, target: Parts) -> None:
        """Create a relative symlink at `parts` that leads to `target`, both below the root.

        Nothing happens when a symlink to that is there already, however it is spelled.

        Raises:
            OSError: What the system said; FileExistsError when something else is there.
            UnsafePath: A symlink is in the way of the directory.
        """
        text = os.path.join(*[os.pardir] * (len(parts) - 1), *target)
        with self.directory(parts[:-1], create=True) as parent:
            try:
                os.symlink(text, parts[-1], dir_fd=parent)
            except FileExistsError:
                if not self.is_symlink_to(parts, parent, target):
                    raise
            else:
                with self.lock:
                    self.changed[parts[:-1]] = None

    def is_symlink_to(self, parts: Parts, parent: int, target: Parts) -> bool:
        """Whether an entry of its open parent is a symlink that leads to `target`."""
        try:
            text = os.readlink(parts[-1], dir_fd=parent)
        except OSError:
            return False
        leads_to = os.path.normpath(os.path.join(self.root, *parts[:-1], text))
        return leads_to == os.path.normpath(os.path.join(self.root, *target))

    def sync(self) -> None:
        """Make entries created so far survive a power cut.

        Raises:
            OSError: What the system said; the directory stays due.
        """
        if self.identity is not None and not self.follow_symlinks:
            self.require_same(os.stat(self.root))  # else a file could be complete, and away
        while self.changed:
            with self.lock:
                parts = self.changed.popitem()[0]
            try:
                with self.directory(parts) as descriptor:
                    os.fsync(descriptor)
            except FileNotFoundError:
                continue  # somebody removed it: nothing to keep
            except OSError:
                with self.lock:
                    self.changed[parts] = None
                raise
