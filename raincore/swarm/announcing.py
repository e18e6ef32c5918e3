"""Which tracker is told what, and when; what its answer means for the torrent.

One tracker is asked at a time, as tiers have it (BEP 12): the next one when it fails, all
over again when all have failed. Each keeps its own schedule, so that however short the
list is, nobody is asked more often than its answers and failures allow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.policy.announce_schedule import AnnounceSchedule
from raincore.swarm import stats
from raincore.swarm.commands import Announce
from raincore.swarm.state import Phase
from raincore.swarm.tracker_state import TrackerState
from raincore.wire.announce import AnnounceEvent, AnnounceRequest

if TYPE_CHECKING:
    from raincore.policy.announce_schedule import Reason
    from raincore.swarm.events import Announced, AnnounceFailed
    from raincore.swarm.state import TorrentState

__all__ = [
    "begin",
    "hurry",
    "may_help",
    "on_all_stored",
    "on_announced",
    "on_failed",
    "on_timer",
    "say_goodbye",
]

PEERS_WANTED = 200
PEERS_WANTED_BY_SEED = 50
"""Some leechers only wait to be dialled."""

LEFT_WITHOUT_METADATA = 16 * 1024
"""So that a tracker takes us for a leecher while we do not know how much we lack."""

EVENTS = {
    "started": AnnounceEvent.STARTED,
    "completed": AnnounceEvent.COMPLETED,
    "stopped": AnnounceEvent.STOPPED,
    "regular": AnnounceEvent.NONE,
}


def begin(state: TorrentState, now: float) -> None:
    """Announce from now on, if that has not begun; what is missing is known."""
    if not state.announces:
        state.announces = True
        rearm(state, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Announce if it is time."""
    if state.timers.announce > now:
        return
    tracker = current(state)
    if tracker is not None and tracker.schedule.next_time <= now:
        announce(state, tracker, tracker.schedule.begin(now))
    rearm(state, now)


def on_announced(state: TorrentState, event: Announced, now: float) -> None:
    """A tracker answered: it is the one to ask from now on. Its peers are not our matter."""
    tracker, reply = state.trackers[event.url], event.reply
    tracker.schedule.succeeded(reply.interval, reply.min_interval, now)
    tracker.tracker_id = reply.tracker_id or tracker.tracker_id
    tracker.said = f"gave {len(reply.peers)} peers" if reply.peers else "knows no peer"
    state.tiers.succeeded(event.url)
    state.silent_trackers.clear()
    state.publish(
        records.TrackerEvent(
            info_hash=state.info_hash,
            url=event.url,
            peers=len(reply.peers),
            seeds=reply.seeds,
            leechers=reply.leechers,
            interval=None if reply.interval is None else int(reply.interval),
        )
    )
    if reply.warning and reply.warning != tracker.warned:
        tracker.warned = reply.warning
        state.warn("tracker_warning", f"{tracker.place} warns: {reply.warning}")
    rearm(state, now)


def on_failed(state: TorrentState, event: AnnounceFailed, now: float) -> None:
    """A tracker did not answer or refused: the next one is to be asked."""
    tracker = state.trackers[event.url]
    tracker.schedule.failed(event.retry_seconds, now)
    tracker.said = event.text
    state.tiers.failed(event.url)
    state.silent_trackers[event.url] = None
    state.publish(records.TrackerEvent(info_hash=state.info_hash, url=event.url, error=event.text))
    rearm(state, now)


def on_all_stored(state: TorrentState, now: float) -> None:
    """The last piece has arrived, which trackers count."""
    for tracker in state.trackers.values():
        tracker.schedule.completed(now)
    rearm(state, now)
    on_timer(state, now)


def hurry(state: TorrentState, now: float) -> None:
    """Nobody is left to dial: ask for more as soon as allowed, unless content is coming."""
    leeching = state.phase in (Phase.METADATA, Phase.DOWNLOADING)
    if state.trackers and leeching and not stats.is_moving(state, now):
        for tracker in state.trackers.values():
            tracker.schedule.hurry(now)
        rearm(state, now)


def may_help(state: TorrentState) -> bool:
    """Whether some tracker has not failed since any has answered."""
    return len(state.silent_trackers) < len(state.tiers.urls)


def say_goodbye(state: TorrentState) -> None:
    """The torrent ends: tell whoever believes that we are there."""
    state.timers.announce = math.inf
    for tracker in state.trackers.values():
        for reason in tracker.schedule.stop():
            announce(state, tracker, reason)


def current(state: TorrentState) -> TrackerState | None:
    """The tracker to ask next, of those that have not sent us away for ever."""
    for _ in state.tiers.urls:
        url = state.tiers.current
        assert url is not None
        tracker = state.trackers.get(url)
        if tracker is None:
            schedule = AnnounceSchedule(state.rng, complete=state.complete)
            tracker = state.trackers[url] = TrackerState(url, schedule)
        if tracker.schedule.next_time < math.inf or tracker.schedule.under_way:
            return tracker
        state.tiers.failed(url)
    return None


def rearm(state: TorrentState, now: float) -> None:
    """See to it that the timer is right."""
    tracker = current(state) if state.announces else None
    state.timers.announce = math.inf if tracker is None else max(tracker.schedule.next_time, now)


def announce(state: TorrentState, tracker: TrackerState, reason: Reason) -> None:
    """Have the shell tell a tracker where we stand."""
    counters = state.counters
    if reason == "started":
        tracker.uploaded_before = counters.uploaded
        tracker.downloaded_before = counters.downloaded
    wanted = PEERS_WANTED_BY_SEED if state.complete else PEERS_WANTED
    request = AnnounceRequest(
        info_hash=state.info_hash,
        peer_id=state.own_id,
        port=state.port,
        uploaded=counters.uploaded - tracker.uploaded_before,
        downloaded=counters.downloaded - tracker.downloaded_before,
        left=bytes_left(state),
        event=EVENTS[reason],
        num_want=0 if reason in ("completed", "stopped") else wanted,
        key=state.tracker_key,
        tracker_id=tracker.tracker_id,
    )
    state.do(Announce(tracker.url, request))


def bytes_left(state: TorrentState) -> int:
    """Bytes that are missing still, as trackers are told (BEP 3, "left")."""
    if state.geometry is None or state.have is None:
        return LEFT_WITHOUT_METADATA
    return state.geometry.total_length - stats.bytes_done(state)
