"""What survives a restart, in diskcache. The door to diskcache and platformdirs.

Importing this costs some 60 ms; only commands that transfer content should.

diskcache as it comes pickles values and unpickles whatever a database row says is a
pickle (CVE-2025-69872), keeps large values in files it does not sync, and evicts. Ours
stores tagged JSON or bytes inline in SQLite and refuses every other kind of row.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Self

import diskcache

from raincore.base.errors import FormatError, StorageError
from raincore.formats.merkle import HASH_LENGTH
from raincore.storage import resume_record
from raincore.storage.failures import named, write_error
from raincore.storage.resume_record import ResumeRecord, doubtful, trusted

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["InlineDisk", "ResumeRecord", "ResumeStore", "default_directory", "doubtful", "trusted"]

LOCK_TIMEOUT_SECONDS = 5.0
BYTES_TAG, JSON_TAG = b"B", b"J"
FAILURES = (sqlite3.Error, diskcache.Timeout, OSError)


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


class ResumeStore:
    """Resume records by torrent and directory; several processes may have it open.

    Every method blocks and may be called from any thread. Failures of the database are
    StorageErrors that callers may turn into warnings: nothing here is needed to transfer.
    """

    def __init__(self, cache: Any, directory: Path) -> None:
        self.cache = cache
        self.directory = directory
        self.saved_metadata: set[str] = set()  # they never change

    @classmethod
    def open(cls, directory: Path | None = None) -> Self:
        """Open the store, creating it (mode 0700) when there is none.

        Args:
            directory: Where; None for `default_directory()`.

        Raises:
            StorageError: It cannot be created or read, is locked for longer than a few
                seconds, or is no database.
        """
        place = (directory or default_directory()).absolute()
        text = str(place)
        if os.path.expandvars(text) != text:  # diskcache would expand it
            raise StorageError(f"resume state cannot be kept below a name with $: {named(place)}")
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.chmod(0o700)
            check_lock(place / diskcache.core.DBNAME)
            cache = diskcache.Cache(
                text,
                disk=InlineDisk,
                timeout=LOCK_TIMEOUT_SECONDS,
                eviction_policy="none",
                cull_limit=0,
                size_limit=1 << 62,
                statistics=0,
                tag_index=0,
                sqlite_synchronous=2,
                sqlite_mmap_size=0,
            )
        except FAILURES as error:
            raise store_error(error, place, "open") from error
        return cls(cache, place)

    def save(self, record: ResumeRecord) -> None:
        """Keep a record in the place of an older one; durable when this returns.

        Raises:
            StorageError: It could not be kept; the older one is still there.
        """
        self.put(key_of(record.info_hash, record.directory), resume_record.encode(record))

    def load(self, info_hash: str, directory: str) -> tuple[ResumeRecord | None, str]:
        """Find what is known of a torrent in a directory.

        Returns:
            The record, or None and the reason: "" when nothing was ever saved, else why
            the row or the database could not be used.
        """
        key = key_of(info_hash, directory)
        try:
            value = self.cache.get(key)
            if value is None:
                return None, ""
            record = resume_record.parse(value)
        except FormatError as error:
            return None, f"resume state is damaged: {error}"
        except FAILURES as error:
            return None, str(store_error(error, self.directory, "read"))
        if (record.info_hash, record.directory) != (info_hash, directory):
            return None, "resume state is damaged: it is of another torrent"
        return record, ""

    def save_info(self, info_hash: str, raw: bytes) -> None:
        """Keep a torrent's raw info dictionary, so that a magnet link can resume.

        Costs nothing when repeated.

        Raises:
            StorageError: It could not be kept.
        """
        if info_hash not in self.saved_metadata:
            self.put(f"info:{info_hash}", raw)
            self.saved_metadata.add(info_hash)

    def load_info(self, info_hash: str) -> bytes | None:
        """Find a raw info dictionary; None unless its hash is right."""
        try:
            raw = self.cache.get(f"info:{info_hash}")
        except (FormatError, *FAILURES):
            return None
        if not isinstance(raw, bytes):
            return None
        hashes = (hashlib.sha1(raw).hexdigest(), hashlib.sha256(raw).hexdigest()[:40])
        return raw if info_hash in hashes else None

    def save_layer(self, pieces_root: bytes, layer: bytes) -> None:
        """Keep the piece layer of a file of a v2 torrent (BEP 52).

        Costs nothing when repeated.

        Raises:
            StorageError: It could not be kept.
        """
        name = pieces_root.hex()
        if name not in self.saved_metadata:
            self.put(f"layer:{name}", layer)
            self.saved_metadata.add(name)

    def load_layer(self, pieces_root: bytes) -> bytes | None:
        """Find a piece layer, of whole hashes; whether it is the right one is not checked."""
        try:
            layer = self.cache.get(f"layer:{pieces_root.hex()}")
        except (FormatError, *FAILURES):
            return None
        is_layer = isinstance(layer, bytes) and layer and not len(layer) % HASH_LENGTH
        return layer if is_layer else None

    def delete(self, info_hash: str, directory: str) -> None:
        """Forget a torrent in a directory; harmless when it is not known.

        Raises:
            StorageError: The database failed.
        """
        try:
            self.cache.delete(key_of(info_hash, directory))
        except FAILURES as error:
            raise store_error(error, self.directory, "write") from error

    def put(self, key: str, value: object) -> None:
        """Write one row, or raise StorageError."""
        try:
            stored = self.cache.set(key, value)
        except FAILURES as error:
            raise store_error(error, self.directory, "write") from error
        if not stored:
            raise StorageError(f"cannot write resume state: {named(self.directory)}")

    def close(self) -> None:
        """Close this thread's connection; harmless when repeated."""
        self.cache.close()


def default_directory() -> Path:
    """Where resume state lives: "rain/resume" below XDG_STATE_HOME or ~/.local/state."""
    import platformdirs

    return platformdirs.user_state_path("rain") / "resume"


def key_of(info_hash: str, directory: str) -> str:
    """The row's key; the directory is hashed because its name may be no UTF-8."""
    return f"resume:{info_hash}:{hashlib.sha256(os.fsencode(directory)).hexdigest()}"


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


def store_error(error: Exception, directory: Path, doing: str) -> StorageError:
    """A StorageError for whatever went wrong with the database."""
    if isinstance(error, OSError):
        return write_error(error, directory, f"{doing} resume state")
    text = str(error) or "locked by another process"
    return StorageError(
        f"cannot {doing} resume state: {text}: {named(directory)}", named(directory)
    )
