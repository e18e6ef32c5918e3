"""What was verified of one torrent of a session: a row of the database, behind memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.storage import resume_record

if TYPE_CHECKING:
    from raincore.session.ledger import Ledger
    from raincore.storage.resume_record import ResumeRecord

__all__ = ["TorrentMemory"]


class TorrentMemory:
    """Implements `storage.resume_memory.ResumeMemory`; never waits for the disk.

    Args:
        id: Of the torrent.
        ledger: Keeps the row.
        value: The row as it was loaded; None if there was none.
    """

    __slots__ = ("_id", "_ledger", "_record", "_row")

    def __init__(self, id: str, ledger: Ledger, value: object = None) -> None:
        self._id = id
        self._ledger = ledger
        self._row = value  # until it is looked at
        self._record: ResumeRecord | None = None

    def load(self, info_hash: str, directory: str) -> tuple[ResumeRecord | None, str]:
        """What is known; see `ResumeMemory`."""
        row, self._row = self._row, None
        if row is not None:
            try:
                self._record = resume_record.parse(row)
            except FormatError as error:
                return None, f"resume state is damaged: {error}"
        record = self._record
        if record is None or (record.info_hash, record.directory) != (info_hash, directory):
            return None, ""  # nothing was ever saved, or the content has moved
        return record, ""

    def save(self, record: ResumeRecord) -> None:
        """Keep a record, unless it is the same as before."""
        self._row = None
        if record != self._record:
            self._record = record
            self._ledger.put(f"resume:{self._id}", resume_record.encode(record))

    def forget(self) -> None:
        """Know nothing any more: everything has to be hashed."""
        self._row = self._record = None
        self._ledger.put(f"resume:{self._id}", None)

    def save_info(self, info_hash: str, raw: bytes) -> None:
        """Nothing: its torrent keeps the info dictionary as soon as it is known."""

    def save_layer(self, pieces_root: bytes, layer: bytes) -> None:
        """Nothing, for the same reason."""
