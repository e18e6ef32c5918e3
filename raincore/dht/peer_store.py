"""Peers that others announced to us, by torrent, within bounds (BEP 5, 33, 51)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.dht import node_ids
from raincore.dht.announced import Announced

if TYPE_CHECKING:
    import random

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, NodeId

__all__ = ["PEER_SECONDS", "SAMPLE_SECONDS", "PeerStore"]

PEER_SECONDS = 30 * 60.0
"""How long an announce lasts."""

SAMPLE_SECONDS = 600
"""How long the same sample of info-hashes is given (BEP 51)."""

SAMPLE_SIZE = 20
PEERS_PER_RANK = 5
SWEPT_AT_ONCE = 50


class PeerStore:
    """Torrents and their peers, all of one address family.

    When it is full, a torrent must be closer to us than the one that is least worth
    keeping: few peers, and far from us, so that others know it better.

    Args:
        ipv6: The family.
        rng: Dice for what of a large store is given.
        max_torrents: How many torrents are kept.
        max_peers: How many peers of each.
    """

    def __init__(
        self, rng: random.Random, *, ipv6: bool, max_torrents: int = 2000, max_peers: int = 500
    ) -> None:
        self._rng = rng
        self._ipv6 = ipv6
        self._max_torrents = max_torrents
        self._max_peers = max_peers
        self._torrents: dict[InfoHash, Announced] = {}
        self._sweep: list[InfoHash] = []
        self._bar: tuple[NodeId, InfoHash, int] | None = None
        self._sample: tuple[InfoHash, ...] = ()
        self._sampled = float("-inf")

    def __len__(self) -> int:
        return len(self._torrents)

    def get(self, info_hash: InfoHash) -> Announced | None:
        """The peers of a torrent, if there are any; some may be a minute too old."""
        return self._torrents.get(info_hash)

    def has_room(self, info_hash: InfoHash, endpoint: Endpoint, own_id: NodeId) -> bool:
        """Whether an announce from this address would be kept: if not, it gets no token."""
        known = self._torrents.get(info_hash)
        if known is not None:
            return len(known) < self._max_peers or endpoint in known
        if len(self._torrents) < self._max_torrents:
            return True
        return node_ids.shared_bits(info_hash, own_id) > self._least(own_id)[1]

    def announce(
        self, info_hash: InfoHash, endpoint: Endpoint, own_id: NodeId, now: float, *, seed: bool
    ) -> bool:
        """Keep a peer for half an hour, and say whether there was room.

        Args:
            info_hash: Of the torrent.
            endpoint: Where the peer accepts connections.
            own_id: Ours: what is close to it is worth more.
            now: Monotonic seconds.
            seed: Whether the peer is complete.
        """
        if not self.has_room(info_hash, endpoint, own_id):
            return False
        if info_hash not in self._torrents and len(self._torrents) >= self._max_torrents:
            del self._torrents[self._least(own_id)[0]]
            self._bar = None
        peers = self._torrents.setdefault(info_hash, Announced(ipv6=self._ipv6))
        peers.add(endpoint, seed=seed, expires=now + PEER_SECONDS)
        return True

    def sample(self, now: float) -> tuple[InfoHash, ...]:
        """Some info-hashes that we have peers of, the same ones for ten minutes (BEP 51)."""
        few = len(self._torrents) <= SAMPLE_SIZE
        if few or now - self._sampled >= SAMPLE_SECONDS:
            known = list(self._torrents)
            self._sample = tuple(known if few else self._rng.sample(known, SAMPLE_SIZE))
            self._sampled = now
        return self._sample

    def expire(self, now: float) -> None:
        """Forget what is too old in some of the torrents; the next call takes the next ones.

        All at once would take a tenth of a second when the store is full.
        """
        if not self._sweep:
            self._sweep = list(self._torrents)
            self._bar = None
        for info_hash in self._sweep[:SWEPT_AT_ONCE]:
            peers = self._torrents.get(info_hash)
            if peers is not None:
                peers.expire(now)
                if not peers:
                    del self._torrents[info_hash]
        del self._sweep[:SWEPT_AT_ONCE]

    def _least(self, own_id: NodeId) -> tuple[InfoHash, int]:
        """The torrent that has to go first, and its worth; found once, not for each query."""
        if self._bar is None or self._bar[0] != own_id or self._bar[1] not in self._torrents:
            worth = {
                info_hash: node_ids.shared_bits(info_hash, own_id) + len(peers) // PEERS_PER_RANK
                for info_hash, peers in self._torrents.items()
            }
            least = min(worth, key=worth.__getitem__)
            self._bar = (own_id, least, worth[least])
        return self._bar[1], self._bar[2]
