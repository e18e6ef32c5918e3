"""Whether a session's database may be opened: found out before anything of it is changed.

To open it is to write into it. So what is damaged, of a newer version, of another program, or
has lost what its copies have, is refused before, with what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import FormatError, StorageError
from raincore.storage import database, session_copies
from raincore.storage.failures import named
from raincore.storage.session_copies import SNAPSHOTS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RESERVE", "SCHEMA", "WHAT", "Start", "look", "with_remedy"]

WHAT = "the session's database"
RESERVE = "reserve"
"""Room beside it, given up when the disk is full."""
SCHEMA = 1
"""Of the rows; what is older is brought up to date, what is newer is refused."""
TOLD = ("malformed", "not a database", "unable", "I/O", "locked", "is full")
"""What SQLite says of a whole file; all else is what it finds wrong in it."""
OWN_TABLES = {
    "Cache": {"key", "raw", "mode", "filename", "value"},
    "Settings": {"key", "value"},
}


class Start(NamedTuple):
    """What a database says of itself.

    Args:
        schema: The version of its rows.
        revision: Of the last start of a session.
    """

    schema: int = SCHEMA
    revision: int = 0


def look(place: Path) -> Start:
    """Look at all of a database; a tenth of a second for that of ten thousand torrents.

    Args:
        place: Its directory.

    Returns:
        What it says; where there is none yet, what a new one would say.

    Raises:
        StorageError: It must not be opened. Nothing in it was changed.
    """
    file = place / database.FILE_NAME
    is_empty = not file.exists() or (file.is_file() and not file.stat().st_size)
    if not is_empty:
        refuse_damage(file)
    refuse_loss(place)
    if is_empty:
        refuse_emptied(file)
        return Start()
    found = database.tables(file)
    refuse_foreign(found, place)
    try:
        row = database.row(file, "session") if "Cache" in found else None
    except FormatError as error:
        raise StorageError(f"{WHAT} is damaged: {error}: {named(place)}") from error
    return said(row, place)


def refuse_damage(file: Path) -> None:
    """Of a file that is torn, every write may destroy more."""
    problems = database.problems(file)
    if problems:
        first = problems[0].replace("\n", ": ")
        told = first if any(word in first for word in TOLD) else f"it is damaged: {first}"
        raise database.failure(StorageError(told), file.parent, "open", WHAT)


def refuse_loss(place: Path) -> None:
    """Do not begin anew, and write over the copies in time, where something was lost."""
    copies = session_copies.that_know_more(place)
    if copies:
        name = database.FILE_NAME
        raise StorageError(
            f"cannot open {WHAT}: it has lost what its copy {copies[0]} has; nothing was changed; "
            f"to go on with the copy, delete {name}-wal and copy it over {name}; to begin anew, "
            f"move the directory away: {named(place)}",
            named(place),
        )


def refuse_emptied(file: Path) -> None:
    """What a power cut or a full disk has left of a file is not the beginning of one.

    The reserve beside it is made when the first session has everything that it needs.
    """
    if file.exists() and (file.parent / RESERVE).exists():
        raise StorageError(
            f"cannot open {WHAT}: it is damaged: it is empty, as after a power cut, and has not "
            f"been; put a copy of yours there, or, to begin anew, move the directory away: "
            f"{named(file.parent)}",
            named(file.parent),
        )


def refuse_foreign(found: dict[str, set[str]], place: Path) -> None:
    """Leave what another program keeps where ours is to be."""
    if "Cache" in found:
        is_ours = all(found.get(name, set()) >= own for name, own in OWN_TABLES.items())
    else:  # a process may have been killed while it made the tables
        is_ours = set(found) <= set(OWN_TABLES)
    if not is_ours:
        raise StorageError(
            f"cannot open {WHAT}: what is there is a database of another program; nothing was "
            f"changed; choose another directory: {named(place)}",
            named(place),
        )


def said(row: object, place: Path) -> Start:
    """What the row "session" says, believing nothing."""
    if row is None:
        return Start()
    schema = row.get("schema") if isinstance(row, dict) else None
    if type(schema) is not int or schema < 1:
        raise StorageError(f"{WHAT} is damaged: it does not say its version: {named(place)}")
    if schema > SCHEMA:
        raise StorageError(
            f"{WHAT} is of a newer version of rain ({schema}, this one knows {SCHEMA}); nothing "
            f"was changed; use that version: {named(place)}"
        )
    assert isinstance(row, dict)
    revision = row.get("revision")
    return Start(schema, revision if type(revision) is int else 0)


def with_remedy(error: StorageError, place: Path) -> StorageError:
    """Say what to do about a damaged database, if there is something."""
    if not any(word in str(error) for word in ("malformed", "not a database", "damaged")):
        return error
    copies = [name for name in SNAPSHOTS if not database.problems(place / name)]
    remedy = "; nothing in it was changed; rain-serve --check-database says what can be read"
    if copies:
        remedy += f"; a sound copy is beside it: {copies[0]}"
    return type(error)(f"{error}{remedy}", error.path)
