"""What the file system says about the files of a torrent, without reading their content."""

from __future__ import annotations

import errno
import heapq
import os
import stat
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from raincore.base.errors import Incomplete
from raincore.base.printable import displayed
from raincore.storage.failures import read_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from raincore.base.errors import ReadError
    from raincore.storage.layout import Layout, PlacedFile

__all__ = ["MAX_EXTRA", "FileState", "Stamp", "extra_files", "settled", "states"]

ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
TICK = 20_000_000
"""Nanoseconds; longer than a tick of the clock that files are stamped with."""

MAX_EXTRA = 1000
"""Names of files that the torrent does not list; beyond that they are only counted."""

Stamp = tuple[int, int, int, int, int]
"""Size, mtime and ctime in nanoseconds, inode, device: equal while nobody changed a file."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a torrent as it is found.

    Args:
        exists: Whether anything is there.
        size: Bytes of content; 0 for what is no file.
        is_right_kind: Whether it is a regular file, or the very symlink that belongs there.
        stamp: To notice later that it has changed; None for what is no file.
        error: Why it could not be looked at, if it may be there.
    """

    exists: bool
    size: int
    is_right_kind: bool
    stamp: Stamp | None
    error: ReadError | None = None


NOTHING = FileState(exists=False, size=0, is_right_kind=False, stamp=None)


def states(layout: Layout) -> list[FileState]:
    """Look at every file of a layout, in content order; padding is always right.

    What cannot be looked at counts as not there, and has an error.
    """
    return [_state(layout, file) for file in layout.files]


def settled(layout: Layout) -> list[FileState]:
    """The same, but late enough that a change after this call changes the stamp.

    The system's clock for files ticks at most each 10 ms; a file that was written within
    the current tick could be written again without a trace.
    """
    for _ in range(3):
        found = states(layout)
        newest = max((state.stamp[2] for state in found if state.stamp is not None), default=0)
        age = time.time_ns() - newest
        if not 0 <= age < TICK:
            break
        time.sleep((TICK - age) / 1e9)
    return found


def _state(layout: Layout, file: PlacedFile) -> FileState:
    if file.is_padding:
        return FileState(exists=True, size=file.length, is_right_kind=True, stamp=None)
    path = os.path.join(layout.root, *file.parts)
    if file.symlink is not None:
        return _link_state(layout, file, path)
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        return _nothing(error, path)
    if not stat.S_ISREG(status.st_mode):
        return FileState(exists=True, size=0, is_right_kind=False, stamp=None)
    stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)
    return FileState(exists=True, size=status.st_size, is_right_kind=True, stamp=stamp)


def _nothing(error: OSError | ValueError, path: str) -> FileState:
    """Nothing is there, or nothing that can be seen."""
    if isinstance(error, ValueError) or error.errno in ABSENT:
        return NOTHING
    return replace(NOTHING, error=read_error(error, path, "look at"))


def _link_state(layout: Layout, file: PlacedFile, path: str) -> FileState:
    """A symlink is right if it leads to where the torrent says, however it is spelled."""
    assert file.symlink is not None
    try:
        text = os.readlink(path)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EINVAL:
            return FileState(exists=True, size=0, is_right_kind=False, stamp=None)
        return _nothing(error, path)
    leads_to = os.path.normpath(os.path.join(os.path.dirname(path), text))
    right = leads_to == os.path.normpath(os.path.join(layout.root, *file.symlink))
    return FileState(exists=True, size=0, is_right_kind=right, stamp=None)


def extra_files(layout: Layout, stop: Callable[[], bool] = lambda: False) -> tuple[list[str], int]:
    """Find files in the torrent's directory that it does not list.

    Args:
        layout: Where the torrent's files lie.
        stop: Asked for each file that is there, which may be millions.

    Returns:
        Their paths as they are shown, relative to the root, sorted, at most MAX_EXTRA;
        and how many there are. Nothing for a torrent of a single file. Symlinks to
        directories are not followed.

    Raises:
        Incomplete: `stop` said yes.
    """
    known = {file.parts for file in layout.files}
    names = {parts[0] for parts in known if len(parts) > 1}
    if len(names) != 1:
        return [], 0
    root = str(layout.root)
    count = 0

    def shown() -> Iterator[str]:
        nonlocal count
        for parts in _paths_below(root, names.pop()):
            if stop():
                raise Incomplete("stopped before all files were looked at")
            if parts not in known:
                count += 1
                yield displayed("/".join(parts))

    return heapq.nsmallest(MAX_EXTRA, shown()), count


def _paths_below(root: str, name: str) -> Iterator[tuple[str, ...]]:
    for directory, below, files in os.walk(os.path.join(root, name)):
        relative = os.path.relpath(directory, root).split(os.sep)
        links = [name for name in below if os.path.islink(os.path.join(directory, name))]
        yield from ((*relative, name) for name in (*files, *links))
