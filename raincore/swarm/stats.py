"""Counters, and the snapshot records made from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.documents import events as records

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["bytes_done", "is_moving", "progress", "ratio", "why_stalled"]


def bytes_done(state: TorrentState) -> int:
    """Bytes of verified content, padding included."""
    if state.have is None or state.geometry is None:
        return 0
    count, pieces = state.have.count(), state.geometry.piece_count
    done = count * state.geometry.piece_length
    if pieces and state.have[pieces - 1]:
        done += state.geometry.length_of(pieces - 1) - state.geometry.piece_length
    return done


def ratio(state: TorrentState) -> float:
    """Bytes uploaded per byte of content."""
    total = state.geometry.total_length if state.geometry is not None else 0
    return state.counters.uploaded / total if total else 0.0


def is_moving(state: TorrentState, now: float) -> bool:
    """Whether content went to or came from anybody within the last seconds."""
    return any(
        peer.download.per_second(now) > 0 or peer.upload.per_second(now) > 0
        for peer in state.peers.values()
    )


def progress(state: TorrentState, now: float) -> records.Progress:
    """Where the torrent stands, for bars and pipes (CONTRACT §4)."""
    peers = state.peers.values()
    down = sum(peer.download.per_second(now) for peer in peers)
    done = bytes_done(state)
    total = state.geometry.total_length if state.geometry is not None else 0
    eta = math.ceil((total - done) / down) if total and down > 0 else None
    return records.Progress(
        info_hash=state.info_hash,
        pieces_have=state.have.count() if state.have is not None else 0,
        pieces_total=state.geometry.piece_count if state.geometry is not None else 0,
        bytes_done=done,
        bytes_total=total,
        down_rate=round(down),
        up_rate=round(sum(peer.upload.per_second(now) for peer in peers)),
        peers=len(state.peers),
        eta=eta,
    )


def why_stalled(state: TorrentState) -> str:
    """The best short reason for standing still, for the message that ends the torrent."""
    peers = state.peers.values()
    if not peers:
        return state.last_failure or "no peer is known"
    if state.info is None:
        return state.last_failure or f"none of {len(peers)} peers has given the metadata"
    if not any(peer.we_interested for peer in peers):
        return f"none of {len(peers)} peers has a piece that is missing"
    if all(peer.they_choke for peer in peers if peer.we_interested):
        return f"all of {len(peers)} peers choke us"
    return f"{len(peers)} peers are connected but send nothing"
