"""Making written files survive a power cut: one by one, or many all at once."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from raincore.storage.failures import write_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.storage.descriptors import Descriptors
    from raincore.storage.directory_tree import DirectoryTree
    from raincore.storage.layout import Layout

__all__ = ["Syncing"]

MANY = 100
"""Files from which on their whole file system is synced instead. One by one, each new file
costs a commit of its journal: 3.7 ms, six minutes for 100,000 of them; all at once, 20 µs."""


class Syncing:
    """Files that were written and may not be on the disk yet. Thread safe.

    Args:
        layout: Of the content.
        tree: Where its files are.
        descriptors: Of its files.
    """

    def __init__(self, layout: Layout, tree: DirectoryTree, descriptors: Descriptors) -> None:
        self.layout = layout
        self.tree = tree
        self.descriptors = descriptors
        self.lock = threading.Lock()
        self.due: dict[int, None] = {}

    def note(self, index: int) -> None:
        """A file was written; told afterwards, so that no sync that runs forgets it."""
        with self.lock:
            self.due[index] = None

    def sync(self) -> None:
        """Make everything written so far, and the entries of new files, survive.

        Raises:
            WriteError: The system could not; the same files are due again next time.
        """
        if len(self.due) > MANY:
            self.sync_many()
        self.sync_each()
        try:
            self.tree.sync()
        except OSError as error:
            raise write_error(error, self.layout.root, "sync") from error

    def sync_each(self) -> None:
        """Sync one file after another.

        What is written meanwhile is for the next time: a writer that is quicker than we are
        would keep us here for thousands of files, which are much cheaper all at once.
        """
        with self.lock:
            due, self.due = self.due, {}
        while due:
            index = due.popitem()[0]
            try:
                with self.descriptors.use(index) as descriptor:
                    os.fdatasync(descriptor)
            except FileNotFoundError:
                continue  # somebody removed it: nothing to keep
            except BaseException as error:
                with self.lock:
                    self.due = due | {index: None} | self.due
                if isinstance(error, OSError):
                    path = self.tree.path(self.layout.files[index].parts)
                    raise write_error(error, path, "sync") from error
                raise

    def sync_many(self) -> None:
        """Sync all file systems on which there are files that are due, if that is possible."""
        call = system_call()
        if call is None:
            return
        with self.lock:
            due, self.due = self.due, {}
        try:
            self.sync_below({self.layout.files[index].parts[:-1] for index in due}, call)
        except BaseException as error:
            with self.lock:
                self.due = due | self.due
            if isinstance(error, OSError):
                raise write_error(error, self.layout.root, "sync") from error
            raise

    def sync_below(self, folders: Iterable[tuple[str, ...]], call: Callable[[int], None]) -> None:
        """Sync the file systems of some folders, each once."""
        done = set()
        for parts in folders:
            try:
                with self.tree.directory(parts) as descriptor:
                    device = os.fstat(descriptor).st_dev
                    if device not in done:
                        call(descriptor)
                        done.add(device)
            except FileNotFoundError:
                continue  # somebody removed it: nothing to keep


@cache
def system_call() -> Callable[[int], None] | None:
    """The call that syncs the file system of a descriptor; None where there is none.

    It is Linux's; the standard library has only one for all file systems together, which
    would wait for disks that are none of our business.
    """
    import ctypes  # here: few torrents have many files

    try:
        function: Any = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None

    def call(descriptor: int) -> None:
        if function(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return call
