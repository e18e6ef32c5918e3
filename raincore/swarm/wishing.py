"""What a running torrent does about its user's wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import announce_telling, announcing, dht_searching, dialling
from raincore.swarm.events import Announced
from raincore.swarm.wish_events import AnnounceWanted, SettingsChanged, TrackersChanged

if TYPE_CHECKING:
    from raincore.base.config import Config
    from raincore.swarm.events import AnnounceFailed
    from raincore.swarm.state import TorrentState

__all__ = ["on_answer", "on_wish"]


def on_wish(
    state: TorrentState, event: AnnounceWanted | TrackersChanged | SettingsChanged, now: float
) -> None:
    """Do it, or begin to."""
    if isinstance(event, SettingsChanged):
        take_settings(state, event.config, now)
    elif isinstance(event, AnnounceWanted):
        for tracker in state.trackers.values():
            tracker.schedule.hurry(now)
        dht_searching.hurry(state, now)
    else:
        for url in event.removed:
            remove(state, url)
        for url in event.added:
            add(state, url)
    announcing.rearm(state, now)


def take_settings(state: TorrentState, config: Config, now: float) -> None:
    """Go by other settings; peers that are there keep how they were asked until now."""
    state.config = config
    state.choker.limits = config.uploads
    state.candidates.max_count = config.peers.max_addresses
    for tracker in state.trackers.values():
        tracker.schedule.least = config.trackers.min_interval_seconds
    dialling.dial(state, now)


def on_answer(state: TorrentState, event: Announced | AnnounceFailed, now: float) -> None:
    """Hear of a tracker, unless the user has removed it meanwhile."""
    if event.url not in state.trackers:
        return
    if isinstance(event, Announced):
        dialling.on_announced(state, event, now)
    else:
        dialling.on_announce_failed(state, event, now)


def add(state: TorrentState, url: str) -> None:
    """Ask a new tracker at once: it is part of the round that begins, or goes on."""
    if state.tiers.add(url):
        state.tracker_key = state.tracker_key or state.rng.getrandbits(32)
        state.answering_tracker = None


def remove(state: TorrentState, url: str) -> None:
    """Forget a tracker, and tell it if it knows us. What it still answers counts no more."""
    state.tiers.remove(url)
    tracker = state.trackers.pop(url, None)
    if tracker is not None:
        for reason in tracker.schedule.stop():
            announce_telling.tell(state, tracker, reason)
        announce_telling.leave(state, tracker)
    state.silent_trackers.pop(url, None)
    state.asked_in_round.pop(url, None)
    if state.answering_tracker == url:
        state.answering_tracker = None
