"""What a file needs beyond its bytes: to be there though it is empty, to be a link, to be run."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.storage.descriptors import Descriptors
    from raincore.storage.directory_tree import DirectoryTree
    from raincore.storage.file_changes import FileChanges
    from raincore.storage.layout import PlacedFile

__all__ = ["finish_file"]


def finish_file(
    tree: DirectoryTree,
    descriptors: Descriptors,
    changes: FileChanges,
    index: int,
    file: PlacedFile,
) -> None:
    """Create an empty file or a symlink, or set the executable bits (BEP 47).

    Raises:
        OSError: The system refused.
        StorageError: Something else is in the way.
    """
    if file.symlink is not None:
        tree.make_symlink(file.parts, file.symlink)
        return
    if not file.length:
        with descriptors.use(index, writable=True):
            pass
    if "x" in file.attr:
        with suppress(FileNotFoundError), descriptors.use(index) as descriptor:
            mode = os.fstat(descriptor).st_mode & 0o7777
            with changes.writing(index, descriptor):
                os.fchmod(descriptor, mode | (mode & 0o444) >> 2)  # whoever may read may run
