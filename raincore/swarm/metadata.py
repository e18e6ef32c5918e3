"""From magnet to info dictionary: asking peers for it, and giving it to others (BEP 9)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.formats import info as info_format
from raincore.swarm import banning, lifecycle
from raincore.swarm.state import Phase
from raincore.wire.ut_metadata import (
    METADATA_PIECE,
    MetadataData,
    MetadataReject,
    MetadataRequest,
)

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["on_data", "on_extended_handshake", "on_peer_left", "on_reject", "on_request"]

PARTS_IN_FLIGHT = 4
"""Requests outstanding at one peer: enough to hide a round trip, few enough to share."""

SERVED_COPIES_MAX = 3
"""How often one peer may fetch the whole dictionary before it is refused."""


def on_extended_handshake(state: TorrentState, peer: PeerState, now: float) -> None:
    """A peer said whether and how large it has the metadata: ask it for parts."""
    if state.phase is Phase.METADATA:
        ask(state, peer)


def ask(state: TorrentState, peer: PeerState) -> None:
    """Fill a peer's share of the metadata requests."""
    extended = peer.extended
    if extended is None or not extended.metadata_size or "ut_metadata" not in extended.ids:
        return
    attempt = state.metadata.attempt(extended.metadata_size)
    if attempt is None:
        state.last_failure = (
            f"{peer.joined.endpoint} claims metadata of {extended.metadata_size} bytes"
        )
        return
    while attempt.outstanding(peer.key) < PARTS_IN_FLIGHT:
        part = attempt.take(peer.key)
        if part is None:
            break
        state.say(peer, MetadataRequest(part))


def ask_everybody(state: TorrentState) -> None:
    """Offer freed or failed parts to all peers that have the metadata."""
    for peer in state.peers.values():
        ask(state, peer)


def on_data(state: TorrentState, peer: PeerState, message: MetadataData, now: float) -> None:
    """Take one part; with the last, compare the whole with the info-hash."""
    extended = peer.extended
    if state.phase is not Phase.METADATA or extended is None or not extended.metadata_size:
        return
    attempt = state.metadata.attempt(extended.metadata_size)
    if attempt is None:
        return
    if attempt.receive(peer.key, message.piece, message.data):
        lifecycle.note_progress(state, now)
    if not attempt.is_complete:
        ask(state, peer)
        return
    raw = attempt.assemble()
    if hashlib.sha1(raw).digest() == state.info_hash:
        adopt(state, raw, now)
        return
    banning.remember(state, attempt.senders)
    liar = attempt.fail()
    state.last_failure = "the metadata that peers sent does not match the info-hash"
    state.warn("metadata_mismatch", state.last_failure)
    if liar is not None:
        banning.ban(state, liar, "sent_bad_metadata")
    ask_everybody(state)


def adopt(state: TorrentState, raw: bytes, now: float) -> None:
    """The bytes are what the magnet promised; they may still be no valid torrent."""
    try:
        info = info_format.parse(raw)
    except FormatError as error:
        lifecycle.finish(state, error)
        return
    lifecycle.on_info(state, info, now)


def on_reject(state: TorrentState, peer: PeerState, message: MetadataReject, now: float) -> None:
    """They do not have it, or give no more of it: ask the others."""
    extended = peer.extended
    if state.phase is not Phase.METADATA or extended is None or not extended.metadata_size:
        return
    attempt = state.metadata.attempt(extended.metadata_size)
    if attempt is not None:
        attempt.reject(peer.key, message.piece)
        state.last_failure = f"{peer.joined.endpoint} refused to give the metadata"
        ask_everybody(state)


def on_peer_left(state: TorrentState, peer: PeerState) -> None:
    """Hand the parts it still owed us to the others."""
    if state.phase is Phase.METADATA:
        state.metadata.peer_left(peer.key)
        ask_everybody(state)


def on_request(state: TorrentState, peer: PeerState, message: MetadataRequest) -> None:
    """Give a part of our info dictionary, or refuse (BEP 9, "reject")."""
    raw = state.info.raw if state.info is not None else b""
    parts = -(-len(raw) // METADATA_PIECE)
    if message.piece >= parts or peer.metadata_requests_served >= SERVED_COPIES_MAX * parts:
        state.say(peer, MetadataReject(message.piece))
        return
    peer.metadata_requests_served += 1
    start = message.piece * METADATA_PIECE
    state.say(peer, MetadataData(message.piece, len(raw), raw[start : start + METADATA_PIECE]))
