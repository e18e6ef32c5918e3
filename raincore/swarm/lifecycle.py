"""Start, check, complete, seal, seed, stop: the phases and what moves between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError, ConnectError, TimedOut
from raincore.base.units import format_duration
from raincore.documents import events as records
from raincore.policy import file_selection, priorities
from raincore.policy.piece_picker import PiecePicker
from raincore.swarm import (
    announcing,
    dht_searching,
    file_progress,
    metadata_report,
    nearby,
    sourcing,
    stats,
    streaming,
    unfinished,
)
from raincore.swarm.commands import CheckContent, Finish, SaveState, Seal
from raincore.swarm.state import Goal, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.errors import RainError
    from raincore.swarm.events import ContentChecked
    from raincore.swarm.state import TorrentState

__all__ = [
    "apply_wishes",
    "fetch_again",
    "finish",
    "give_up_if_alone",
    "note_progress",
    "note_under_way",
    "note_unsaved",
    "on_all_stored",
    "on_content_checked",
    "on_metadata",
    "on_sealed",
    "on_timer",
    "seek_metadata",
    "want_again",
]


def enter(state: TorrentState, phase: Phase) -> None:
    """Change the phase and tell the outside."""
    state.phase = phase
    state.publish(records.Status(info_hash=state.info_hash, status=phase.value))


def seek_metadata(state: TorrentState, now: float) -> None:
    """Look for what is not known yet of the torrent itself."""
    if state.phase is not Phase.METADATA:
        enter(state, Phase.METADATA)
        state.timers.metadata_over = now + state.limits.metadata_seconds
        state.timers.dial = now
        announcing.begin(state, now)
        dht_searching.begin(state, now)
        nearby.begin(state, now)
        sourcing.ask(state)


def on_metadata(state: TorrentState) -> None:
    """All is known by which content can be checked, and what of it is wanted."""
    assert state.info is not None
    state.timers.metadata_over = math.inf
    sourcing.drop(state)
    try:
        state.wanted = file_selection.choose(state.select, state.info, state.priorities)
    except ConfigError as error:
        finish(state, error)
        return
    if state.wanted.missing:
        shown = ", ".join(map(str, state.wanted.missing[:10]))
        state.warn("select", f"selects files that it does not have: {shown}")
    if state.goal is Goal.METADATA:
        state.reached_goal = True
        finish(state, None)
        return
    enter(state, Phase.CHECKING)
    state.timers.stall = math.inf
    state.do(CheckContent(state.info, state.layers))


def on_content_checked(state: TorrentState, event: ContentChecked, now: float) -> None:
    """Know what we have; begin to download, or to seed."""
    assert state.geometry is not None
    state.have = event.have
    state.picker = PiecePicker(state.geometry.piece_count, state.rng)
    apply_wishes(state)
    if not event.may_fetch:
        assert state.wanted is not None
        state.picker.set_wanted(state.wanted.pieces & event.have)
    for piece in event.have:
        state.picker.done(piece)
    unfinished.begin(state, event.kept)
    streaming.renew(state, now)
    file_progress.begin(state)
    state.choker.set_content(state.geometry.piece_length, state.geometry.total_length)
    note_unsaved(state, now)
    note_progress(state, now)
    if state.finished:
        on_all_stored(state)
    else:
        fetch(state, now)


def apply_wishes(state: TorrentState) -> None:
    """Pick what is wanted, in the order that is wanted."""
    assert state.info is not None
    assert state.picker is not None
    assert state.wanted is not None
    picker, edges_first = state.picker, state.edges_first
    numbers: Sequence[int] = state.wanted.numbers
    if not numbers and not state.wanted.unwanted:
        numbers = range(state.info.file_count)
    picker.sequential = state.sequential
    picker.set_wanted(state.wanted.pieces)
    levels = state.wanted.priorities
    picker.ranks = priorities.ranks(state.info, numbers, levels, edges_first=edges_first)


def fetch_again(state: TorrentState, now: float) -> None:
    """More is wanted than was: fetch it, though all that was wanted before is there."""
    want_again(state, now)
    announcing.begin(state, now)
    dht_searching.begin(state, now)
    nearby.begin(state, now)


def fetch(state: TorrentState, now: float) -> None:
    """Begin to download, and to look for others."""
    enter(state, Phase.DOWNLOADING)
    state.timers.dial = now
    announcing.begin(state, now)
    dht_searching.begin(state, now)
    nearby.begin(state, now)
    report_at(state, now)


def want_again(state: TorrentState, now: float) -> None:
    """Something that was stored is lost: download once more."""
    state.candidates.complete(now=False)
    state.was_finished = True
    enter(state, Phase.DOWNLOADING)
    state.timers.dial = now
    state.seeding_since = state.timers.seed_limit = math.inf
    note_progress(state, now)


def on_all_stored(state: TorrentState) -> None:
    """Have the shell sync the content before anybody is told that it is complete."""
    state.candidates.complete()
    state.seals += 1
    assert state.have is not None
    assert state.wanted is not None
    if state.have.common(state.wanted.pieces) == state.wanted.pieces.count():
        enter(state, Phase.SEALING)
    else:
        state.phase = Phase.SEALING  # the rest may not be fetched: nobody is told "complete"
    state.timers.stall = math.inf
    state.do(Seal())


def on_sealed(state: TorrentState, now: float) -> None:
    """Complete and durable: stop, or go on as a seed; unless more is wanted by now."""
    state.seals = max(0, state.seals - 1)
    if state.seals or state.phase is not Phase.SEALING:
        return
    save(state)
    unfinished.keep(state)
    state.publish(stats.progress(state, now))
    state.reached_goal = True
    if state.goal is not Goal.SEED:
        finish(state, None)
        return
    enter(state, Phase.SEEDING)
    state.seeding_since = now
    state.timers.dial = now
    announcing.begin(state, now)
    dht_searching.begin(state, now)
    nearby.begin(state, now)
    state.timers.seed_limit = now + state.limits.seed_seconds


def finish(state: TorrentState, error: RainError | None) -> None:
    """End the torrent: save, say why, and accept no further event."""
    if state.unsaved:
        save(state)
    unfinished.keep(state)
    announcing.say_goodbye(state)
    nearby.end(state)
    sourcing.drop(state)
    for peer in state.peers.values():
        state.drop(peer, "stopping")
    state.ended_in, state.phase, state.failure = state.phase, Phase.STOPPED, error
    status = "stopped" if error is None else "error"
    state.publish(
        records.Status(
            info_hash=state.info_hash,
            status=status,
            error=None if error is None else str(error),
        )
    )
    state.do(Finish(error))
    state.timers = type(state.timers)()


def note_unsaved(state: TorrentState, now: float) -> None:
    """Something was stored that a restart should know of, within a few seconds."""
    state.unsaved = True
    note_under_way(state, now)


def note_under_way(state: TorrentState, now: float) -> None:
    """Blocks have come that a restart should know of, should their piece not be whole soon."""
    if state.timers.save == math.inf:
        state.timers.save = now + state.config.disk.save_interval_seconds


def save(state: TorrentState) -> None:
    """Ask for what is stored to be remembered."""
    state.unsaved = False
    state.timers.save = math.inf
    state.do(SaveState())


def note_progress(state: TorrentState, now: float) -> None:
    """Something useful arrived: the stall clock starts anew."""
    state.timers.stall = now + state.limits.stall_seconds
    if state.timers.progress == math.inf:
        report_at(state, now + 1.0)


def report_at(state: TorrentState, when: float) -> None:
    """Report then; never, if nobody wants to know: thousands of torrents would wake for it."""
    if state.reports_progress:
        state.timers.progress = when


def give_up_if_alone(state: TorrentState, now: float) -> None:
    """Finish when nobody is connected and nobody is left who could be.

    Only for a torrent that wants something; a seed waits for others to come. A tracker
    or a DHT that knows nobody today may know somebody tomorrow: waiting for that is bounded
    by the limits alone. So only trackers that fail, all of them, and a DHT in which no node
    answers, twice in a row, leave us alone.
    """
    wanting = state.phase in (Phase.METADATA, Phase.DOWNLOADING)
    if not wanting or state.limits.waits_for_peers or state.peers or state.dialling:
        return
    if state.disk.error is not None:
        return  # nobody could help; asked again when the disk works
    others = (
        announcing.may_help(state)
        or dht_searching.may_help(state)
        or nearby.may_help(state, now)
        or state.lookup.sources.may_help
        or (state.phase is Phase.DOWNLOADING and state.web.may_help)
    )
    if state.candidates.exhausted(now) and not others:
        finish(state, ConnectError(stats.why_alone(state)))


def on_timer(state: TorrentState, now: float) -> None:
    """Report progress, save, and enforce the limits."""
    timers = state.timers
    if timers.progress <= now:
        state.publish(stats.progress(state, now))
        if state.phase is Phase.METADATA:
            metadata_report.tell(state)
        active = state.phase in (Phase.METADATA, Phase.DOWNLOADING) or stats.is_moving(state, now)
        timers.progress = now + 1.0 if active else math.inf
    if timers.save <= now:
        timers.save = math.inf
        if state.unsaved:
            save(state)
        unfinished.keep_if_worth_it(state, now)
    if timers.metadata_over <= now:
        why = stats.why_stalled(state)
        patience = format_duration(state.limits.metadata_seconds)
        finish(state, TimedOut(f"no metadata within {patience}: {why}"))
    elif timers.stall <= now:
        why = stats.why_stalled(state)
        patience = format_duration(state.limits.stall_seconds)
        finish(state, TimedOut(f"no progress for {patience}: {why}"))
    elif state.phase is Phase.SEEDING and (
        timers.seed_limit <= now or stats.has_shared_enough(state)
    ):
        finish(state, None)
