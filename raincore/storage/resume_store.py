"""What survives a restart of commands that transfer one torrent. The door to platformdirs."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Self

from raincore.base.errors import FormatError, StorageError
from raincore.formats.merkle import HASH_LENGTH
from raincore.storage import database, resume_record
from raincore.storage.database import FAILURES
from raincore.storage.failures import named
from raincore.storage.resume_record import ResumeRecord

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["ResumeRecord", "ResumeStore", "default_directory"]

WHAT = "resume state"


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
        cache = database.open_database(place, WHAT)
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


def store_error(error: Exception, directory: Path, doing: str) -> StorageError:
    """A StorageError for whatever went wrong with the database."""
    return database.failure(error, directory, doing, WHAT)
