"""What a tracker is told of us when it is announced to, for each swarm of the torrent.

A hybrid is announced under both of its hashes (BEP 52, "upgrade path"). The second announce
goes with the first: it has no schedule of its own, so nobody is asked more often for having
two names, and a tracker that knows one of them is as good as one that knows both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.swarm import both_swarms, privacy, stats
from raincore.swarm.commands import Announce
from raincore.wire.announce import AnnounceEvent, AnnounceRequest

if TYPE_CHECKING:
    from raincore.policy.announce_schedule import Reason
    from raincore.swarm.state import TorrentState
    from raincore.swarm.tracker_state import TrackerState

__all__ = ["catch_up", "leave", "tell"]

PEERS_WANTED_BY_SEED = 50  # some leechers only wait to be dialled

LEFT_WITHOUT_METADATA = 16 * 1024
"""So that a tracker takes us for a leecher while we do not know how much we lack."""

EVENTS = {
    "started": AnnounceEvent.STARTED,
    "completed": AnnounceEvent.COMPLETED,
    "stopped": AnnounceEvent.STOPPED,
    "regular": AnnounceEvent.NONE,
}


def tell(state: TorrentState, tracker: TrackerState, reason: Reason) -> None:
    """Have the shell tell a tracker where we stand."""
    if reason == "started":
        tracker.uploaded_before = state.counters.uploaded
        tracker.downloaded_before = state.counters.downloaded
    request = request_of(state, tracker, reason)
    state.do(Announce(tracker.url, request))
    tell_of_other(state, tracker, request)


def catch_up(state: TorrentState) -> None:
    """Tell trackers of the other swarm, if that became known after they were asked."""
    if both_swarms.other(state) is None:
        return
    for tracker in state.trackers.values():
        if not tracker.other_started:
            tell_of_other(state, tracker, request_of(state, tracker, "regular"))


def leave(state: TorrentState, tracker: TrackerState) -> None:
    """Leave the other swarm of a tracker that only took us for that one."""
    if tracker.other_started:
        tell_of_other(state, tracker, request_of(state, tracker, "stopped"))


def tell_of_other(state: TorrentState, tracker: TrackerState, request: AnnounceRequest) -> None:
    """The same of the other swarm, if there is one; there the first word is `started` too."""
    info_hash = both_swarms.other(state)
    event = request.event
    if info_hash is None or (event is AnnounceEvent.STOPPED and not tracker.other_started):
        return
    if not tracker.other_started:
        event = AnnounceEvent.STARTED
    tracker.other_started = event is not AnnounceEvent.STOPPED
    tracker.other_reply = None
    said = replace(request, info_hash=info_hash, event=event)
    state.do(Announce(tracker.url, said, other=True))


def request_of(state: TorrentState, tracker: TrackerState, reason: Reason) -> AnnounceRequest:
    """What is said to a tracker."""
    counters = state.counters
    wanted = state.config.trackers.num_want
    wanted = min(wanted, PEERS_WANTED_BY_SEED) if state.finished else wanted
    return AnnounceRequest(
        info_hash=state.info_hash,
        peer_id=state.own_id,
        port=state.port,
        uploaded=counters.uploaded - tracker.uploaded_before,
        downloaded=counters.downloaded - tracker.downloaded_before,
        left=bytes_left(state),
        event=event_of(state, reason),
        num_want=0 if reason in ("completed", "stopped") else wanted,
        key=state.tracker_key,
        tracker_id=tracker.tracker_id,
        one_family=privacy.is_private(state),
        encryption=state.config.peers.encryption,
        user_agent=privacy.identity(state).user_agent,
    )


def event_of(state: TorrentState, reason: Reason) -> AnnounceEvent:
    """What an announce is called; a partial seed has paused (BEP 21)."""
    partial = reason == "regular" and state.finished and not state.complete
    return AnnounceEvent.PAUSED if partial else EVENTS[reason]


def bytes_left(state: TorrentState) -> int:
    """Bytes that are missing still, as trackers are told (BEP 3, "left")."""
    if state.geometry is None or state.have is None:
        return LEFT_WITHOUT_METADATA
    return state.geometry.total_length - stats.bytes_done(state)
