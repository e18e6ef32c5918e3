"""What a running torrent tells its session, and what the session makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.printable import printable
from raincore.documents import events as records
from raincore.session import hooks

if TYPE_CHECKING:
    from raincore.session.torrent_life import TorrentLife

__all__ = ["stop_after_download", "take"]


def take(life: TorrentLife, record: records.Event) -> None:
    """Hear of an event. Never waits; a stop that follows from it comes soon after."""
    if isinstance(record, records.TrackerEvent):
        life.tracker_facts.take(record, life.commons.services.world.calendar())
    elif isinstance(record, records.Warning):
        life.tell("warning", code=record.code or "", message=printable(record.message, 1000))
    elif isinstance(record, records.Status):
        learn(life)
        life.note()
        if record.status == "seeding":
            completed(life)


def learn(life: TorrentLife) -> None:
    """Keep the metadata that a magnet link has brought."""
    torrent = life.run.torrent if life.run is not None else None
    if life.info is not None or torrent is None or torrent.info is None:
        return
    info = life.info = torrent.info
    life.layers = torrent.layers
    v1, v2 = info.info_hash, info.info_hash_v2
    life.change(hash_v1=v1.hex() if v1 else "", hash_v2=v2.hex() if v2 else "")
    life.keep_info()
    life.tell("metadata")
    most = life.commons.config.session.max_pieces
    if most and info.geometry.piece_count > most:
        life.fail(f"too many pieces: {info.geometry.piece_count}")
        life.end_soon()
    elif life.record.options.stop_after_metadata:
        options = replace(life.record.options, stop_after_metadata=False)
        life.change(started=False, options=options)
        life.end_soon()


def completed(life: TorrentLife) -> None:
    """Everything wanted is there and safe; it may have been so for long."""
    record, commons = life.record, life.commons
    if not record.completed_at:
        life.change(completed_at=commons.services.world.calendar())
        life.tell("completed")
    command = commons.config.session.on_complete_command
    if command and not record.hook_ran:
        life.change(hook_ran=True)

        def warn(text: str) -> None:
            life.tell("warning", code="hook", message=text)

        commons.nursery.start_soon(hooks.run, command, life.record, life.name, warn)
    stop_after_download(life)


def stop_after_download(life: TorrentLife) -> None:
    """Stop a torrent that is to go no further, and forget that it was to."""
    if life.record.options.stop_after_download:
        options = replace(life.record.options, stop_after_download=False)
        life.change(started=False, options=options)
        life.end_soon()
