"""A handshaken stream becomes a peer of a torrent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.engine.peer_tasks import PeerConnection
from raincore.swarm.events import PeerJoined
from raincore.wire.peer_protocol import PeerProtocol

if TYPE_CHECKING:
    from raincore.engine.torrent import Torrent
    from raincore.net.dialer import Handshaken
    from raincore.swarm.events import PeerKey

__all__ = ["admit"]


def admit(torrent: Torrent, key: PeerKey, peer: Handshaken, *, incoming: bool) -> None:
    """Serve a stream as the peer `key`, and tell the machine who it is."""
    protocol = PeerProtocol(
        fast=peer.handshake.fast,
        extended=peer.handshake.extended,
        limits=torrent.config.peers,
        geometry=torrent.machine.state.geometry,
    )
    connection = PeerConnection(torrent, key, peer.stream, protocol)
    torrent.connections[key] = connection
    connection.start()
    torrent.dispatch(
        PeerJoined(
            peer=key,
            endpoint=peer.stream.remote,
            peer_id=peer.handshake.peer_id,
            fast=peer.handshake.fast,
            extended=peer.handshake.extended,
            incoming=incoming,
            encryption=peer.encryption,
            dht=peer.handshake.dht,
            v2=torrent.machine.state.hashes.is_v2(peer.swarm),
        )
    )
