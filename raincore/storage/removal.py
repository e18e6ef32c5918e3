"""Deleting the content of a torrent, and nothing else."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from raincore.base.errors import StorageError
from raincore.storage.directory_tree import DirectoryTree
from raincore.storage.failures import write_error
from raincore.storage.parts_file import PartsFile, place_of

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from raincore.storage.layout import Layout

__all__ = ["remove_files", "remove_own_directory", "remove_parts"]


def remove_own_directory(directory: Path) -> None:
    """Delete a directory that one torrent had for itself, with all that is in it.

    Symlinks in it are deleted, never followed; a symlink in its place is left alone.

    Raises:
        WriteError: Something in it could not be deleted.
    """
    if directory.is_symlink() or not directory.exists():
        return
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise write_error(error, error.filename or directory, "delete") from error


def remove_files(layout: Layout, spared: Container[tuple[str, ...]]) -> None:
    """Delete the files of one torrent from a directory that others use too.

    Directories that are empty then go as well, the root never. No symlink on the way is
    followed.

    Args:
        layout: Where its files are.
        spared: Paths, as components below the root, that another torrent has as well.

    Raises:
        WriteError: One of them could not be deleted; the others are gone.
    """
    tree = DirectoryTree(layout.root, follow_symlinks=False)
    failed: StorageError | None = None
    directories: set[tuple[str, ...]] = set()
    for file in layout.files:
        if file.is_padding or file.parts in spared:
            continue
        directories.update(file.parts[:depth] for depth in range(1, len(file.parts)))
        try:
            with tree.directory(file.parts[:-1]) as parent:
                os.unlink(file.parts[-1], dir_fd=parent)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue  # there is no such file of ours
        except OSError as error:
            failed = failed or write_error(error, tree.path(file.parts), "delete")
        except StorageError as error:
            failed = failed or error
    for parts in sorted(directories, key=len, reverse=True):
        # Not empty, not there, or not ours: each is a reason to leave it.
        with suppress(OSError, StorageError), tree.directory(parts[:-1]) as parent:
            os.rmdir(parts[-1], dir_fd=parent)
    if failed is not None:
        raise failed


def remove_parts(info_hash: str, root: Path) -> None:
    """Delete what was kept of files that nobody wanted; harmless if there is nothing.

    Raises:
        StorageError: It could not be deleted.
    """
    place = place_of(info_hash, root)
    if os.path.isdir(place):
        parts = PartsFile(place)
        parts.remove()
        parts.close()
