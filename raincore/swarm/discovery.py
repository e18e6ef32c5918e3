"""Whom to dial, whom to welcome, and what is said first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.documents import events as records
from raincore.formats import client_id
from raincore.policy.request_pipeline import RequestPipeline
from raincore.swarm import announcing, banning, downloading, lifecycle, metadata, uploading
from raincore.swarm.commands import Dial, Drop
from raincore.swarm.events import PeersFound
from raincore.swarm.peer_state import PeerState
from raincore.swarm.state import Phase
from raincore.wire import messages as m
from raincore.wire.extension import OUR_IDS, UT_METADATA, ExtendedHandshake

if TYPE_CHECKING:
    from raincore.base.ids import PeerId
    from raincore.swarm.events import (
        Announced,
        AnnounceFailed,
        DialFailed,
        PeerJoined,
        PeerLeft,
    )
    from raincore.swarm.state import TorrentState

__all__ = [
    "CLIENT",
    "on_announce_failed",
    "on_announced",
    "on_dial_failed",
    "on_extended_handshake",
    "on_peer_joined",
    "on_peer_left",
    "on_peers_found",
    "on_timer",
]

CLIENT = "rain 0.1.0"
"""How we introduce ourselves in the extension handshake (BEP 10, "v")."""

HARMLESS = ("both_seeds", "connected_twice", "ourselves", "stopping")
"""Reasons for a connection to end that do not explain why nothing comes."""

IDLE_SECONDS = 5.0
"""When all places are taken, a peer that wants nothing for so long makes way."""

DIALLING = (Phase.METADATA, Phase.DOWNLOADING, Phase.SEEDING)


def on_peers_found(state: TorrentState, event: PeersFound, now: float) -> None:
    """Remember addresses and dial the best."""
    state.candidates.add(event.source, event.endpoints)
    dial(state, now)


def on_announced(state: TorrentState, event: Announced, now: float) -> None:
    """A tracker answered: dial whom it named."""
    announcing.on_announced(state, event, now)
    if event.reply.external_host is not None:
        state.candidates.ours(Endpoint(event.reply.external_host, state.port))
    on_peers_found(state, PeersFound("tracker", event.reply.peers), now)


def on_announce_failed(state: TorrentState, event: AnnounceFailed, now: float) -> None:
    """A tracker failed; it may have been the last hope."""
    announcing.on_failed(state, event, now)
    lifecycle.give_up_if_alone(state, now)


def dial(state: TorrentState, now: float) -> None:
    """Dial candidates up to the limits, as a seed too: some peers only wait to be dialled.

    At a limit no timer is set: whatever makes room comes as an event and dials again.
    """
    state.timers.dial = math.inf
    if state.phase not in DIALLING:
        return
    limits = state.config.peers
    dialled = sum(not peer.joined.incoming for peer in state.peers.values())
    while (
        len(state.dialling) < limits.max_half_open
        and dialled + len(state.dialling) < limits.max_dialled
    ):
        endpoint = state.candidates.next(now)
        if endpoint is None:
            state.timers.dial = state.candidates.next_time(now)
            announcing.hurry(state, now)
            break
        state.candidates.connecting(endpoint, now)
        state.dialling[endpoint] = None
        state.counters.dials += 1
        state.do(Dial(endpoint))
    lifecycle.give_up_if_alone(state, now)


def on_dial_failed(state: TorrentState, event: DialFailed, now: float) -> None:
    """Back off from an address that did not answer, and try another."""
    state.dialling.pop(event.endpoint, None)
    state.candidates.failed(event.endpoint, now)
    state.counters.dial_failures += 1
    state.last_failure = event.text
    state.publish(
        records.PeerEvent(
            info_hash=state.info_hash,
            address=str(event.endpoint),
            state="failed",
            reason=event.reason,
        )
    )
    dial(state, now)


def on_peer_joined(state: TorrentState, event: PeerJoined, now: float) -> None:
    """Welcome a peer, unless it is banned, ourselves, connected already, or one too many."""
    if not event.incoming:
        state.dialling.pop(event.endpoint, None)
        state.candidates.connected(event.endpoint, now)
    reason = refusal(state, event, now)
    if reason:
        state.refused[event.peer] = event
        state.drops.append(Drop(event.peer, reason))
        return
    peer = PeerState(
        joined=event,
        pipeline=RequestPipeline(state.config.peers),
        joined_at=now,
        last_heard=now,
        last_said=now,
    )
    state.peers[event.peer] = peer
    state.publish(
        records.PeerEvent(
            info_hash=state.info_hash,
            address=str(event.endpoint),
            state="connected",
            client=client_id.name(event.peer_id),
        )
    )
    greet(state, peer)
    if state.ready:
        assert state.geometry is not None
        assert state.picker is not None
        peer.has = Bitfield(state.geometry.piece_count)
        state.picker.peer_joined(peer.has)
    uploading.arm(state, now)
    dial(state, now)


def refusal(state: TorrentState, event: PeerJoined, now: float) -> str:
    """Why a handshaken peer is not wanted; "" if it is."""
    if event.peer_id == state.own_id:
        if not event.incoming:
            state.candidates.ours(event.endpoint)
        return "ourselves"
    if banning.is_banned(state, event):
        return "banned"
    if not wins_over_twin(state, event):
        return "connected_twice"
    accepted = [peer for peer in state.peers.values() if peer.joined.incoming]
    if event.incoming and len(accepted) >= state.config.peers.max_accepted:
        idle = next((peer for peer in accepted if is_idle(peer, now)), None)
        if idle is None:
            return "too_many_peers"
        state.drop(idle, "made_way")
    return ""


def is_idle(peer: PeerState, now: float) -> bool:
    """Whether a peer has had time to want something of us, or we of it, and neither does."""
    wants = peer.they_interested or peer.we_interested
    return not wants and not peer.leaving and now - peer.joined_at >= IDLE_SECONDS


def wins_over_twin(state: TorrentState, event: PeerJoined) -> bool:
    """Keep one of two connections to the same peer; drop the older if it loses.

    When both sides dial each other at once, both must keep the same connection, or
    they close each other's: the one dialled by the greater peer id stays (our rule).
    """
    twin = twin_of(state, event.peer_id)
    if twin is None:
        return True
    they_dial = event.peer_id > state.own_id
    if twin.joined.incoming == event.incoming or event.incoming != they_dial:
        return False
    state.drop(twin, "connected_twice")
    return True


def twin_of(state: TorrentState, peer_id: PeerId) -> PeerState | None:
    """The connected peer of this peer id."""
    for peer in state.peers.values():
        if peer.joined.peer_id == peer_id and not peer.leaving:
            return peer
    return None


def greet(state: TorrentState, peer: PeerState) -> None:
    """Say what we have (it must come first) and what we can (BEP 3, 6, 10)."""
    have = state.have if state.ready else None
    if have is not None and have.all() and peer.joined.fast:
        state.say(peer, m.HaveAll())
    elif have is not None and have.any():
        state.say(peer, m.PieceBitfield(have.to_bytes()))
    elif peer.joined.fast:
        state.say(peer, m.HaveNone())
    if peer.joined.extended:
        state.say(
            peer,
            ExtendedHandshake(
                ids=OUR_IDS,
                client=CLIENT,
                port=None,
                request_queue=state.config.peers.requests_in_max,
                metadata_size=len(state.shared_metadata) or None,
                your_ip=None,
                upload_only=state.complete,
            ),
        )


def on_extended_handshake(state: TorrentState, peer: PeerState, message: ExtendedHandshake) -> None:
    """Note what a peer can do (BEP 10); the first size of its metadata is what counts."""
    peer.extended = message
    if not peer.metadata_size and UT_METADATA in message.ids:
        peer.metadata_size = message.metadata_size or 0
    if message.request_queue:
        peer.pipeline.set_peer_limit(message.request_queue)


def on_peer_left(state: TorrentState, event: PeerLeft, now: float) -> None:
    """Take back what a peer owed us, free its slot, and replace it."""
    refused = state.refused.pop(event.peer, None)
    if refused is not None:
        leave_candidate(state, refused, event.reason, now)
        dial(state, now)
        return
    peer = state.peers.pop(event.peer, None)
    if peer is None:
        return
    useful = peer.downloaded > 0
    leave_candidate(state, peer.joined, event.reason, now, useful=useful)
    for endpoint in peer.aliases:
        state.candidates.disconnected(endpoint, now, useful=useful)
    state.publish(
        records.PeerEvent(
            info_hash=state.info_hash,
            address=str(peer.joined.endpoint),
            state="disconnected",
            reason=event.reason,
        )
    )
    if peer.has is not None and state.picker is not None:
        state.picker.peer_left(peer.has)
    downloading.on_peer_left(state, peer, now)
    metadata.on_peer_left(state, peer, now)
    uploading.on_peer_left(state, peer)
    dial(state, now)


def leave_candidate(
    state: TorrentState, joined: PeerJoined, reason: str, now: float, *, useful: bool = False
) -> None:
    """Let an address that we dialled be dialled again, in due time."""
    if not joined.incoming:
        twin = twin_of(state, joined.peer_id) if reason == "connected_twice" else None
        if twin is not None:
            twin.aliases.append(joined.endpoint)  # dialled again when the twin leaves
        else:
            state.candidates.disconnected(joined.endpoint, now, useful=useful)
    if reason not in HARMLESS:
        state.last_failure = f"{joined.endpoint} left ({reason})"


def on_timer(state: TorrentState, now: float) -> None:
    """Dial what has become due."""
    if state.timers.dial <= now:
        dial(state, now)
