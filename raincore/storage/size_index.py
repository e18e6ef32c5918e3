"""Local files by their size: where to look for the files of a torrent, whatever they are called."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from raincore.storage.failures import read_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.errors import ReadError

__all__ = ["LocalFile", "SizeIndex", "look_at"]


class LocalFile(NamedTuple):
    """A regular file as it was found; a tuple, because there may be a million of them.

    `path` is absolute; times are in nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    def is_same_as(self, other: LocalFile) -> bool:
        """Whether both are one file, perhaps under two names."""
        return (self.inode, self.device) == (other.inode, other.device)


def look_at(path: str) -> LocalFile | None:
    """Describe a file; None if there is no regular file of that very name."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return _found(path, status) if stat.S_ISREG(status.st_mode) else None


def _found(path: str, status: os.stat_result) -> LocalFile:
    return LocalFile(
        path,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )


class SizeIndex:
    """The regular files below some directories, looked at once.

    Symlinks are not followed. A file of several names counts once, under the first that
    was found.

    Args:
        directories: Where to look; one inside another does no harm.
    """

    def __init__(self, directories: Iterable[str]) -> None:
        self.errors: list[ReadError] = []
        self._by_size: dict[int, list[LocalFile]] = {}
        self._names: dict[int, dict[str, list[LocalFile]]] = {}
        self._seen: set[tuple[int, int]] = set()
        waiting = [os.path.abspath(directory) for directory in directories][::-1]
        while waiting:
            waiting += self._directory(waiting.pop())

    def of_size(self, size: int) -> Sequence[LocalFile]:
        """All files of a size, in the order in which they were found."""
        return self._by_size.get(size, ())

    def called(self, name: str, size: int) -> Sequence[LocalFile]:
        """The files of a size that are called so, in whatever directory."""
        if size not in self._names:
            named = self._names[size] = {}
            for local in self.of_size(size):
                named.setdefault(os.path.basename(local.path), []).append(local)
        return self._names[size].get(name, ())

    def _directory(self, directory: str) -> list[str]:
        """Take in one directory; return those below it, last first."""
        below = []
        try:
            with os.scandir(directory) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        self._take(entry)
        except OSError as error:
            self.errors.append(read_error(error, directory, "list"))
        return below[::-1]

    def _take(self, entry: os.DirEntry[str]) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return  # it was there a moment ago
        if status.st_nlink > 1:
            identity = (status.st_ino, status.st_dev)
            if identity in self._seen:
                return
            self._seen.add(identity)
        self._by_size.setdefault(status.st_size, []).append(_found(entry.path, status))
