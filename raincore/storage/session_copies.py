"""The copies of a session's database beside it, and whether they know more than it does.

Every start of a session writes a greater revision before any copy is made, and each copy is
counted in the database first. A copy that is of a later start, or has a greater count, has
therefore seen what the database has lost: SQLite takes an empty file for a sound database
without torrents, and of a log that is torn it just forgets the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.storage import database

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SNAPSHOTS", "age_of", "that_know_more"]

SNAPSHOTS = ("snapshot-1.db", "snapshot-2.db")
"""Copies of the whole database beside it, the newest first."""


def that_know_more(place: Path) -> list[str]:
    """Names of the copies which are of a later start than the database; changes nothing."""
    known = age_of(place / database.FILE_NAME)
    return [name for name in SNAPSHOTS if age_of(place / name) > known]


def age_of(file: Path) -> tuple[int, int]:
    """The revision of the start that wrote a file last, and how many copies it had counted.

    0 for what it does not say, or cannot.
    """
    try:
        found = database.row(file, "session")
    except (FormatError, *database.FAILURES):
        return 0, 0
    numbers = found if isinstance(found, dict) else {}
    revision, copies = (numbers.get(key) for key in ("revision", "copies"))
    return (
        revision if type(revision) is int else 0,
        copies if type(copies) is int else 0,
    )
