"""The last things that a torrent does: remember what it has, and let trackers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.engine.torrent import Torrent

__all__ = ["say"]


async def say(torrent: Torrent, stored_late: Iterable[int]) -> None:
    """Wait until trackers are told and everything is saved, side by side.

    Args:
        stored_late: Pieces that came to the disk after the machine had ended.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(torrent.announcers.wait_told)
        await save_the_rest(torrent, stored_late)


async def save_the_rest(torrent: Torrent, stored_late: Iterable[int]) -> None:
    """Wait for pieces on their way to the disk, and remember them too.

    Otherwise their files would look changed since the last save, and be hashed anew.
    """
    await torrent.piece_io.wait_written()
    late, have = list(stored_late), torrent.machine.state.have
    if late and have is not None:
        have = have.copy()
        for piece in late:
            have.add(piece)
        torrent.content.save(have)
    await torrent.content.wait_saved()
    await torrent.keeping.wait()
