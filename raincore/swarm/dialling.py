"""Which addresses are dialled, and what becomes of them (BEP 3; the order is policy.candidates')."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.documents import events as records
from raincore.policy.metadata_tally import Cause
from raincore.swarm import (
    announcing,
    both_swarms,
    dht_searching,
    exchanging,
    lifecycle,
    nearby,
    privacy,
    sharing,
)
from raincore.swarm.events import PeersFound
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from raincore.base.ids import PeerId
    from raincore.swarm.events import Announced, AnnounceFailed, DhtSearched, DialFailed, PeerJoined
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.ut_pex import PexMessage

__all__ = [
    "dial",
    "leave_candidate",
    "on_announce_failed",
    "on_announced",
    "on_dht_searched",
    "on_dial_failed",
    "on_peers_found",
    "on_pex",
    "on_timer",
    "twins_of",
]

HARMLESS = (
    *(both_swarms.AS_V2, "both_seeds", "connected_twice", "made_way", "ourselves", "stopping"),
)
"""Reasons for a connection to end that do not explain why nothing comes."""

REST_SECONDS = 5.0
"""How long nobody is dialled when the system can open nothing more."""

SHARING_SECONDS = 1.0
"""When to ask again for what other torrents of the process have."""

DIALLING = (Phase.METADATA, Phase.DOWNLOADING, Phase.SEEDING)


def on_peers_found(state: TorrentState, event: PeersFound, now: float) -> None:
    """Remember addresses and dial the best."""
    if privacy.admits(state, event.source):
        both_swarms.named(state, event)
        state.candidates.add(event.source, event.endpoints, event.seeds)
        dial(state, now)


def on_pex(state: TorrentState, peer: PeerState, message: PexMessage, now: float) -> None:
    """A peer tells of others: dial those on whom its word counts."""
    found = exchanging.on_message(state, peer, message, now)
    if found is not None:
        on_peers_found(state, found, now)


def on_announced(state: TorrentState, event: Announced, now: float) -> None:
    """A tracker answered: dial whom it named."""
    announcing.on_announced(state, event, now)
    if event.reply.external_host is not None:
        state.candidates.ours(Endpoint(event.reply.external_host, state.port))
        if state.own.told(event.url, event.reply.external_host):
            state.candidates.rerank()
    swarm = both_swarms.other(state) if event.other else None
    on_peers_found(state, PeersFound("tracker", event.reply.peers, swarm=swarm), now)


def on_announce_failed(state: TorrentState, event: AnnounceFailed, now: float) -> None:
    """A tracker failed; it may have been the last hope."""
    announcing.on_failed(state, event, now)
    lifecycle.give_up_if_alone(state, now)
    if state.phase is not Phase.STOPPED:  # or the end has said why
        announcing.warn(state, event)


def on_dht_searched(state: TorrentState, event: DhtSearched, now: float) -> None:
    """A search in the DHT is over; it may have been the last hope, and says who we are."""
    for seen in event.seen_as:
        if state.own.agreed(seen.host):
            state.candidates.rerank()
    dht_searching.on_searched(state, event, now)
    lifecycle.give_up_if_alone(state, now)


def dial(state: TorrentState, now: float) -> None:
    """Dial candidates up to the limits, as a seed too: some peers only wait to be dialled.

    Where there is no room no timer is set: whatever makes room comes as an event and dials
    again. What the pace forbids is dialled when it allows it.
    """
    state.timers.dial = math.inf
    if blocked := state.candidates.refusals.news():
        state.warn("blocked", blocked)
    if state.phase not in DIALLING:
        return
    limits = state.config.peers
    dialled = sum(not peer.joined.incoming for peer in state.peers.values())
    while (
        len(state.dialling) < limits.max_half_open
        and dialled + len(state.dialling) < limits.places_to_dial
        and len(state.peers) + len(state.dialling) < limits.places
    ):
        endpoint = state.candidates.next(now)
        if endpoint is None:
            state.timers.dial = state.candidates.next_time(now)
            announcing.hurry(state, now)
            dht_searching.hurry(state, now)
            sharing.want_no_peers(state)
            break
        if not sharing.may_dial(state):
            state.timers.dial = now + SHARING_SECONDS
            break
        allowed = state.pace.when(now)
        if allowed > now:
            state.timers.dial = allowed
            break
        begin_dial(state, endpoint, now)
    lifecycle.give_up_if_alone(state, now)


def begin_dial(state: TorrentState, endpoint: Endpoint, now: float) -> None:
    """Dial an address, whether or not there is room."""
    state.pace.dialled()
    state.candidates.connecting(endpoint, now)
    state.dialling[endpoint] = None
    state.counters.dials += 1
    state.do(both_swarms.dial_of(state, endpoint))


def on_dial_failed(state: TorrentState, event: DialFailed, now: float) -> None:
    """Back off from an address that did not answer, and try another."""
    if event.endpoint in state.dialling and both_swarms.may_redial(state, event):
        state.do(both_swarms.dial_of(state, event.endpoint))
        return
    state.dialling.pop(event.endpoint, None)
    if event.reason == "out_of_descriptors":
        rest(state, event, now)
        return
    state.candidates.failed(event.endpoint, now)
    state.setbacks.note(event.endpoint, event.text)
    state.counters.dial_failures += 1
    state.last_failure = event.text
    if state.phase is Phase.METADATA:
        state.lookup.tally.note(event.endpoint, Cause.UNREACHABLE)
    state.publish(
        records.PeerEvent(
            info_hash=state.info_hash,
            address=str(event.endpoint),
            state="failed",
            reason=event.reason,
        )
    )
    dial(state, now)


def rest(state: TorrentState, event: DialFailed, now: float) -> None:
    """Dial nobody for a while: the system has nothing left, and no peer is to blame."""
    state.candidates.disconnected(event.endpoint, now, useful=True)
    state.timers.dial = now + REST_SECONDS
    if not state.exhausted_told:
        state.exhausted_told = True
        state.warn("open_files", f"the system has no room for more connections: {event.text}")


def leave_candidate(
    state: TorrentState, joined: PeerJoined, reason: str, now: float, *, useful: bool = False
) -> None:
    """Let an address that we dialled be dialled again, in due time."""
    if reason == both_swarms.AS_V2:
        begin_dial(state, joined.endpoint, now)
    elif not joined.incoming:
        twins = twins_of(state, joined.peer_id) if reason == "connected_twice" else []
        if twins:
            twins[0].aliases.append(joined.endpoint)  # dialled again when the twin leaves
        else:
            state.candidates.disconnected(joined.endpoint, now, useful=useful)
    if reason not in HARMLESS:
        state.last_failure = f"{joined.endpoint} left ({reason})"
        state.setbacks.note(joined.endpoint, f"left: {reason}")


def twins_of(state: TorrentState, peer_id: PeerId) -> list[PeerState]:
    """The connections to the peer of this peer id, the oldest first."""
    peers = state.peers.values()
    return [peer for peer in peers if peer.joined.peer_id == peer_id and not peer.leaving]


def on_timer(state: TorrentState, now: float) -> None:
    """Dial what has become due; despair when the last hope is gone."""
    if state.timers.dial <= now:
        dial(state, now)
    if nearby.is_over(state, now):
        lifecycle.give_up_if_alone(state, now)
