"""Whom we trust how much, and who is on parole.

Each good piece that a peer sent a part of earns it a point, each bad one costs it two. Who
has fewer than none is on parole: it gets whole pieces, and those alone, so that the next one
proves it honest, or convicts it. Points ban nobody: a peer that often shares pieces with a
liar is unlucky, and only what it sent itself is evidence (`policy.suspects`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm.events import PeerKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["is_on_parole", "on_bad_piece", "on_good_piece"]

GOOD, BAD, MOST = 1, 2, 8


def is_on_parole(peer: PeerState) -> bool:
    """Whether a peer has to prove itself."""
    return peer.trust < 0


def on_good_piece(state: TorrentState, senders: Iterable[int]) -> None:
    """A piece matches its hash."""
    for peer in those_here(state, senders):
        peer.trust = min(peer.trust + GOOD, MOST)


def on_bad_piece(state: TorrentState, senders: Iterable[int]) -> None:
    """A piece does not, and one of those who sent it may have lied."""
    for peer in those_here(state, senders):
        peer.trust -= BAD


def those_here(state: TorrentState, senders: Iterable[int]) -> list[PeerState]:
    """The peers among the senders of blocks, once each; web seeds and who left are none."""
    found = map(state.peers.get, map(PeerKey, dict.fromkeys(senders)))
    return [peer for peer in found if peer is not None]
