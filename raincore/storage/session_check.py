"""What can be read of a session's database, whatever state it is in; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base.errors import StorageError
from raincore.base.printable import printable
from raincore.storage import database, read_only, session_copies
from raincore.storage.failures import named
from raincore.storage.session_copies import SNAPSHOTS
from raincore.storage.session_store import gather

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["check"]

UNOPENED = "unable to open database file"
"""SQLite's words for a file that it has not even looked into."""


def check(place: Path) -> tuple[int, list[str]]:
    """Say how many torrents can be read, and what is wrong, a line each.

    A server may have the database open meanwhile. If something is wrong, the last lines
    name the sound copies beside it.

    Args:
        place: The directory of the database. It is not created.

    Raises:
        StorageError: There is none, or it cannot be read where it is.
    """
    file = place / database.FILE_NAME
    lost = session_copies.that_know_more(place)
    if not file.is_file() and not lost:
        raise StorageError(f"there is no database: {named(place)}", named(place))
    problems = database.problems(file) if file.is_file() else []
    if problems == [UNOPENED] and read_only.has_unreadable_log(file):
        raise StorageError(
            "cannot read the session's database where nothing can be written, since it has a "
            f"log; look at a copy of its directory: {named(place)}",
            named(place),
        )
    if lost:
        problems.append(f"it has lost what its copy {lost[0]} has")
    loaded = gather(_readable(file, problems))
    complaints = [f"the database is damaged: {problem}" for problem in problems]
    complaints += [
        f"torrent {printable(id, 100)} cannot be read: {reason}"
        for id, reason in sorted(loaded.damaged.items())
    ]
    copies = [place / name for name in SNAPSHOTS] if complaints else []
    for copy in copies:
        if copy.is_file() and not database.problems(copy):
            count = len(gather(_readable(copy, [])).torrents)
            complaints.append(f"a sound copy has {count} torrents: {named(copy)}")
    return len(loaded.torrents), complaints


def _readable(file: Path, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """All rows that come before the first that cannot be read."""
    try:
        yield from database.rows(file)
    except database.FAILURES as error:
        if str(error) not in problems:
            problems.append(str(error))
