"""From magnet to info dictionary: asking peers for it, and giving it to others (BEP 9)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.formats import info as info_format
from raincore.policy.metadata_attempts import MetadataAttempts
from raincore.policy.metadata_tally import Cause
from raincore.swarm import banning, both_swarms, lifecycle, piece_layers, sourcing
from raincore.swarm.state import Phase
from raincore.wire.ut_metadata import (
    METADATA_PIECE,
    MetadataData,
    MetadataReject,
    MetadataRequest,
)

if TYPE_CHECKING:
    from raincore.swarm.events import SourceFailed, SourceFetched
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "on_data",
    "on_extended_handshake",
    "on_peer_joined",
    "on_peer_left",
    "on_reject",
    "on_request",
    "on_source_failed",
    "on_source_fetched",
    "on_started",
    "on_timer",
]

PARTS_IN_FLIGHT = 4
"""Requests outstanding at one peer: enough to hide a round trip, few enough to share."""

SLOW_SECONDS = 2.0
"""Where few may be asked at once, who takes longer for a part is joined by another."""

SERVED_COPIES_MAX = 3
"""How often one peer may fetch the whole dictionary before it is refused."""


# --- getting it --------------------------------------------------------------------------


def note(state: TorrentState, peer: PeerState, cause: Cause) -> None:
    """Remember what a peer did, for whoever asks why there is no metadata yet."""
    state.lookup.tally.note(peer.joined.endpoint, cause, incoming=peer.joined.incoming)


def on_peer_joined(state: TorrentState, peer: PeerState) -> None:
    """Somebody new: whether it has the metadata is to be said by its extended handshake."""
    if state.phase is Phase.METADATA:
        note(state, peer, Cause.WAITING if peer.joined.extended else Cause.NO_METADATA)


def on_started(state: TorrentState, now: float) -> None:
    """Look for the info dictionary, or go on from the one that is known."""
    lifecycle.note_progress(state, now)
    both_swarms.begin(state)
    if state.info is None:
        lifecycle.seek_metadata(state, now)
    else:
        piece_layers.on_info(state, state.info, now)


def on_extended_handshake(state: TorrentState, peer: PeerState, now: float) -> None:
    """A peer said whether and how large it has the metadata: ask it for parts."""
    if state.phase is Phase.METADATA:
        if not peer.metadata_size:
            note(state, peer, Cause.NO_METADATA)
        ask(state, peer, now)


def ask(state: TorrentState, peer: PeerState, now: float) -> None:
    """Fill a peer's share of the metadata requests."""
    if not peer.metadata_size or peer.leaving or now < peer.metadata_rest_until:
        return
    if state.info is not None:  # only piece layers are lacking still
        return
    if not has_turn(state, peer, now):
        wake(state, now + SLOW_SECONDS)
        return
    attempt = state.metadata.attempt(peer.metadata_size)
    if attempt is None:
        if peer.metadata_size > state.config.peers.max_metadata_length:
            note(state, peer, Cause.BAD)
        else:  # others come first
            wake(state, now + state.config.peers.request_timeout_seconds)
        state.last_failure = f"{peer.joined.endpoint} claims metadata of {peer.metadata_size} bytes"
        return
    while attempt.outstanding(peer.key) < PARTS_IN_FLIGHT:
        part = attempt.take(peer.key)
        if part is None:
            break
        state.say(peer, MetadataRequest(part))
        peer.metadata_asked = now
        wake(state, now + state.config.peers.request_timeout_seconds)


def has_turn(state: TorrentState, peer: PeerState, now: float) -> bool:
    """Whether one more peer may be asked; who does not answer soon keeps nobody waiting."""
    most = state.config.peers.metadata_downloads
    if most is None:
        return True
    asked = [
        other.key
        for other in state.peers.values()
        if now - other.metadata_asked < SLOW_SECONDS and owes(state, other)
    ]
    return peer.key in asked or len(asked) < most


def owes(state: TorrentState, peer: PeerState) -> bool:
    """Whether a peer was asked for metadata that it has not sent."""
    attempt = state.metadata.known(peer.metadata_size)
    return attempt is not None and attempt.outstanding(peer.key) > 0


def ask_everybody(state: TorrentState, now: float) -> None:
    """Offer freed or failed parts to all peers that have the metadata."""
    for peer in state.peers.values():
        ask(state, peer, now)


def on_data(state: TorrentState, peer: PeerState, message: MetadataData, now: float) -> None:
    """Take one part; with the last, compare the whole with the info-hash."""
    if state.phase is not Phase.METADATA or not peer.metadata_size or state.info is not None:
        return
    attempt = state.metadata.known(peer.metadata_size)
    if attempt is None:
        return
    owed = attempt.outstanding(peer.key)
    if not attempt.receive(peer.key, message.piece, message.data):
        if attempt.outstanding(peer.key) < owed:  # a wrong length, which is as good as a reject
            note(state, peer, Cause.BAD)
            ask_everybody(state, now)
        return
    lifecycle.note_progress(state, now)
    note(state, peer, Cause.WAITING)
    peer.metadata_asked = now
    if not attempt.is_complete:
        ask(state, peer, now)
        return
    raw = attempt.assemble()
    if state.hashes.fit(raw):
        adopt(state, raw, now)
        return
    banning.remember(state, attempt.senders)
    state.lookup.tally.bad_copies += 1
    liar = attempt.fail()
    state.last_failure = "the metadata that peers sent does not match the info-hash"
    state.warn("metadata_mismatch", state.last_failure)
    if liar is not None:
        note(state, state.peer(liar), Cause.BAD)
        banning.ban(state, liar, "sent_bad_metadata")
    ask_everybody(state, now)


def adopt(state: TorrentState, raw: bytes, now: float) -> None:
    """The bytes are what the magnet promised; they may still be no valid torrent."""
    state.metadata = MetadataAttempts(state.config.peers.max_metadata_length)
    state.timers.metadata = math.inf
    try:
        info = info_format.parse(raw)
    except FormatError as error:
        lifecycle.finish(state, error)
        return
    piece_layers.on_info(state, info, now)


def on_source_fetched(state: TorrentState, event: SourceFetched, now: float) -> None:
    """A torrent came from elsewhere; only the info-hash says whether it is the right one."""
    if state.phase is not Phase.METADATA:
        return
    if state.hashes.fit(event.raw_info):
        state.layers = {**state.layers, **event.layers}
        if state.info is None:
            adopt(state, event.raw_info, now)
        else:
            piece_layers.on_info(state, state.info, now)
        return
    state.warn("source_mismatch", f"another torrent is at {printable(event.source)}")
    sourcing.failed(state, event.source, "gives another torrent")
    lifecycle.give_up_if_alone(state, now)


def on_source_failed(state: TorrentState, event: SourceFailed, now: float) -> None:
    """Nothing came from elsewhere; it may have been the last hope."""
    if state.phase is Phase.METADATA:
        sourcing.failed(state, event.source, event.text)
        lifecycle.give_up_if_alone(state, now)


def on_reject(state: TorrentState, peer: PeerState, message: MetadataReject, now: float) -> None:
    """They do not have it, or give no more of it: ask the others."""
    if state.phase is not Phase.METADATA or not peer.metadata_size:
        return
    attempt = state.metadata.known(peer.metadata_size)
    if attempt is None:
        return
    owed = attempt.outstanding(peer.key)
    attempt.reject(peer.key, message.piece)
    if attempt.outstanding(peer.key) < owed:
        note(state, peer, Cause.REFUSED)
        state.last_failure = f"{peer.joined.endpoint} refused to give the metadata"
        ask_everybody(state, now)


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """Hand the parts it still owed us to the others."""
    if state.phase is Phase.METADATA:
        state.lookup.tally.hung_up(peer.joined.endpoint, incoming=peer.joined.incoming)
        state.metadata.peer_left(peer.key)
        ask_everybody(state, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Let others have the parts that a silent peer owes us; ask it again later."""
    if state.timers.metadata > now:
        return
    state.timers.metadata = math.inf
    patience = state.config.peers.request_timeout_seconds
    for peer in state.peers.values():
        attempt = state.metadata.known(peer.metadata_size)
        if attempt is not None and attempt.outstanding(peer.key):
            if now < peer.metadata_asked + patience:
                wake(state, peer.metadata_asked + patience)
                continue
            attempt.release(peer.key)
            note(state, peer, Cause.SILENT)
            peer.metadata_rest_until = now + patience
        if now < peer.metadata_rest_until:
            wake(state, peer.metadata_rest_until)
    ask_everybody(state, now)


def wake(state: TorrentState, when: float) -> None:
    """Have silent peers looked for at `when`, if not before."""
    state.timers.metadata = min(state.timers.metadata, when)


# --- giving it ---------------------------------------------------------------------------


def on_request(state: TorrentState, peer: PeerState, message: MetadataRequest) -> None:
    """Give a part of our info dictionary, or refuse (BEP 9, "reject")."""
    raw = state.shared_metadata
    parts = -(-len(raw) // METADATA_PIECE)
    if message.piece >= parts or peer.metadata_requests_served >= SERVED_COPIES_MAX * parts:
        state.say(peer, MetadataReject(message.piece))
        return
    peer.metadata_requests_served += 1
    start = message.piece * METADATA_PIECE
    state.say(peer, MetadataData(message.piece, len(raw), raw[start : start + METADATA_PIECE]))
