"""What is in the way of a file that is to be written, found out by looking only."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from raincore.base.errors import StorageError, UnsafePath, WriteError
from raincore.storage.failures import named, write_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from raincore.base.bitfield import Bitfield
    from raincore.base.geometry import Geometry
    from raincore.storage.directory_tree import DirectoryTree
    from raincore.storage.layout import Layout

__all__ = ["found", "in_the_way", "lacking", "longer", "taken"]

PATH_MAX = 4096
"""Bytes of a path that the system takes, the NUL behind it included (Linux)."""


def longer(path: str, size: int, length: int) -> WriteError:
    """The error for a file that is longer than ours, and therefore not ours to change."""
    where = named(path)
    text = f"a file of {size} bytes is where the torrent has one of {length}: {where}"
    return WriteError(text, where)


def found(
    tree: DirectoryTree,
    layout: Layout,
    files: Iterable[int],
    owner_in_the_way: Callable[[int], StorageError | None],
) -> dict[int, StorageError]:
    """Look at some files of a torrent.

    Args:
        owner_in_the_way: Who else writes a file, if anybody does.
    """
    errors = {}
    for index in files:
        file = layout.files[index]
        if file.is_padding or file.symlink is not None:
            continue
        error = in_the_way(tree, file.parts, file.length)
        if error is None:
            error = owner_in_the_way(index)
        if error is not None:
            errors[index] = error
    return errors


def lacking(geometry: Geometry, have: Bitfield) -> Iterator[int]:
    """The files of which a piece is missing."""
    for index in range(len(geometry.file_lengths)):
        pieces = geometry.pieces_of_file(index)
        if not have.bits[pieces.start : pieces.stop].all():
            yield index


def taken(path: str) -> WriteError:
    """The error for a file that another torrent has."""
    return WriteError(f"the file belongs to another torrent: {named(path)}", named(path))


def in_the_way(tree: DirectoryTree, parts: tuple[str, ...], length: int) -> StorageError | None:
    """Say why a file below a root could not be written; None if nothing is known against it.

    Args:
        tree: Where its directories are; no symlink below its root is followed.
        parts: Its path.
        length: Its size when it is whole.
    """
    whole = tree.path(parts)
    if len(os.fsencode(whole)) >= PATH_MAX:
        # It could be made from directory to directory, but nobody could open it afterwards.
        return write_error(OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)), whole)
    for depth in range(1, len(parts) + 1):
        path = tree.path(parts[:depth])
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            above = tree.path(parts[: depth - 1])
            # The root may be missing as well; mostly it is not, and one call says all.
            return None if may_create_in(above) else creatable(nearest(above))
        except OSError as error:
            return of_root(tree.path(())) or write_error(error, path)
        if depth == len(parts):
            return of_file(path, status, length)
        if stat.S_ISLNK(status.st_mode):
            return symlink(path)
        if not stat.S_ISDIR(status.st_mode):
            return no_directory(path)
    return None


def of_root(path: str) -> StorageError | None:
    """Why nothing below a root can be looked at, if it is because of the root."""
    try:
        status = os.stat(path)
    except OSError as error:
        return write_error(error, path)
    return None if stat.S_ISDIR(status.st_mode) else no_directory(path)


def no_directory(path: str) -> WriteError:
    """The error for a file where a directory of the torrent, or its root, belongs."""
    where = named(path)
    return WriteError(f"a file is where the torrent has a directory: {where}", where)


def of_file(path: str, status: os.stat_result, length: int) -> StorageError | None:
    """Why what is there under the very name of a file is not written."""
    where = named(path)
    if stat.S_ISLNK(status.st_mode):
        return symlink(path)
    if stat.S_ISDIR(status.st_mode):
        return WriteError(f"a directory is where the torrent has a file: {where}", where)
    if not stat.S_ISREG(status.st_mode):
        return WriteError(f"not a regular file: {where}", where)
    if status.st_size > length:
        return longer(path, status.st_size, length)
    if not os.access(path, os.R_OK | os.W_OK):
        return WriteError(f"cannot write: {refusal(path)}: {where}", where)
    return None


def refusal(path: str) -> str:
    """Why something that is there may not be changed."""
    read_only = os.statvfs(path).f_flag & os.ST_RDONLY
    return "read-only file system" if read_only else "permission denied"


def creatable(directory: str) -> WriteError | None:
    """Why nothing can be created in a directory that is there."""
    if may_create_in(directory):
        return None
    where = named(directory)
    return WriteError(f"cannot create files: {refusal(directory)}: {where}", where)


def may_create_in(directory: str) -> bool:
    """Whether it is there, and entries can be made in it."""
    return os.access(directory, os.W_OK | os.X_OK)


def nearest(path: str) -> str:
    """The directory that is there and in which a missing one would be made."""
    while path != (above := os.path.dirname(path)) and not os.path.exists(path):
        path = above
    return path


def symlink(path: str) -> UnsafePath:
    """The error for a symlink where a file or directory of the torrent belongs."""
    where = named(path)
    return UnsafePath(f"a symlink is where the torrent's own file belongs: {where}", where)
