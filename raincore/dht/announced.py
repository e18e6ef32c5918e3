"""The peers of one torrent that were announced to us: packed, each address once (BEP 5, 33).

A million of these must fit into memory, so an entry is a row in flat arrays, and a reply
is cut out of them.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from raincore.base.addresses import is_local
from raincore.base.endpoint import Endpoint
from raincore.dht.scrape_filter import ScrapeFilter

if TYPE_CHECKING:
    import random

__all__ = ["Announced"]

FILTER_SECONDS = 60.0
"""A filter that holds who is gone is used for so long before it is made again."""


class Announced:
    """Rows of address, port, seed flag and expiry.

    Args:
        ipv6: The family of all addresses.
    """

    __slots__ = ("_at", "_built", "_expiry", "_filters", "_host_length", "_packed", "_seeds")

    def __init__(self, *, ipv6: bool) -> None:
        self._host_length = 16 if ipv6 else 4
        self._at: dict[int, int] = {}
        self._packed = bytearray()
        self._seeds = bytearray()
        self._expiry = array("d")
        self._filters: tuple[bytes, bytes] | None = None
        self._built = 0.0

    def __len__(self) -> int:
        return len(self._seeds)

    def __contains__(self, endpoint: Endpoint) -> bool:
        return _name(endpoint) in self._at

    def add(self, endpoint: Endpoint, *, seed: bool, expires: float) -> None:
        """Remember a peer, or renew it; an address has one port (BEP 33).

        Not so a local address: there the neighbours are ours, and many peers on one machine
        would hide each other.
        """
        name, packed = _name(endpoint), endpoint.packed
        at = self._at.get(name)
        if at is None:
            self._at[name] = len(self)
            self._packed += packed
            self._seeds.append(seed)
            self._expiry.append(expires)
        else:
            size = self._host_length + 2
            self._packed[at * size : (at + 1) * size] = packed
            self._seeds[at] = seed
            self._expiry[at] = expires

    def expire(self, now: float) -> None:
        """Forget those whose time is over."""
        for at in range(len(self) - 1, -1, -1):
            if self._expiry[at] <= now:
                self._remove(at)

    def sample(self, count: int, rng: random.Random, *, no_seeds: bool = False) -> list[bytes]:
        """Some peers as they go over the wire.

        Args:
            count: How many at most.
            rng: Dice for where to begin: the peers are given in turn from there, so each
                is given as often as any other.
            no_seeds: Leave seeds out (BEP 33, "noseed").
        """
        total = len(self)
        if not total:
            return []
        size, packed, seeds = self._host_length + 2, self._packed, self._seeds
        start = rng.randrange(total) if total > count or no_seeds else 0
        if no_seeds:
            order = (*range(start, total), *range(start))
            rows = [at for at in order if not seeds[at]][:count]
            return [bytes(packed[at * size : (at + 1) * size]) for at in rows]
        end = (start + min(count, total)) * size
        some = bytes(packed[start * size : end] + packed[: max(0, end - total * size)])
        return [some[at : at + size] for at in range(0, len(some), size)]

    def filters(self, now: float) -> tuple[bytes, bytes]:
        """The bloom filters of seeds and of the other peers (BEP 33).

        Made again once a minute at most: it costs half a millisecond for 500 peers.
        """
        if self._filters is None or now - self._built >= FILTER_SECONDS:
            made = ScrapeFilter(), ScrapeFilter()
            size = self._host_length + 2
            for at, seed in enumerate(self._seeds):
                address = bytes(self._packed[at * size : at * size + self._host_length])
                made[0 if seed else 1].add_packed(address)
            self._filters = made[0].packed(), made[1].packed()
            self._built = now
        return self._filters

    def _remove(self, at: int) -> None:
        """The last row takes the place of the one that goes."""
        size, last = self._host_length + 2, len(self) - 1
        del self._at[self._name(at)]
        if at != last:
            self._at[self._name(last)] = at
            self._packed[at * size : (at + 1) * size] = self._packed[last * size :]
            self._seeds[at] = self._seeds[last]
            self._expiry[at] = self._expiry[last]
        del self._packed[last * size :], self._seeds[last:], self._expiry[last:]

    def _name(self, at: int) -> int:
        size = self._host_length + 2
        return _name(Endpoint.from_packed(bytes(self._packed[at * size : (at + 1) * size])))


def _name(endpoint: Endpoint) -> int:
    """What no two rows have in common."""
    _, number, port = endpoint.sort_key
    return ~(number << 16 | port) if is_local(endpoint) else number
