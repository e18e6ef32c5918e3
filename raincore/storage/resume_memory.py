"""Whatever remembers what was verified of a torrent: a store of many, or a session's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from raincore.storage.resume_record import ResumeRecord

__all__ = ["ResumeMemory"]


class ResumeMemory(Protocol):
    """What running content needs of it. All methods may block and come from any thread."""

    def load(self, info_hash: str, directory: str) -> tuple[ResumeRecord | None, str]:
        """What is known; None and why, "" if nothing was ever saved."""

    def save(self, record: ResumeRecord) -> None:
        """Keep a record in the place of an older one."""

    def save_info(self, info_hash: str, raw: bytes) -> None:
        """Keep the raw info dictionary."""

    def save_layer(self, pieces_root: bytes, layer: bytes) -> None:
        """Keep a piece layer (BEP 52)."""
