"""Torrents by info-hash, plain and veiled: what the acceptor of their port asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.wire import mse_keys

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash
    from raincore.engine.torrent import Torrent
    from raincore.net.dialer import Handshaken, Offer

__all__ = ["Registry"]


class Registry:
    """The torrents that share a port; several may have the same info-hash.

    Strangers who ask for such a hash get the first torrent of them that takes peers.
    """

    def __init__(self) -> None:
        self._torrents: dict[InfoHash, list[Torrent]] = {}
        self._by_key_hash: dict[bytes, InfoHash] = {}

    def __contains__(self, info_hash: InfoHash) -> bool:
        return info_hash in self._torrents

    def add(self, info_hash: InfoHash, torrent: Torrent) -> None:
        """Let strangers ask for a torrent."""
        self._torrents.setdefault(info_hash, []).append(torrent)
        self._by_key_hash[mse_keys.key_hash(info_hash)] = info_hash

    def remove(self, info_hash: InfoHash, torrent: Torrent) -> None:
        """Know a torrent no more."""
        same = self._torrents[info_hash]
        same.remove(torrent)
        if not same:
            del self._torrents[info_hash], self._by_key_hash[mse_keys.key_hash(info_hash)]

    def get(self, info_hash: InfoHash) -> Torrent | None:
        """The torrent of an info-hash, the oldest if there are several."""
        same = self._torrents.get(info_hash)
        return same[0] if same else None

    def all(self) -> list[Torrent]:
        """Every torrent, those of the oldest info-hash first."""
        return [torrent for same in self._torrents.values() for torrent in same]

    # --- what the acceptor asks -----------------------------------------------------------

    def offer(self, info_hash: InfoHash) -> Offer | None:
        """Answer a stranger's handshake only for a torrent that is ready for peers."""
        torrent = self._open(info_hash)
        return None if torrent is None else torrent.offer(dialled=False)

    def find(self, key_hash: bytes) -> InfoHash | None:
        """Tell which torrent an encrypted handshake means (MSE)."""
        return self._by_key_hash.get(key_hash)

    def welcome(self, peer: Handshaken) -> None:
        """Hand an accepted peer to its torrent."""
        torrent = self._open(peer.handshake.info_hash)
        if torrent is None:
            peer.stream.close()
        else:
            torrent.add_peer(peer, incoming=True)

    def _open(self, info_hash: InfoHash) -> Torrent | None:
        same = self._torrents.get(info_hash, ())
        return next((torrent for torrent in same if torrent.accepts_peers), None)
