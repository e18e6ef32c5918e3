"""Web seeds beside peers: who fetches which run of pieces, and when (BEP 17, BEP 19).

A few fetches run at once, each from one source. An idle source takes the largest gap that
peers have left; then half of what another one has not begun; at the end a piece that others
are at work on, if it would be done sooner. Peers never wait for a web seed: what is only
reserved for one can be taken back (`webseed_reserve`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.policy import webseed_ranges
from raincore.swarm import (
    block_choice,
    downloading,
    lifecycle,
    unfinished,
    webseed_choice,
    webseed_fetches,
    webseed_reserve,
)
from raincore.swarm.range_events import RangeArrived
from raincore.swarm.state import Phase
from raincore.swarm.webseed_telling import refuse, tell

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.range_events import RangeEnded, RangeFailure
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import Fetch, WebseedState

__all__ = ["feed", "on_news", "on_timer"]

FETCHES_PER_HOST = 2

REST_SECONDS = 1.0
REST_SECONDS_MAX = 300.0
"""A source that fails is asked again after this long, twice as long each time, unless a
time is given."""
RETRY_SECONDS_MAX = 3600.0
"""Longer than this nobody is believed to want us away."""

FILES_MISSING_MAX = 20
"""A source that lacks so many files in a row, and gave none, has other content."""

TICK_SECONDS = 1.0
"""How often an idle source looks whether it could help at the end."""

WORTH_IT_SECONDS = 2.0
"""A piece that others will have in less is left to them."""

SILENCE_SECONDS = 10.0
"""Somebody who has given nothing for so long is not waited for at the end."""


def begin(state: TorrentState) -> None:
    """The content was checked: web seeds may be asked for what is missing."""
    assert state.geometry is not None
    state.web.begun = True
    for source in state.web.sources.values():
        source.has = Bitfield.full(state.geometry.piece_count)
        if source.refused:
            tell(state, source, "refused", source.refused)


# --- who fetches what ----------------------------------------------------------------------


def feed(state: TorrentState, now: float) -> None:
    """Give work to sources that have none, memory to fetches that wait for some."""
    web = state.web
    if not state.ready:
        return
    if not web.begun:
        begin(state)
    web.due = False
    if state.phase is not Phase.DOWNLOADING or state.disk.error is not None:
        for fetch in web.fetches.values():
            webseed_fetches.stop(state, fetch)
        return
    stop_useless(state)
    webseed_fetches.resume(state)
    while len(web.fetches) < state.config.web.max_downloads:
        free = [source for source in web.sources.values() if is_free(state, source, now)]
        free.sort(key=lambda source: (source.active, source.failures))
        if not any(give_work(state, source, now) for source in free):
            break
    arm(state, now)


def stop_useless(state: TorrentState) -> None:
    """Stop fetches of which others have brought all that was left."""
    assert state.geometry is not None
    for fetch in state.web.fetches.values():
        at = fetch.position // state.geometry.piece_length
        is_needed = fetch.download is not None and state.downloads.get(at) is fetch.download
        if at < fetch.end == fetch.begun and not is_needed:
            webseed_fetches.stop(state, fetch)


def is_free(state: TorrentState, source: WebseedState, now: float) -> bool:
    """Whether a source may be asked for something more now."""
    if source.refused or source.active >= source.fetches_max or now < source.rest_until:
        return False
    host = source.host
    others = [other for other in state.web.fetches.values() if other.source.host == host]
    return len(others) < FETCHES_PER_HOST


def give_work(state: TorrentState, source: WebseedState, now: float) -> bool:
    """Start one fetch from a source, if there is anything for it."""
    assert state.geometry is not None
    assert state.picker is not None
    assert source.has is not None
    if state.left_over:
        unfinished.reopen(state)
    if block_choice.budget_allows_piece(state, urgent=bool(state.deadlines)):
        run = webseed_choice.next_run(state, source)
        if not run and not source.active:
            run = taken_over(state, source, now)
        if run:
            note_asked(source, now)
            webseed_fetches.start(state, source, run)
            return True
    if source.active:
        return False
    piece = slow_piece(state, source, now)
    if piece is None:
        return False
    note_asked(source, now)
    webseed_fetches.share(state, source, piece)
    return True


def note_asked(source: WebseedState, now: float) -> None:
    """From now on, a source's silence counts."""
    if not source.active:
        source.last_heard = now


def taken_over(state: TorrentState, source: WebseedState, now: float) -> range:
    """Take half of what the slowest other fetch has not begun; empty if nothing is worth it."""
    assert state.geometry is not None
    assert source.has is not None
    length = state.geometry.piece_length
    best, longest = range(0), 0.0
    victim: Fetch | None = None
    for fetch in state.web.fetches.values():
        half = webseed_ranges.second_half(range(fetch.begun, fetch.end), length)
        seconds = webseed_reserve.seconds_left(state, fetch, now)
        if half and seconds > longest and source.has.bits[half.start : half.stop].all():
            best, longest, victim = half, seconds, fetch
    if victim is not None:
        webseed_reserve.give_up(state, victim, best.start)
    return best


def slow_piece(state: TorrentState, source: WebseedState, now: float) -> int | None:
    """The piece under way that will take longest, if this source would be done sooner."""
    assert state.geometry is not None
    assert source.has is not None
    own = source.download.per_second(now)
    worst = WORTH_IT_SECONDS
    if own:
        worst = max(worst, state.geometry.piece_length / own)
    found = None
    for piece, download in state.downloads.items():
        if not source.has[piece] or source.key in download.requesters:
            continue
        if download.exclusive is not None and download.requested_count:
            continue  # on parole: it must come from one sender alone
        senders = list(map(state.sender, download.requesters))
        rate = sum(sender.download.per_second(now) for sender in senders)
        if not rate and any(may_be_fast(sender, now) for sender in senders):
            continue
        missing = state.geometry.length_of(piece) * (
            1 - download.received_count / download.block_count
        )
        seconds = missing / rate if rate else math.inf
        if seconds > worst:
            found, worst = piece, seconds
    return found


def may_be_fast(sender: PeerState | WebseedState, now: float) -> bool:
    """Whether nobody can know yet how long somebody who owes us something will take."""
    return not sender.snubbed and now - sender.last_heard < SILENCE_SECONDS


# --- what comes of it ----------------------------------------------------------------------


def on_news(state: TorrentState, event: RangeArrived | RangeEnded, now: float) -> None:
    """Something came of a fetch."""
    if isinstance(event, RangeArrived):
        on_arrived(state, event, now)
    else:
        on_ended(state, event, now)


def on_arrived(state: TorrentState, event: RangeArrived, now: float) -> None:
    """Account for the bytes of one read, and have full pieces checked."""
    fetch = state.web.fetches.get(event.fetch)
    if fetch is not None and event.length:
        source = fetch.source
        source.downloaded += event.length
        source.download.add(event.length, now)
        source.last_heard = now
        state.counters.downloaded += event.length
        lifecycle.note_under_way(state, now)
        if source.told != "active":
            source.said = "sends"
            tell(state, source, "active")
        may_repeat = fetch.is_shared or source.failures
        is_new = fetch.fresh > fetch.noted or not may_repeat
        fetch.noted = fetch.fresh
        if is_new and state.timers.stall < math.inf:
            lifecycle.note_progress(state, now)
    downloading.settle_blocks(state, now)


def on_ended(state: TorrentState, event: RangeEnded, now: float) -> None:
    """A source is idle again; know what it cannot do, and when it may be asked again."""
    fetch = state.web.fetches.pop(event.fetch, None)
    if fetch is None:
        return
    source = fetch.source
    source.active -= 1
    webseed_fetches.release(state, fetch)
    state.web.due = True
    if fetch.fresh:
        source.failures = source.files_missing = 0
    if event.failure is None:
        if not fetch.is_stopped:
            source.fetches_max = FETCHES_PER_HOST  # it works: two at once hide the way there
        return
    on_failure(state, source, event.failure, now)
    lifecycle.give_up_if_alone(state, now)


def on_failure(
    state: TorrentState, source: WebseedState, failure: RangeFailure, now: float
) -> None:
    """Leave out what a source lacks; let one that is in trouble rest."""
    source.said = failure.text
    if failure.is_final:
        refuse(state, source, failure.text)
    elif failure.missing_file is not None:
        lacks_file(state, source, failure)
    elif source.active and source.fetches_max > 1:
        source.fetches_max = 1  # it may only mind being asked for two things at once
    else:
        if failure.retry_seconds is None:
            source.failures += 1
            rest = state.config.web.retry_seconds
            if rest is None:
                rest = min(REST_SECONDS * 2 ** (source.failures - 1), REST_SECONDS_MAX)
            rest *= state.rng.uniform(0.75, 1.25)  # not all clients of a server at once
        else:
            rest = min(max(failure.retry_seconds, REST_SECONDS), RETRY_SECONDS_MAX)
        source.rest_until = now + rest
        tell(state, source, "failed", failure.text)


def lacks_file(state: TorrentState, source: WebseedState, failure: RangeFailure) -> None:
    """Ask a source for all but this file; not at all if nothing is left."""
    assert state.info is not None
    assert state.picker is not None
    assert source.has is not None
    assert failure.missing_file is not None
    webseed_ranges.without_files(state.info, source.has, failure.missing_file)
    source.files_missing += 1
    if not state.picker.interesting(source.has):
        refuse(state, source, failure.text)
    elif source.files_missing >= FILES_MISSING_MAX:
        refuse(state, source, f"lacks {source.files_missing} files: {failure.text}")
    else:
        tell(state, source, "failed", failure.text)


# --- time ----------------------------------------------------------------------------------


def arm(state: TorrentState, now: float) -> None:
    """Wake when a source has rested, or to see whether an idle one can help at the end."""
    when = math.inf
    for source in state.web.sources.values():
        if not source.refused and not source.active:
            when = min(when, max(source.rest_until, now + TICK_SECONDS))
    state.timers.webseeds = when


def on_timer(state: TorrentState, now: float) -> None:
    """Look for work for sources that have none."""
    if state.timers.webseeds <= now:
        state.timers.webseeds = math.inf
        state.web.due = True
