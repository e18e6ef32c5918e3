"""Which tracker is told what, and when; what its answer means for the torrent.

One tracker is asked at a time, in rounds (BEP 12; policy.tiers): the tiers in order, until
one answers, and again from the first when the time of that one has come. Each tracker keeps
its own schedule, so that however short the list is, nobody is asked more often than its
answers and failures allow; who is not to be asked yet is passed over.

Ours: a public torrent that has nobody at all asks further trackers although one has answered,
since not all know the same peers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.policy.announce_schedule import AnnounceSchedule
from raincore.swarm import announce_telling, both_swarms, privacy, stats, tracker_state
from raincore.swarm.commands import Scrape
from raincore.swarm.state import Phase
from raincore.swarm.tracker_state import TrackerState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.base.ids import InfoHash
    from raincore.swarm.events import Announced, AnnounceFailed, Scraped
    from raincore.swarm.state import TorrentState
    from raincore.wire.announce import AnnounceReply

__all__ = [
    "begin",
    "hurry",
    "may_help",
    "on_all_stored",
    "on_announced",
    "on_failed",
    "on_scraped",
    "on_timer",
    "say_goodbye",
    "warn",
]

SCRAPE_SECONDS = 1800.0
"""How often a tracker is asked for counts that its answers do not have."""


def begin(state: TorrentState, now: float) -> None:
    """Announce from now on; what is missing is known, or that nothing is known."""
    if state.announces and state.complete:  # told as a leecher, by a magnet link
        for tracker in state.trackers.values():
            tracker.schedule.hurry(now)
    elif state.complete and not state.trackers:  # nobody waits for it: it takes its turn
        times, limits = state.seed_turns(), state.config.trackers
        state.trackers = tracker_state.told_lately(times, state.tiers.urls, limits, state.rng)
    state.announces = True
    announce_telling.catch_up(state)
    rearm(state, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Announce if it is time."""
    if state.timers.announce > now:
        return
    tracker = owed(state, now) or turn(state, now)
    if tracker is not None:
        announce_telling.tell(state, tracker, tracker.schedule.begin(now))
    rearm(state, now)


def on_announced(state: TorrentState, event: Announced, now: float) -> None:
    """A tracker answered, which ends the round. Its peers are not our matter."""
    tracker, reply = state.trackers[event.url], event.reply
    if event.other:
        tracker.other_reply = reply
        if tracker.schedule.under_way or event.url not in state.silent_trackers:
            publish_answer(state, event, None)
            return
    note_answer(state, tracker, reply, now)
    publish_answer(state, event, seconds_until(tracker.schedule.next_time, now))
    if reply.warning:
        tell_once(state, tracker, "tracker_warning", f"{tracker.place} warns: {reply.warning}")
    if reply.seeds is None and reply.leechers is None and tracker.scrape_time <= now:
        tracker.scrape_time = now + SCRAPE_SECONDS
        state.do(Scrape(event.url, privacy.identity(state).user_agent))
    rearm(state, now)


def note_answer(
    state: TorrentState, tracker: TrackerState, reply: AnnounceReply, now: float
) -> None:
    """A tracker knows the torrent, in one swarm at least."""
    tracker.schedule.succeeded(reply.interval, reply.min_interval, now)
    tracker.tracker_id = reply.tracker_id or tracker.tracker_id
    tracker.said = f"gave {len(reply.peers)} peers" if reply.peers else "knows no peer"
    state.tiers.succeeded(tracker.url)
    state.silent_trackers.clear()
    state.outage_told = False
    state.answering_tracker = state.answering_tracker or tracker.url


def publish_answer(state: TorrentState, event: Announced, next_in: int | None) -> None:
    """Tell the outside of an answer."""
    state.publish(
        records.TrackerEvent(
            info_hash=swarm_of(state, event),
            url=event.url,
            peers=len(event.reply.peers),
            seeds=event.reply.seeds,
            leechers=event.reply.leechers,
            interval=None if event.reply.interval is None else int(event.reply.interval),
            next_in=next_in,
        )
    )


def swarm_of(state: TorrentState, event: Announced | AnnounceFailed) -> InfoHash:
    """Which swarm an answer is about."""
    return (both_swarms.other(state) if event.other else None) or state.info_hash


def on_scraped(state: TorrentState, event: Scraped) -> None:
    """A tracker told the counts that its answers do not have."""
    state.publish(
        records.TrackerEvent(
            info_hash=state.info_hash,
            url=event.url,
            seeds=event.counts.seeds,
            leechers=event.counts.leechers,
            downloads=event.counts.downloads,
        )
    )


def on_failed(state: TorrentState, event: AnnounceFailed, now: float) -> None:
    """A tracker did not answer or refused: the next one is to be asked."""
    tracker = state.trackers[event.url]
    if not event.other:
        note_failure(state, tracker, event, now)
    state.publish(
        records.TrackerEvent(
            info_hash=swarm_of(state, event),
            url=event.url,
            error=event.text,
            next_in=None if event.other else seconds_until(tracker.schedule.next_time, now),
        )
    )
    rearm(state, now)


def note_failure(
    state: TorrentState, tracker: TrackerState, event: AnnounceFailed, now: float
) -> None:
    """A tracker failed in our swarm, which matters unless it knows the torrent's other one."""
    if tracker.other_reply is not None:
        note_answer(state, tracker, tracker.other_reply, now)
        return
    tracker.schedule.failed(event.retry_seconds, now)
    tracker.said = event.text
    state.silent_trackers[event.url] = None
    if state.answering_tracker == event.url:
        state.answering_tracker = None


def tell_once(state: TorrentState, tracker: TrackerState, code: str, text: str) -> None:
    """Tell people of what a tracker said, unless they know."""
    if tracker.is_news(text):
        state.warn(code, text)


def warn(state: TorrentState, event: AnnounceFailed) -> None:
    """Tell people of a failure that is not to be overlooked, once.

    That a tracker says no or nonsense is; that one of several is not reached is not, but
    that none is.
    """
    tracker = state.trackers[event.url]
    if event.other or tracker.other_reply is not None:
        return
    if event.refused:
        tell_once(state, tracker, "tracker_refused", f"{tracker.place}: {event.text}")
    elif not may_help(state) and not state.outage_told:
        state.outage_told = True
        said = tracker_state.summary(state.trackers.values())
        state.warn("no_tracker", f"no tracker answers: {said}")


def on_all_stored(state: TorrentState, now: float) -> None:
    """The last piece has arrived, which trackers count."""
    for tracker in state.trackers.values():
        tracker.schedule.completed(now)
    rearm(state, now)
    on_timer(state, now)


def hurry(state: TorrentState, now: float) -> None:
    """Nobody is left to dial: ask for more as soon as allowed, unless content is coming."""
    leeching = state.phase in (Phase.METADATA, Phase.DOWNLOADING)
    if state.announces and leeching and not stats.is_moving(state, now):
        for tracker in state.trackers.values():
            tracker.schedule.hurry(now)
        if not (privacy.is_private(state) or state.peers or state.dialling):
            state.answering_tracker = None
        rearm(state, now)


def may_help(state: TorrentState) -> bool:
    """Whether some tracker has not failed since any has answered."""
    return len(state.silent_trackers) < len(state.tiers.urls)


def say_goodbye(state: TorrentState) -> None:
    """The torrent ends: tell whoever believes that we are there."""
    state.timers.announce = math.inf
    for tracker in state.trackers.values():
        for reason in tracker.schedule.stop():
            announce_telling.tell(state, tracker, reason)
        announce_telling.leave(state, tracker)


def turn(state: TorrentState, now: float) -> TrackerState | None:
    """Whom to ask in the round under way, else in a new one."""
    if state.answering_tracker is not None:
        state.answering_tracker = None  # its time has come
        state.asked_in_round.clear()
    if not has_unasked(state, now):
        state.asked_in_round.clear()
    for tracker in ordered(state):
        if tracker.schedule.next_time <= now and tracker.url not in state.asked_in_round:
            state.asked_in_round[tracker.url] = None
            return tracker
    return None


def has_unasked(state: TorrentState, now: float) -> bool:
    """Whether a round goes on: somebody may be asked, and was not in this round.

    Without this a list of trackers that fail slowly would begin again at its top for ever.
    """
    known = state.trackers
    return any(
        url not in state.asked_in_round
        and (url not in known or known[url].schedule.next_time <= now)
        for url in state.tiers.urls
    )


def ordered(state: TorrentState) -> Iterator[TrackerState]:
    """All trackers in the order of a round; those that were never asked are due."""
    for url in state.tiers.urls:
        tracker = state.trackers.get(url)
        if tracker is None:
            least = state.config.trackers.min_interval_seconds
            schedule = AnnounceSchedule(state.rng, complete=state.complete, least=least)
            tracker = state.trackers[url] = TrackerState(url, schedule)
        yield tracker


def owed(state: TorrentState, now: float) -> TrackerState | None:
    """A tracker that is to hear that we are complete, whether it is its turn or not."""
    for tracker in state.trackers.values():
        if tracker.schedule.owes_completed and tracker.schedule.next_time <= now:
            return tracker
    return None


def rearm(state: TorrentState, now: float) -> None:
    """See to it that the timer is right."""
    state.timers.announce = max(next_time(state, now), now) if state.announces else math.inf


def next_time(state: TorrentState, now: float) -> float:
    """When to ask whom next; never while an answer is waited for."""
    known = state.trackers.values()
    if any(tracker.schedule.under_way for tracker in known):
        return math.inf
    if state.answering_tracker is None and has_unasked(state, now):
        return now
    return min(
        (
            one.schedule.next_time
            for one in known
            if state.answering_tracker in (None, one.url) or one.schedule.owes_completed
        ),
        default=math.inf,
    )


def seconds_until(time: float, now: float) -> int | None:
    """For records: how long until then; None for never."""
    return None if time == math.inf else math.ceil(max(0.0, time - now))
