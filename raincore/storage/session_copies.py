"""The copies of a session's database beside it, and whether they know more than it does.

Every start of a session writes a greater revision before any copy is made. A copy with a
greater one than the database has therefore seen what the database has lost: SQLite takes an
empty file, or one whose log is gone, for a sound database without torrents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.storage import database

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SNAPSHOTS", "revision_in", "that_know_more"]

SNAPSHOTS = ("snapshot-1.db", "snapshot-2.db")
"""Copies of the whole database beside it, the newest first."""


def that_know_more(place: Path) -> list[str]:
    """Names of the copies which are of a later start than the database; changes nothing."""
    known = revision_in(place / database.FILE_NAME)
    return [name for name in SNAPSHOTS if revision_in(place / name) > known]


def revision_in(file: Path) -> int:
    """The revision of the start that wrote a file last; 0 if it has none, or cannot say."""
    try:
        found = database.row(file, "session")
    except (FormatError, *database.FAILURES):
        return 0
    revision = found.get("revision") if isinstance(found, dict) else None
    return revision if type(revision) is int else 0
