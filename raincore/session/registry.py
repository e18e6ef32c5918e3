"""Torrents by info-hash, plain and veiled: what the acceptor of their port asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.wire import mse_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self._aliases: dict[InfoHash, InfoHash] = {}
        self._by_key_hash: dict[bytes, InfoHash] = {}

    def __contains__(self, info_hash: InfoHash) -> bool:
        return info_hash in self._torrents

    def add(self, info_hash: InfoHash, torrent: Torrent) -> None:
        """Let strangers ask for a torrent."""
        self._torrents.setdefault(info_hash, []).append(torrent)
        self._by_key_hash[mse_keys.key_hash(info_hash)] = info_hash

    def also(self, alias: InfoHash, info_hash: InfoHash) -> None:
        """Let strangers ask for a torrent by another hash too, as for a hybrid (BEP 52).

        Args:
            alias: Means nothing where it is the hash, or the alias, of another torrent.
            info_hash: Under which the torrent was added.
        """
        if info_hash in self._torrents and alias != info_hash and alias not in self._aliases:
            self._aliases[alias] = info_hash
            self._by_key_hash.setdefault(mse_keys.key_hash(alias), alias)

    def remove(self, info_hash: InfoHash, torrent: Torrent) -> None:
        """Know a torrent no more; when it was the last of its hash, by no alias either."""
        same = self._torrents[info_hash]
        same.remove(torrent)
        if same:
            return
        del self._torrents[info_hash]
        names = [alias for alias, of in self._aliases.items() if of == info_hash]
        for alias in names:
            del self._aliases[alias]
        for name in (info_hash, *names):
            if name not in self._torrents and name not in self._aliases:
                del self._by_key_hash[mse_keys.key_hash(name)]

    def get(self, info_hash: InfoHash) -> Torrent | None:
        """The torrent of an info-hash or alias, the oldest if there are several."""
        same = self._same(info_hash)
        return same[0] if same else None

    def all(self) -> list[Torrent]:
        """Every torrent, those of the oldest info-hash first."""
        return [torrent for same in self._torrents.values() for torrent in same]

    # --- what the acceptor asks -----------------------------------------------------------

    def offer(self, info_hash: InfoHash) -> Offer | None:
        """Answer a stranger's handshake only for a torrent that is ready for peers."""
        torrent = self._open(info_hash)
        return None if torrent is None else torrent.offer(info_hash)

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
        return next((one for one in self._same(info_hash) if one.accepts_peers), None)

    def _same(self, info_hash: InfoHash) -> Sequence[Torrent]:
        name = info_hash if info_hash in self._torrents else self._aliases.get(info_hash)
        return () if name is None else self._torrents.get(name, ())
