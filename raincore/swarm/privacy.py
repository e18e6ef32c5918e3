"""What a private torrent must not use: peers that anybody else than its trackers named (BEP 27).

Whether a magnet link leads to a private torrent shows only with its info dictionary. Until
then peers may come from anywhere; then what did not come from a tracker or from the user is
forgotten, and nothing of it stays connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from raincore.base.config import Identity

if TYPE_CHECKING:
    from raincore.swarm.events import PeerJoined
    from raincore.swarm.state import TorrentState

__all__ = ["PUBLIC_SOURCES", "admits", "identity", "is_private", "may_join", "on_info"]

PUBLIC_SOURCES: Final = ("lsd", "dht", "pex")
"""Sources of addresses that are open to everybody."""

OURS: Final = Identity()


def is_private(state: TorrentState) -> bool:
    """Whether the torrent is known to be private."""
    return state.info is not None and state.info.private


def identity(state: TorrentState) -> Identity:
    """How we introduce ourselves: private trackers may know us by another name."""
    return state.config.private if is_private(state) else OURS


def admits(state: TorrentState, source: str) -> bool:
    """Whether addresses from a source may be used."""
    return source not in PUBLIC_SOURCES or not is_private(state)


def may_join(state: TorrentState, event: PeerJoined) -> bool:
    """Whether a peer may stay: one that we dialled before we knew is forgotten by now."""
    return event.incoming or not is_private(state) or state.candidates.knows(event.endpoint)


def on_info(state: TorrentState) -> None:
    """The info dictionary is known: if the torrent is private, forget what is not for it."""
    if not is_private(state):
        return
    forgotten = state.candidates.forget((*PUBLIC_SOURCES, "incoming"))
    for peer in state.peers.values():
        if not peer.joined.incoming and peer.joined.endpoint in forgotten:
            state.drop(peer, "private")
