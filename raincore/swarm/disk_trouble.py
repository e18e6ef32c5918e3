"""Waiting for a disk that refuses: the torrent stands still, loses nothing, and goes on by itself.

Verified pieces that could not be written stay in memory, paid from the byte budget, and are
tried again, one at a time and less and less often. Peers stay connected and are served
meanwhile, but nobody is asked for anything that could not be written.

How long this may last is a limit of the torrent. Without one it waits for ever, whatever
the reason is. With one somebody waits for us to end: then only what can pass by itself, or
by making room, is waited for; what needs a change by hand (a missing permission, something
else in the place of a file) ends the torrent at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.errors import DeviceError, NoSpace, StorageError
from raincore.base.units import format_duration
from raincore.documents import events as records
from raincore.swarm import lifecycle, obstacles, requesting
from raincore.swarm.commands import CheckContent, ChooseFiles, RetryWrite, Seal
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from raincore.swarm.events import StorageFailed
    from raincore.swarm.state import TorrentState

__all__ = ["on_failed", "on_files_chosen", "on_stored", "on_timer", "on_worked"]

RETRY_SECONDS = 1.0
RETRY_SECONDS_MAX = 30.0
"""The disk is tried again after this long, twice as long each time."""

CALM_SECONDS = 120.0
"""Trouble that comes back sooner than this is the old one: room for a few pieces was made."""


def on_failed(state: TorrentState, event: StorageFailed, now: float) -> None:
    """The disk refused: wait for it, or end."""
    error = event.error
    if not isinstance(error, NoSpace | DeviceError) and obstacles.on_unwritable(state, event, now):
        on_stored(state, event.piece, now)
        return
    if not isinstance(error, StorageError) or not is_worth_waiting(state, error):
        lifecycle.finish(state, error)
        return
    disk = state.disk
    if event.piece is not None:
        disk.refused[event.piece] = None
    if disk.error is None:
        if now - disk.worked_at > CALM_SECONDS:
            disk.failures = 0
        disk.since, disk.until = now, now + state.limits.disk_seconds
        state.timers.stall = math.inf
        state.web.due = True
    if disk.error is None or not is_same(disk.error, error):
        tell(state, error)
    disk.error = error
    if disk.next_try == math.inf:
        disk.next_try = now + min(RETRY_SECONDS * 2**disk.failures, RETRY_SECONDS_MAX)
        disk.failures = min(disk.failures + 1, 10)
    state.timers.disk = disk.next_timer


def is_worth_waiting(state: TorrentState, error: StorageError) -> bool:
    """Whether a torrent should stay for what may never get better; see the module's rules."""
    if state.limits.disk_seconds == math.inf:
        return True
    return state.phase is not Phase.CHECKING and isinstance(error, NoSpace | DeviceError)


def is_same(known: StorageError, error: StorageError) -> bool:
    """Whether somebody who was told the one need not be told the other as well.

    A full or broken device refuses all of its files alike. A permission is missing for each.
    """
    if isinstance(error, NoSpace | DeviceError):
        return type(known) is type(error)
    return str(known) == str(error)


def tell(state: TorrentState, error: StorageError) -> None:
    """Say why nothing moves, once for each reason."""
    patience = state.limits.disk_seconds
    limit = "" if patience == math.inf else f" for at most {format_duration(patience)}"
    state.warn("disk", f"{error}; waiting{limit} until that has changed")


def on_timer(state: TorrentState, now: float) -> None:
    """Try the disk again, or give up."""
    disk = state.disk
    if state.timers.disk > now or disk.error is None:
        return
    if disk.until <= now:
        lifecycle.finish(state, disk.error)
        return
    disk.next_try = math.inf
    state.timers.disk = disk.next_timer
    if state.phase is Phase.CHECKING:
        assert state.info is not None
        state.do(CheckContent(state.info, state.layers))
    elif state.phase is Phase.SEALING:
        state.do(Seal())
    elif disk.refused:
        state.do(RetryWrite(next(iter(disk.refused))))
    else:
        assert state.wanted is not None
        state.do(ChooseFiles(state.wanted.unwanted))


def on_files_chosen(state: TorrentState, now: float) -> None:
    """What is kept apart of files is as it should be; that may have been the trouble."""
    if state.phase in (Phase.DOWNLOADING, Phase.SEEDING) and not state.disk.refused:
        on_worked(state, now)


def on_stored(state: TorrentState, piece: int | None, now: float) -> None:
    """A piece was written; if it had been refused, write the others and go on."""
    refused = state.disk.refused
    if piece not in refused:
        return  # a short one that found room, or one from before
    del refused[piece]
    if refused:
        state.disk.next_try = math.inf
        state.timers.disk = state.disk.next_timer
        state.do(RetryWrite(next(iter(refused))))
    else:
        on_worked(state, now)


def on_worked(state: TorrentState, now: float) -> None:
    """The disk did what was asked of it; harmless when it was never in trouble."""
    disk = state.disk
    if disk.error is None:
        return
    disk.error = None
    disk.worked_at = now
    disk.since = disk.until = disk.next_try = state.timers.disk = math.inf
    if state.phase not in (Phase.DOWNLOADING, Phase.SEEDING):
        return  # what comes next tells of itself
    state.publish(records.Status(info_hash=state.info_hash, status=state.phase.value))
    if state.phase is Phase.SEEDING:
        return
    lifecycle.note_progress(state, now)
    state.web.due = True
    for peer in list(state.peers.values()):
        requesting.refill(state, peer, now)
    lifecycle.give_up_if_alone(state, now)
