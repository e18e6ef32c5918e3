"""The hashes that a v2 info dictionary only points to: asked of peers (BEP 52).

What a magnet link leads to names one root for each file; the hashes of its pieces lie
outside the info dictionary. Without them no piece of such a file could be checked, so a
torrent that lacks them is still looking for its metadata. A hybrid can be checked by its
SHA-1 hashes: it lacks them only when the .torrent itself is what is wanted, and not for long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.policy import layer_download
from raincore.policy.layer_download import LayerDownload, LayerRun
from raincore.swarm import banning, both_swarms, dht_searching, lifecycle, nearby, privacy
from raincore.swarm.state import Goal
from raincore.wire.messages import HashRequest

if TYPE_CHECKING:
    from raincore.formats.info import Info
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.messages import Hashes, HashReject

__all__ = [
    "knows_v2",
    "on_hashes",
    "on_info",
    "on_peer_joined",
    "on_peer_left",
    "on_reject",
    "on_timer",
    "run_of",
]

RUNS_IN_FLIGHT = 4
"""Requests outstanding at one peer: enough to hide a round trip, few enough to share."""

HYBRID_SECONDS = 20.0
"""A hybrid is of use without them: after so long without any news of them it goes on."""


def lacking(state: TorrentState, info: Info) -> dict[bytes, int]:
    """The piece layers without which the torrent cannot go on; pieces by pieces root."""
    if info.info_hash is not None and state.goal is not Goal.METADATA:
        return {}
    return layer_download.missing(info, state.layers)


def on_info(state: TorrentState, info: Info, now: float) -> None:
    """The info dictionary is known: go on, or first ask everybody for what it points to."""
    state.info = info
    state.geometry = info.geometry
    both_swarms.on_info(state, info)
    privacy.on_info(state)
    dht_searching.on_info(state)
    nearby.on_info(state)
    wanted = lacking(state, info)
    if not wanted:
        lifecycle.on_metadata(state)
        return
    lifecycle.seek_metadata(state, now)
    state.layer_download = LayerDownload(wanted, info.piece_length)
    give_hybrid_time(state, now)
    both_swarms.reopen(state)
    ask_everybody(state, now)


def give_hybrid_time(state: TorrentState, now: float) -> None:
    """Let a hybrid wait for piece layers from now on, but not for ever."""
    if state.info is not None and state.info.info_hash is not None:
        state.layers_over = now + HYBRID_SECONDS
        wake(state, state.layers_over)


def ask(state: TorrentState, peer: PeerState, now: float) -> None:
    """Fill a peer's share of the requests."""
    download = state.layer_download
    if (
        download is None
        or peer.leaving
        or now < peer.metadata_rest_until
        or not knows_v2(state, peer)
    ):
        return
    while download.outstanding(peer.key) < RUNS_IN_FLIGHT:
        run = download.take(peer.key)
        if run is None:
            break
        state.say(
            peer,
            HashRequest(
                run.pieces_root, download.base_layer, run.index, run.length, run.proof_layers
            ),
        )
        peer.metadata_asked = now
        wake(state, now + state.config.peers.request_timeout_seconds)


def knows_v2(state: TorrentState, peer: PeerState) -> bool:
    """Whether a peer knows these messages; libtorrent hangs up on them in a v1 swarm."""
    return peer.joined.v2 or (state.info is not None and state.info.info_hash is None)


def ask_everybody(state: TorrentState, now: float) -> None:
    """Offer freed or refused runs to all peers."""
    for peer in state.peers.values():
        ask(state, peer, now)


def on_hashes(state: TorrentState, peer: PeerState, message: Hashes, now: float) -> None:
    """Take a run if its proof holds; with the last, the torrent goes on."""
    download = state.layer_download
    if download is None or message.base_layer != download.base_layer:
        return
    proven = download.receive(peer.key, run_of(message), message.hashes)
    if proven is None:
        return
    if not proven:
        banning.ban(state, peer.key, "sent_bad_hashes")
        ask_everybody(state, now)
        return
    lifecycle.note_progress(state, now)
    peer.metadata_asked = now
    if not download.is_complete:
        give_hybrid_time(state, now)
        ask(state, peer, now)
        return
    state.layers = {**state.layers, **download.layers}
    state.layer_download = None
    state.timers.layers = math.inf
    lifecycle.on_metadata(state)


def on_reject(state: TorrentState, peer: PeerState, message: HashReject, now: float) -> None:
    """They do not have it: ask the others."""
    download = state.layer_download
    if download is None or message.base_layer != download.base_layer:
        return
    owed = download.outstanding(peer.key)
    download.reject(peer.key, run_of(message))
    if download.outstanding(peer.key) < owed:
        state.last_failure = f"{peer.joined.endpoint} refused to give the piece hashes"
        ask_everybody(state, now)


def on_peer_joined(state: TorrentState, peer: PeerState, now: float) -> None:
    """Somebody new may know them."""
    ask(state, peer, now)


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """Hand what it still owed us to the others."""
    if state.layer_download is not None:
        state.layer_download.peer_left(peer.key)
        ask_everybody(state, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Let others have the runs that a silent peer owes us; ask it again later."""
    download = state.layer_download
    if download is None or state.timers.layers > now:
        return
    state.timers.layers = math.inf
    if state.layers_over <= now:
        state.layer_download = None
        lifecycle.on_metadata(state)
        return
    wake(state, state.layers_over)
    patience = state.config.peers.request_timeout_seconds
    for peer in state.peers.values():
        if download.outstanding(peer.key):
            if now < peer.metadata_asked + patience:
                wake(state, peer.metadata_asked + patience)
                continue
            download.release(peer.key)
            peer.metadata_rest_until = now + patience
        if now < peer.metadata_rest_until:
            wake(state, peer.metadata_rest_until)
    ask_everybody(state, now)


def wake(state: TorrentState, when: float) -> None:
    """Have silent peers looked for at `when`, if not before."""
    state.timers.layers = min(state.timers.layers, when)


def run_of(message: HashRequest) -> LayerRun:
    """The run that a message is about."""
    return LayerRun(message.pieces_root, message.index, message.length, message.proof_layers)
