"""A directory for what need not last longer than the process that fetches it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.storage import state_directory
from raincore.storage.failures import write_error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["made"]

YOUNG_SECONDS = 60.0
"""So new a directory may be one that is not locked yet."""


@contextmanager
def made() -> Iterator[Path]:
    """Make one below the user's state directory; it goes with everything in it. Blocks.

    What processes have left that were killed is removed as well.

    Raises:
        WriteError: It cannot be made.
    """
    base = state_directory.path("aside")
    try:
        os.makedirs(base, mode=0o700, exist_ok=True)
        remove_left(base)
        path = tempfile.mkdtemp(dir=base)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise write_error(error, base, "create") from error
    try:
        with suppress(OSError):  # no locks here: it may be removed as one that was left
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def remove_left(base: str) -> None:
    """Remove those that nobody has locked; failures do not matter."""
    before = time.time() - YOUNG_SECONDS
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_mtime < before:
                remove_unlocked(entry.path)


def remove_unlocked(path: str) -> None:
    """Remove a directory whose process is gone."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(descriptor)
