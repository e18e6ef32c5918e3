"""Whom to welcome as a peer, what is said to it first, and what its going means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base import addresses
from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.documents import events as records
from raincore.formats import client_id
from raincore.policy.request_pipeline import RequestPipeline
from raincore.swarm import (
    banning,
    both_swarms,
    dht_searching,
    dialling,
    downloading,
    exchanging,
    leaf_proofs,
    making_way,
    metadata,
    piece_layers,
    privacy,
    superseeding,
    turning_over,
    uploading,
)
from raincore.swarm.commands import Drop
from raincore.swarm.events import PeersFound
from raincore.swarm.peer_state import PeerState
from raincore.wire import messages as m
from raincore.wire.extension import OUR_IDS, UT_METADATA, UT_PEX, ExtendedHandshake

if TYPE_CHECKING:
    from raincore.swarm.events import PeerJoined, PeerLeft
    from raincore.swarm.state import TorrentState

__all__ = [
    "CLIENT",
    "on_extended_handshake",
    "on_peer_joined",
    "on_peer_left",
    "on_ready",
    "on_sealed",
]

CLIENT = "rain 0.1.0"
"""How we introduce ourselves in the extension handshake (BEP 10, "v")."""

TWINS_MAX = 2
"""Connections that one peer may have made to us, until it has chosen one of them."""


def on_peer_joined(state: TorrentState, event: PeerJoined, now: float) -> None:
    """Welcome a peer, unless it is banned, ourselves, connected already, or one too many."""
    if not event.incoming:
        state.dialling.pop(event.endpoint, None)
        state.candidates.connected(event.endpoint, now)
        state.setbacks.overcome(event.endpoint)
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
            encryption=event.encryption,
        )
    )
    greet(state, peer)
    metadata.on_peer_joined(state, peer)
    exchanging.on_joined(state, peer, now)
    if state.ready:
        assert state.geometry is not None
        assert state.picker is not None
        peer.has = Bitfield(state.geometry.piece_count)
        state.picker.peer_joined(peer.has)
        superseeding.on_peer_joined(state, peer, now)
    piece_layers.on_peer_joined(state, peer, now)
    uploading.arm(state, now)
    turning_over.arm(state, now)
    dialling.dial(state, now)


def refusal(state: TorrentState, event: PeerJoined, now: float) -> str:
    """Why a handshaken peer is not wanted; "" if it is."""
    if event.peer_id == state.own_id:
        if not event.incoming:
            state.candidates.ours(event.endpoint)
        return "ourselves"
    if banning.is_banned(state, event):
        return "banned"
    if not privacy.may_join(state, event):
        return "private"
    if not wins_over_twin(state, event):
        return "connected_twice"
    if event.incoming and not making_way.make_room(state, event, now):
        turning_over.turned_away(state)
        return "too_many_peers"
    return ""


def wins_over_twin(state: TorrentState, event: PeerJoined) -> bool:
    """Keep one of two connections to the same peer; drop the older if it loses.

    When both sides dial each other at once, both must keep the same connection, or
    they close each other's: the one dialled by the greater peer id stays (our rule). Who
    dials twice, since we have two addresses, chooses: it may hear of the two in another
    order than we do, and if both chose, both could go.
    """
    twins = dialling.twins_of(state, event.peer_id)
    alike = sum(twin.joined.incoming == event.incoming for twin in twins)
    if alike:
        return event.incoming and alike < TWINS_MAX
    they_dial = event.peer_id > state.own_id
    if twins and event.incoming != they_dial:
        return False
    for twin in twins:
        state.drop(twin, "connected_twice")
    return True


def greet(state: TorrentState, peer: PeerState) -> None:
    """Say what we have (it must come first) and what we can (BEP 3, 6, 10)."""
    have = state.have if state.ready and state.showing is None else None
    if have is not None and have.all() and peer.joined.fast:
        state.say(peer, m.HaveAll())
    elif have is not None and have.any():
        state.say(peer, m.PieceBitfield(have.to_bytes()))
    elif peer.joined.fast:
        state.say(peer, m.HaveNone())
    if peer.joined.extended:
        introduce(state, peer)
    dht_searching.greet(state, peer)


def on_ready(state: TorrentState) -> None:
    """We have the metadata by now: those who came before may ask for it (BEP 9, BEP 10)."""
    if state.shared_metadata:
        for peer in state.peers.values():
            if peer.joined.extended and not peer.was_offered_metadata:
                introduce(state, peer)


def on_sealed(state: TorrentState) -> None:
    """We want nothing more, which only a whole bitfield would show (BEP 21)."""
    if state.ready and not state.complete:
        for peer in state.peers.values():
            if peer.joined.extended:
                introduce(state, peer)


def introduce(state: TorrentState, peer: PeerState) -> None:
    """Say what we can, which is more when the metadata is known."""
    state.say(peer, introduction(state, peer.joined.endpoint))
    peer.was_offered_metadata = bool(state.shared_metadata)


def introduction(state: TorrentState, theirs: Endpoint) -> ExtendedHandshake:
    """What we can, and where else we are (BEP 10)."""
    exchanges = exchanging.is_allowed(state)
    other = state.own.seen_as(ipv6=not theirs.is_ipv6)
    address = None if other is None else other.packed[:-2]
    return ExtendedHandshake(
        ids={name: number for name, number in OUR_IDS.items() if exchanges or name != UT_PEX},
        client=privacy.identity(state).client or CLIENT,
        port=state.port or None,
        request_queue=state.config.peers.requests_in_max,
        metadata_size=len(state.shared_metadata) or None,
        your_ip=theirs.packed[:-2],
        ipv4=address if theirs.is_ipv6 else None,
        ipv6=None if theirs.is_ipv6 else address,
        upload_only=asks_nothing(state),
    )


def asks_nothing(state: TorrentState) -> bool | None:
    """Whether we want nothing (BEP 21), for as long as that was ever true; None if never."""
    wants_nothing = state.finished and state.showing is None
    return wants_nothing if wants_nothing or state.was_finished else None


def on_extended_handshake(
    state: TorrentState, peer: PeerState, message: ExtendedHandshake, now: float
) -> None:
    """Note what a peer can do (BEP 10); the first size of its metadata is what counts."""
    peer.extended = message
    if not peer.metadata_size and UT_METADATA in message.ids:
        peer.metadata_size = message.metadata_size or 0
    if message.request_queue:
        peer.pipeline.set_peer_limit(message.request_queue)
    if message.your_ip is not None:
        hear_vote(state, peer.joined.endpoint, message.your_ip)
    if peer.joined.incoming and message.port is not None:
        note_listener(state, peer, Endpoint(peer.joined.endpoint.host, message.port), now)
    exchanging.on_extended_handshake(state, peer, now)


def hear_vote(state: TorrentState, voter: Endpoint, packed: bytes) -> None:
    """A peer says what it sees us as; each network outside has one voice."""
    seen = Endpoint.from_packed(packed + bytes(2))
    if not addresses.is_local(voter) and state.own.told(addresses.network_of(voter), seen.host):
        state.candidates.rerank()


def note_listener(state: TorrentState, peer: PeerState, endpoint: Endpoint, now: float) -> None:
    """A peer that dialled us says where it listens: there it may be dialled when it has left.

    Of a private torrent only the tracker says who is to be dialled (BEP 27).
    """
    if privacy.is_private(state) or endpoint in state.dialling or endpoint in peer.aliases:
        return
    both_swarms.named(
        state, PeersFound("incoming", (endpoint,), swarm=both_swarms.swarm_of(state, peer))
    )
    state.candidates.add("incoming", [endpoint])
    if state.candidates.rests(endpoint):
        state.candidates.connected(endpoint, now)
        peer.aliases.append(endpoint)


def on_peer_left(state: TorrentState, event: PeerLeft, now: float) -> None:
    """Take back what a peer owed us, free its slot, and replace it."""
    refused = state.refused.pop(event.peer, None)
    if refused is not None:
        dialling.leave_candidate(state, refused, event.reason, now)
        dialling.dial(state, now)
        return
    peer = state.peers.pop(event.peer, None)
    if peer is None:
        return
    useful = peer.downloaded > 0
    dialling.leave_candidate(state, peer.joined, event.reason, now, useful=useful)
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
    piece_layers.on_peer_left(state, peer, now)
    leaf_proofs.on_peer_left(state, peer, now)
    uploading.on_peer_left(state, peer)
    superseeding.on_peer_left(state, peer, now)
    exchanging.on_left(state, peer, now)
    dialling.dial(state, now)
