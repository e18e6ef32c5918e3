"""The database of a session: a few rows for each torrent, written in transactions.

`torrent:ID` who it is, `counts:ID` its counters, `resume:ID` its verified pieces, `info:ID`
its raw info dictionary, `layer:ID:ROOT` a piece layer (BEP 52). A row is written when it
has changed, never because time has passed.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from raincore.base.errors import FormatError, NoSpace, StorageError
from raincore.base.session_errors import SessionLocked
from raincore.storage import database, session_soundness, torrent_record
from raincore.storage.database import FAILURES
from raincore.storage.failures import named
from raincore.storage.reserve_file import ReserveFile
from raincore.storage.session_copies import SNAPSHOTS
from raincore.storage.session_soundness import RESERVE, WHAT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from raincore.storage.torrent_record import Counts, TorrentRecord

__all__ = ["KINDS", "Loaded", "Saved", "SessionStore", "gather"]

MIGRATIONS: dict[int, Callable[[SessionStore], None]] = {}
"""By a version, what makes a database of the next one of it; there was none before 1.

All that are due, and the new version, are one transaction.
"""
REVISION_STEP = 1 << 20
"""More events than a run of a session has within the milliseconds that it takes."""
KINDS = ("torrent", "counts", "resume", "info", "layer")


@dataclass(slots=True)
class Saved:
    """What the database knows of one torrent; `info` is raw, `resume` a JSON value."""

    record: TorrentRecord
    counts: Counts
    info: bytes | None = None
    layers: dict[bytes, bytes] = field(default_factory=dict)
    resume: object = None


@dataclass(slots=True)
class Loaded:
    """All torrents, the oldest first; and ids of which no record can be read, with why."""

    torrents: list[Saved] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)


class SessionStore:
    """An open database, locked against other processes. Every method blocks.

    Calls may come from any thread, one at a time.
    """

    def __init__(self, cache: Any, place: Path, lock: int) -> None:
        self._cache = cache
        self._place = place
        self._lock = lock
        self._reserve = ReserveFile(place / RESERVE)
        self._copies = 0
        self.first_revision = 0

    @classmethod
    def open(cls, place: Path) -> Self:
        """Open a database, creating it (mode 0700) when there is none.

        Raises:
            SessionLocked: Another process has it open.
            StorageError: It cannot be opened, is damaged, or of a newer version; nothing
                in it was changed.
        """
        place = place.absolute()
        if place.exists() and not place.is_dir():
            raise StorageError(
                f"cannot open {WHAT}: it is a directory of ours, and this is a file, maybe of "
                f"another program: {named(place)}",
                named(place),
            )
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(place)
        except OSError as error:
            raise database.failure(error, place, "open", WHAT) from error
        reserve = ReserveFile(place / RESERVE)
        try:
            try:
                found = cls._open(place, lock)
            except NoSpace:
                if not reserve.spend():
                    raise
                found = cls._open(place, lock)
        except StorageError as error:
            os.close(lock)
            raise session_soundness.with_remedy(error, place) from error
        reserve.keep()
        return found

    @classmethod
    def _open(cls, place: Path, lock: int) -> Self:
        try:
            start = session_soundness.look(place)
            found = cls(database.open_database(place, WHAT), place, lock)
        except FAILURES as error:
            raise database.failure(error, place, "open", WHAT) from error
        try:
            found._begin(start)
        except BaseException:
            found._cache.close()
            raise
        return found

    def load(self) -> Loaded:
        """Read everything, in one pass.

        Raises:
            StorageError: The file is damaged.
        """
        try:
            return gather(database.rows(self._place / database.FILE_NAME))
        except FAILURES as error:
            failed = database.failure(error, self._place, "read", WHAT)
            raise session_soundness.with_remedy(failed, self._place) from error

    def apply(self, changes: Mapping[str, object]) -> None:
        """Write rows, and delete those whose value is None, as one transaction.

        Durable when this returns; if it raises, nothing was changed.

        Raises:
            StorageError: The disk is full, or the database failed.
        """
        try:
            self._write(changes)
        except NoSpace:
            if not self._reserve.spend():
                raise
            self._write(changes)

    def _write(self, changes: Mapping[str, object]) -> None:
        try:
            database.write(self._cache, changes)
        except FAILURES as error:
            raise database.failure(error, self._place, "write", WHAT) from error

    def forget(self, id: str) -> None:
        """Delete all rows of a torrent, whatever is in them."""
        keys = [
            key for key, _ in database.rows(self._place / database.FILE_NAME) if id_of(key) == id
        ]
        self.apply(dict.fromkeys(keys))

    def mark(self) -> None:
        """Count the copy that is to be taken: a database that forgets it, is found out.

        Raises:
            StorageError: As for `apply`.
        """
        self._copies += 1
        row = {
            "schema": session_soundness.SCHEMA,
            "revision": self.first_revision,
            "copies": self._copies,
        }
        self.apply({"session": row})

    def take_snapshot(self) -> None:
        """Copy the database beside itself, if it is sound; the last two copies stay.

        What was marked before, in the thread of all other writes, has a copy then.

        Raises:
            StorageError: It could not be written, or SQLite finds the copy unsound.
        """
        fresh = self._place / "snapshot.tmp"
        newest, older = (self._place / name for name in SNAPSHOTS)
        try:
            fresh.unlink(missing_ok=True)
            database.copy(self._place, fresh)
            wrong = database.problems(fresh)
            if wrong:
                raise StorageError(f"{WHAT} is damaged: {wrong[0]}: {named(self._place)}")
            with suppress(FileNotFoundError):
                newest.rename(older)
            fresh.rename(newest)
            self._reserve.keep()
        except FAILURES as error:
            raise database.failure(error, self._place, "copy", WHAT) from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def close(self) -> None:
        """Close it and let others have it; harmless when repeated."""
        self._cache.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _begin(self, start: session_soundness.Start) -> None:
        # A clock that was put back must not make revisions begin where they have been.
        self.first_revision = max(int(time.time() * 1000), start.revision + REVISION_STEP)
        try:
            with self._cache.transact():
                for version in range(start.schema, session_soundness.SCHEMA):
                    MIGRATIONS[version](self)
                self.mark()
        except FAILURES as error:
            raise database.failure(error, self._place, "open", WHAT) from error


def gather(rows: Any) -> Loaded:
    """Put rows together to torrents, believing nothing.

    Args:
        rows: Pairs of key and value, or FormatError instead of a value, in any order.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, value in rows:
        kind, _, rest = key.partition(":")
        if kind in KINDS and rest:
            found.setdefault(id_of(key), {})[key] = value
    loaded = Loaded()
    for id, values in found.items():
        try:
            loaded.torrents.append(_saved(id, values))
        except FormatError as error:
            loaded.damaged[id] = str(error)
    loaded.torrents.sort(key=lambda saved: (saved.record.added_at, saved.record.id))
    return loaded


def id_of(key: str) -> str:
    """The id of a torrent in a row's key; "" if the row is of none."""
    kind, _, rest = key.partition(":")
    return rest.partition(":")[0] if kind in KINDS else ""


def _saved(id: str, values: Mapping[str, Any]) -> Saved:
    record = torrent_record.parse(_sound(values.get(f"torrent:{id}", FormatError("no record"))))
    if record.id != id:
        raise FormatError("a record is of another torrent")
    saved = Saved(record, torrent_record.Counts())
    # Counters are worth less than the torrent: without them it begins at zero.
    with suppress(FormatError):
        saved.counts = torrent_record.parse_counts(_sound(values.get(f"counts:{id}")))
    with suppress(FormatError):
        saved.resume = _sound(values.get(f"resume:{id}"))
    info = _sound(values.get(f"info:{id}"))
    if info is not None and not isinstance(info, bytes):
        raise FormatError("its info dictionary is malformed")
    saved.info = info
    for key, value in values.items():
        if key.startswith("layer:") and isinstance(value, bytes):
            with suppress(ValueError):
                saved.layers[bytes.fromhex(key.rpartition(":")[2])] = value
    return saved


def _sound(value: Any) -> Any:
    if isinstance(value, FormatError):
        raise value
    return value


def _lock(place: Path) -> int:
    """Take the lock of a directory, until the descriptor is closed or the process ends."""
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise SessionLocked(
            f"{WHAT} is locked by another process, maybe rain-serve: {named(place)}"
        ) from error
    except OSError:
        os.close(lock)
        raise
    return lock
