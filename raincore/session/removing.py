"""Taking a torrent out of a session, with its content or without."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import StorageError
from raincore.session.commons import home
from raincore.storage import removal, unfinished_pieces
from raincore.storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from raincore.session.torrent_life import TorrentLife

__all__ = ["close_all", "delete_content", "forget", "stop_for_good"]

STOP_SECONDS = 5.0
"""How long torrents may take to end cleanly before they are cut off."""
SAVE_SECONDS = 1.0
"""And how much longer than trackers may take to hear of it."""
CLOSE_SECONDS = 3.0
"""How long trackers may take when all of a session ends, whatever is set: a process that was
told to end has five seconds for everything, and is cut off then without a last save."""


async def stop_for_good(life: TorrentLife) -> None:
    """End a torrent's run, and let no other begin. Waits, but not for ever."""
    life.removed = True
    await _stop_all([life])


async def close_all(lives: Collection[TorrentLife]) -> None:
    """End the runs of all torrents of a session that ends."""
    for life in lives:
        if life.run is not None:
            life.run.hurry(CLOSE_SECONDS)
    await _stop_all(lives)


async def _stop_all(lives: Collection[TorrentLife]) -> None:
    """End the runs of torrents that are not to run again, side by side; then cut them off."""
    for life in lives:
        life.end_run()
    tell = [life.commons.config.trackers.stop_timeout_seconds for life in lives]
    with trio.move_on_after(max([STOP_SECONDS, *(seconds + SAVE_SECONDS for seconds in tell)])):
        for life in lives:
            await life.wait_idle()
    for life in lives:
        if life.run is not None:
            life.run.abandon()
    for life in lives:
        await life.wait_idle()


async def forget(life: TorrentLife) -> None:
    """Delete all rows of a torrent; durable when this returns.

    Raises:
        StorageError: The database failed; the torrent is still known, and stopped.
    """
    id, ledger = life.record.id, life.commons.ledger
    ledger.forget(id)
    for kind in ("torrent", "counts", "resume", "info"):
        ledger.put(f"{kind}:{id}", None)
    for root in life.layers:
        ledger.put(f"layer:{id}:{root.hex()}", None)
    try:
        await ledger.flush()
    except StorageError as error:
        ledger.forget(id)  # or the next group would delete what is still here
        life.removed = False
        life.fail(f"it could not be removed: {error}")
        life.keep()
        if life.info is not None:
            life.keep_info()
        life.keep_counts(exactly=True)
        raise


async def delete_content(life: TorrentLife, others: Iterable[TorrentLife]) -> None:
    """Delete what a torrent has on disk; for content in files only.

    A directory that it has for itself goes whole. Elsewhere no more than its files may go.

    Args:
        others: The other torrents; files that one of them has too are spared.

    Raises:
        StorageError: Not all could be deleted.
    """
    commons, info, root = life.commons, life.info, Path(life.record.data_dir)
    if commons.make_storage is not None:
        return
    neighbours = [one for one in others if one is not life and Path(one.record.data_dir) == root]
    known = [one.info for one in neighbours if one.info is not None]
    config = commons.config
    has_own = config.session.data_dir_includes_torrent_id and root == home(config, life.record.id)
    alone = has_own and not neighbours

    def delete() -> None:
        if alone:
            removal.remove_own_directory(root)
        elif info is not None:
            layouts = [Layout.of(one, root) for one in known]
            spared = {file.parts for layout in layouts for file in layout.files}
            removal.remove_files(Layout.of(info, root), spared)
        if not any(one.record.info_hash == life.record.info_hash for one in neighbours):
            removal.remove_parts(life.record.info_hash, root)
            unfinished_pieces.remove(unfinished_pieces.place_of(life.record.info_hash, root))

    await commons.services.world.offload.run("removal", delete)
