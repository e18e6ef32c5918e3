"""What a peer said, message by message, handed to whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import (
    advised_blocks,
    dht_searching,
    dialling,
    downloading,
    hash_serving,
    interest,
    joining,
    leaf_proofs,
    metadata,
    piece_layers,
    requesting,
    uploading,
)
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from raincore.wire.lt_donthave import DontHave
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest
from raincore.wire.ut_pex import PexMessage

if TYPE_CHECKING:
    from raincore.swarm.events import Heard
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["on_heard"]


def on_heard(state: TorrentState, event: Heard, now: float) -> None:
    """Take what one read from a peer brought, in order, and keep its pipeline full."""
    peer = state.peers.get(event.peer)
    if peer is None:
        return
    peer.last_heard = now
    if event.blocks:
        downloading.on_blocks(state, peer, event, now)
    for message in event.messages:
        if peer.leaving:
            return
        on_message(state, peer, message, now)
    requesting.refill(state, peer, now)


def on_message(state: TorrentState, peer: PeerState, message: object, now: float) -> None:
    """Hand one message to whom it concerns."""
    match message:
        case m.Have() | m.PieceBitfield() | m.HaveAll() | m.HaveNone():
            interest.on_their_pieces(state, peer, message, now)
        case DontHave():
            interest.on_lost_piece(state, peer, message)
        case m.Choke():
            requesting.on_choke(state, peer)
        case m.Unchoke():
            requesting.on_unchoke(peer)
        case m.Reject():
            requesting.on_reject(state, peer, message, now)
        case m.AllowedFast():
            requesting.on_allowed_fast(peer, message)
        case m.Suggest():
            advised_blocks.on_suggest(state, peer, message)
        case m.Interested():
            uploading.on_interest(state, peer, interested=True, now=now)
        case m.NotInterested():
            uploading.on_interest(state, peer, interested=False, now=now)
        case ExtendedHandshake():
            joining.on_extended_handshake(state, peer, message, now)
            metadata.on_extended_handshake(state, peer, now)
            interest.weigh(state, peer)
        case PexMessage():
            dialling.on_pex(state, peer, message, now)
        case MetadataRequest():
            metadata.on_request(state, peer, message)
        case MetadataData():
            metadata.on_data(state, peer, message, now)
        case MetadataReject():
            metadata.on_reject(state, peer, message, now)
        case m.Port():
            dht_searching.on_port(state, peer, message)
        case m.Hashes():
            piece_layers.on_hashes(state, peer, message, now)
            leaf_proofs.on_hashes(state, peer, message, now)
        case m.HashReject():
            piece_layers.on_reject(state, peer, message, now)
            leaf_proofs.on_reject(state, peer, message, now)
        case m.HashRequest():
            hash_serving.on_request(state, peer, message, now)
        case _:  # keep-alive: nothing to decide in this torrent
            pass
