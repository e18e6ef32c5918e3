"""A key-value database in one directory that stores only what we write. The door to diskcache.

Importing this costs some 60 ms; only commands that transfer content should.

diskcache as it comes pickles values and unpickles whatever a database row says is a
pickle (CVE-2025-69872), keeps large values in files it does not sync, and evicts. Ours
stores tagged JSON or bytes inline in SQLite and refuses every other kind of row.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Any

import diskcache

from raincore.base.errors import FormatError, NoSpace, StorageError
from raincore.storage import read_only
from raincore.storage.failures import named, write_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = [
    "FAILURES",
    "FILE_NAME",
    "InlineDisk",
    "copy",
    "failure",
    "open_database",
    "problems",
    "row",
    "rows",
    "tables",
    "write",
]

LOCK_TIMEOUT_SECONDS = 5.0
BYTES_TAG, JSON_TAG = b"B", b"J"
ROOM_BYTES = 64 * 1024
UNREADABLE = "malformed database schema"
CACHE_KIB = 2048
"""SQLite's own default. That of diskcache is 32 MiB, which the rows of ten thousand torrents fill."""
ROWS_AT_ONCE = 64
"""Rows in one statement, of two parameters each: SQLite may have been built for 999."""

UPSERT = """
    INSERT INTO Cache (store_time, access_time, key, raw, access_count, size, mode, value)
    VALUES {rows} ON CONFLICT (key, raw) DO UPDATE SET
    store_time = excluded.store_time, access_time = excluded.access_time, access_count = 0,
    expire_time = NULL, tag = NULL, filename = NULL,
    size = excluded.size, mode = excluded.mode, value = excluded.value
"""

FAILURES = (sqlite3.Error, diskcache.Timeout, OSError, UnicodeDecodeError)
"""What a call to an open database may raise, beside FormatError; the last comes of a damaged
schema, whose bytes SQLite puts into the message."""

FILE_NAME: str = diskcache.core.DBNAME
"""Of the file in its directory."""


class InlineDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache is untyped
    """str keys, and values of JSON or bytes kept whole in the database row."""

    def __init__(self, directory: str, **_: object) -> None:
        # The options of a foreign database's Settings table are not obeyed.
        super().__init__(directory)

    def put(self, key: object) -> tuple[str, bool]:
        """Key to column; diskcache would pickle what is no plain value."""
        if type(key) is not str:
            raise TypeError(f"key must be a str, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Column to key; a pickled key is refused."""
        if not raw or type(key) is not str:
            raise FormatError("key is of a kind we do not write")
        return key

    def store(
        self, value: object, read: bool, key: object = None
    ) -> tuple[int, int, None, memoryview]:
        """Value to row: one tag byte, then bytes or JSON, never a file or a pickle."""
        if read:
            raise TypeError("streams are not stored")
        if isinstance(value, bytes):
            data = BYTES_TAG + value
        else:
            data = JSON_TAG + json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
        return 0, diskcache.core.MODE_RAW, None, sqlite3.Binary(data)

    def fetch(self, mode: object, filename: object, value: object, read: object) -> Any:
        """Row to value; any row that `store` cannot have written is refused.

        Raises:
            FormatError: The row is foreign or damaged.
        """
        if mode != diskcache.core.MODE_RAW or filename is not None or type(value) is not bytes:
            raise FormatError("row is of a kind we do not write")
        tag, data = value[:1], value[1:]
        if tag == BYTES_TAG:
            return data
        if tag != JSON_TAG:
            raise FormatError("row has no tag of ours")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise FormatError("row is not JSON") from error


def open_database(place: Path, what: str) -> Any:
    """Open a database, creating it (mode 0700) when there is none.

    Args:
        place: Absolute path of its directory, which has nothing else in it but what its
            owner puts there.
        what: What it holds, for messages.

    Returns:
        A diskcache.Cache; any thread may use it. Durable is what `set` has returned for,
        and a `transact` as a whole.

    Raises:
        StorageError: It cannot be created or read, is locked for longer than a few
            seconds, or is no database.
    """
    text = str(place)
    if os.path.expandvars(text) != text:  # diskcache would expand it
        raise StorageError(f"{what} cannot be kept below a name with $: {named(place)}")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        check_lock(place / FILE_NAME)
        return diskcache.Cache(
            text,
            disk=InlineDisk,
            timeout=LOCK_TIMEOUT_SECONDS,
            eviction_policy="none",
            cull_limit=0,
            size_limit=1 << 62,
            statistics=0,
            tag_index=0,
            sqlite_synchronous=2,
            sqlite_cache_size=-CACHE_KIB,
            sqlite_mmap_size=0,
        )
    except FAILURES as error:
        raise failure(error, place, "open", what) from error


def write(opened: Any, changes: Mapping[str, object]) -> None:
    """Set rows of an open database, and delete those whose value is None, together.

    By one statement for many rows: diskcache looks for each of them first, and each of its
    statements lets other threads of Python in. While these are busy, that costs a switch of
    threads every time: a third of what adding torrents takes.

    Raises:
        TypeError, ValueError: A value is no JSON; nothing was changed.
        sqlite3.Error, diskcache.Timeout: That failed; nothing was changed, unless this is
            called within a `transact`, which then has to end in the same way.
    """
    disk, mode = opened.disk, diskcache.core.MODE_RAW
    rows = [
        (disk.put(key)[0], disk.store(value, False)[-1])
        for key, value in changes.items()
        if value is not None
    ]
    one_statement = len(rows) == len(changes) <= ROWS_AT_ONCE  # which is a transaction by itself
    with nullcontext() if one_statement else opened.transact():
        for key, value in changes.items():
            if value is None:
                opened.delete(key)
        for at in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[at : at + ROWS_AT_ONCE]
            marks = ",".join([f"(?1, ?1, ?, 1, 0, 0, {mode}, ?)"] * len(some))
            opened._sql(UPSERT.format(rows=marks), [time.time(), *chain.from_iterable(some)])


def check_lock(database: Path) -> None:
    """Find out quickly whether a database is usable; diskcache tries for a minute.

    Raises:
        sqlite3.Error: It is locked, or no database.
    """
    connection = sqlite3.connect(database, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def failure(error: Exception, place: Path, doing: str, what: str) -> StorageError:
    """A StorageError for whatever went wrong with a database."""
    if isinstance(error, OSError):
        return write_error(error, place, f"{doing} {what}")
    if isinstance(error, UnicodeDecodeError):
        error = sqlite3.DatabaseError(UNREADABLE)
    text = str(error) or "locked by another process"
    if "disk is full" in text or ("I/O error" in text and not has_room(place)):
        return NoSpace(
            f"cannot {doing} {what}: disk is full; make room: {named(place)}", named(place)
        )
    return StorageError(f"cannot {doing} {what}: {text}: {named(place)}", named(place))


def has_room(place: Path) -> bool:
    """Whether SQLite has room for the index of its log; without, it speaks of I/O errors."""
    try:
        room = os.statvfs(place)
    except OSError:
        return True
    return room.f_bavail * room.f_frsize >= ROOM_BYTES


def rows(file: Path) -> Iterator[tuple[str, Any]]:
    """Read all of a database file in one pass; much faster than key by key.

    Yields:
        Key and value; for a row that nobody of ours has written, the FormatError.

    Raises:
        sqlite3.Error: The file is damaged; what came before is right.
    """
    disk = InlineDisk(str(file.parent))
    with closing(read_only.opened(file)) as opened:
        select = "SELECT key, raw, mode, filename, value FROM Cache ORDER BY rowid"
        for key, raw, mode, filename, value in opened.execute(select):
            try:
                yield disk.get(key, raw), disk.fetch(mode, filename, value, False)
            except FormatError as error:
                yield str(key), error


def row(file: Path, key: str) -> Any:
    """Read one value of a database file; None if there is none.

    Raises:
        sqlite3.Error: The file is missing, damaged or of something else.
        FormatError: Nobody of ours has written the row.
    """
    disk = InlineDisk(str(file.parent))
    with closing(read_only.opened(file)) as opened:
        select = "SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1"
        found = opened.execute(select, [key]).fetchone()
    if found is None:
        return None
    mode, filename, value = found
    return disk.fetch(mode, filename, value, False)


def copy(place: Path, target: Path) -> None:
    """Write all of an open database to one file, as it is at one moment.

    Raises:
        sqlite3.Error, OSError: That failed; `target` may be there in part.
    """
    with (
        closing(sqlite3.connect(place / FILE_NAME, timeout=LOCK_TIMEOUT_SECONDS)) as source,
        closing(sqlite3.connect(target)) as copied,
    ):
        source.backup(copied)
        # A file of its own: whoever only reads it needs no others beside it.
        copied.execute("PRAGMA journal_mode = DELETE")


def tables(file: Path) -> dict[str, set[str]]:
    """The tables of any SQLite file, with their columns.

    Raises:
        sqlite3.Error: The file cannot be read, or is damaged.
    """
    found: dict[str, set[str]] = {}
    with closing(read_only.opened(file)) as opened:
        select = "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c"
        for table, column in opened.execute(f"{select} WHERE t.type = 'table'"):
            found.setdefault(str(table), set()).add(str(column))
    return found


def problems(file: Path) -> list[str]:
    """What SQLite finds wrong with a database file; empty if nothing is."""
    try:
        with closing(read_only.opened(file)) as opened:
            found = [str(row[0]) for row in opened.execute("PRAGMA integrity_check(10)")]
    except UnicodeDecodeError:
        return [UNREADABLE]
    except sqlite3.Error as error:
        return [str(error)]
    return [] if found == ["ok"] else found
