"""A SQLite file that is only read, also where nothing can be written.

A database that keeps a log is read by way of an index beside it, which a reader makes if it is
not there. On a read-only disk that fails, and looks like damage. But without a log there is
nothing to look up: then the file is all there is, and nobody changes it.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["has_unreadable_log", "opened"]


def opened(file: Path) -> sqlite3.Connection:
    """Open a file that is there; its reader closes it.

    Raises:
        sqlite3.Error: It is not there, or cannot be opened.
    """
    frozen = not _can_write(file) and not _log_of(file).exists()
    return sqlite3.connect(f"{file.as_uri()}?mode=ro{'&immutable=1' * frozen}", uri=True)


def has_unreadable_log(file: Path) -> bool:
    """Whether the latest changes are in a log that may be out of reach where it is."""
    return not _can_write(file) and _log_of(file).exists()


def _can_write(file: Path) -> bool:
    return os.access(file.parent, os.W_OK)


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")
