"""Wishes count once they are durable: what cannot be remembered is refused, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import StorageError
from raincore.base.session_errors import TorrentNotFound
from raincore.swarm.wish_events import TrackersChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.session.torrent_life import TorrentLife

__all__ = ["saved", "set_started", "set_trackers"]


async def set_started(lives: Sequence[TorrentLife], *, started: bool) -> None:
    """Start or stop torrents as soon as it is known that a restart will not undo it.

    A stop that took effect at once could not be taken back: peers are gone, and trackers know.

    Raises:
        StorageError: It could not be written, so that all is as it was.
        TorrentNotFound: One was removed.
    """
    for life in lives:
        if life.removed:
            raise TorrentNotFound(life.record.id)
    before = [life.record for life in lives]
    for life in lives:
        forgets = started or life.run is not None  # why it stopped: it runs, or begins to
        life.change(started=started, error="" if forgets else life.record.error)
    refused = False
    try:
        if lives:
            await lives[0].saved()  # with all others
    except StorageError:
        refused = True
        raise
    finally:  # also when whoever asked has gone meanwhile: it will be written
        for life, old in zip(lives, before, strict=True):
            if life.record.started is not started:
                continue  # somebody wants something else by now
            if refused:
                life.change(started=old.started, error=old.error)
            elif started:
                life.start()
            else:
                life.stop()


async def set_trackers(
    life: TorrentLife, tiers: tuple[tuple[str, ...], ...], event: TrackersChanged
) -> None:
    """Have other trackers, also in the run under way; `event` says which.

    Raises:
        StorageError, TorrentNotFound: As `saved`.
    """
    old = life.record.trackers

    def put(tiers: tuple[tuple[str, ...], ...], event: TrackersChanged) -> None:
        life.change(trackers=tiers)
        if life.torrent is not None:
            life.torrent.dispatch(event)

    put(tiers, event)
    back = TrackersChanged(added=event.removed, removed=event.added)
    await saved(life, lambda: put(old, back))


async def saved(life: TorrentLife, undo: Callable[[], None]) -> None:
    """Wait until what has changed is durable, or undo it.

    Raises:
        StorageError: It could not be written, and was undone.
        TorrentNotFound: The torrent was removed.
    """
    try:
        await life.saved()
    except StorageError:
        undo()
        raise
