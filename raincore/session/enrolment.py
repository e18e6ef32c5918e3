"""Torrents that a session takes up: those of its database, and new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.errors import RainError
from raincore.base.printable import printable
from raincore.formats import info as infos
from raincore.session.torrent_life import TorrentLife
from raincore.storage import torrent_record
from raincore.storage.torrent_record import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from raincore.formats.info import Info
    from raincore.session.add_options import AddOptions
    from raincore.session.adding import Adding
    from raincore.session.commons import Commons
    from raincore.storage.session_store import Loaded

__all__ = ["enrol", "parsed", "restore"]


async def enrol(
    commons: Commons, made: Adding, id: str, directory: Path, options: AddOptions
) -> TorrentLife:
    """Give a new torrent a port and a place, and make it durable.

    Args:
        id: That nobody else has.
        directory: Where its content goes, absolute.
        options: Whether it is to run, and where it comes from.

    Raises:
        NoFreePort: Every port of the range is taken.
        StorageError: It could not be remembered.

    Whoever cancels this may find the torrent neither here nor in the database.
    """
    port = 0 if commons.shared is not None else commons.ports.take()
    wishes, labels = made.record.options, commons.config.session.labels
    if labels and not wishes.labels:
        wishes = replace(wishes, labels=tuple(sorted(set(labels))))
    record = replace(
        made.record,
        options=wishes,
        id=id,
        port=port,
        added_at=options.before.added_at or commons.services.world.calendar(),
        data_dir=str(directory),
        started=not options.stopped,
        hook_ran=options.before.hook_ran,
    )
    counts = options.before.counts
    life = TorrentLife(commons, record, counts, made.info, made.layers)
    try:
        life.keep()
        if counts != Counts():
            commons.ledger.put(f"counts:{id}", torrent_record.encode_counts(counts))
        if life.info is not None:
            life.keep_info()
        await commons.ledger.flush()
    except BaseException:
        # What is not written is not to be written; what may be written is to be deleted.
        commons.ledger.forget(id)
        for key in (f"torrent:{id}", f"info:{id}", f"counts:{id}"):
            commons.ledger.put(key, None)
        commons.ports.give_back(port)
        raise
    return life


def parsed(loaded: Loaded) -> dict[str, Info]:
    """The info dictionaries of what was loaded, by id. Blocks.

    A torrent whose own cannot be read goes to `loaded.damaged`.
    """
    found: dict[str, Info] = {}
    for saved in list(loaded.torrents):
        id = saved.record.id
        if saved.info is None:
            continue
        try:
            info = infos.parse(saved.info)
            if info.swarm_hash.hex() != saved.record.info_hash:
                v2 = info.info_hash_v2
                if v2 is None or v2.truncated().hex() != saved.record.info_hash:
                    raise RainError("its info dictionary is of another torrent")
        except RainError as error:
            loaded.torrents.remove(saved)
            loaded.damaged[id] = printable(str(error))
        else:
            found[id] = info
    return found


def restore(commons: Commons, loaded: Loaded, known: dict[str, Info]) -> dict[str, TorrentLife]:
    """The torrents of the database, by id, with the ports that they had; none runs yet."""
    lives = {}
    for saved in loaded.torrents:
        record = saved.record
        if not commons.config.session.resume_on_startup and record.started:
            record = replace(record, started=False)
        life = TorrentLife(
            commons, record, saved.counts, known.get(record.id), saved.layers, saved.resume
        )
        if commons.shared is None and not (record.port and commons.ports.claim(record.port)):
            # Another torrent has it, or the range has changed, or there was one for all.
            port = commons.ports.take() if commons.ports.available else 0
            life.change(port=port)
        lives[record.id] = life
    loaded.torrents.clear()  # they are lives now: what was read need not stay
    return lives
