"""Which addresses are our own: never to be dialled, and one end of each priority (BEP 40)."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from raincore.base import addresses
from raincore.base.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["OwnAddresses"]

VOTERS_MAX = 100
"""Votes remembered, the last of each voter."""

VOTES_MIN = 2
"""A single voice is no proof: it may lie, and would turn us against somebody else."""


class Machine(NamedTuple):
    """What can be said of a machine's addresses, whatever the port.

    Args:
        hosts: All of them, in canonical form.
        near: Those that only this machine and its neighbours can use; their ports are 0.
        world: One that the world can use, by whether it is IPv6.
        networks: Those that they are in.
    """

    hosts: frozenset[str]
    near: tuple[Endpoint, ...]
    world: dict[bool, str]
    networks: frozenset[tuple[bool, Hashable]]


@lru_cache(maxsize=8)
def machine_of(hosts: tuple[str, ...]) -> Machine:
    """The same for all torrents: ten thousand do not each look through it."""
    here = [Endpoint(host, 0) for host in hosts]
    outside = [host for host in here if not addresses.is_local(host)]
    return Machine(
        frozenset(host.host for host in here),
        tuple(host for host in here if addresses.is_local(host)),
        {host.is_ipv6: host.host for host in reversed(outside)},
        frozenset((host.is_ipv6, addresses.network_of(host)) for host in outside),
    )


class OwnAddresses:
    """The addresses of this machine, and those that others say we have (BEP 10, "yourip").

    An address is believed when two voters say so, and more than half of those who speak of
    its family. Whoever asks for votes lets each network speak once.

    Args:
        hosts: Addresses of this machine's interfaces.
        port: Where we listen for peers; 0 for nowhere.
    """

    __slots__ = ("_machine", "_port", "_seen_as", "_votes")

    def __init__(self, hosts: Iterable[str] = (), port: int = 0) -> None:
        self._port = port
        self._machine = machine_of(tuple(hosts))
        self._votes: dict[tuple[bool, Hashable], Endpoint] = {}
        self._seen_as: dict[bool, Endpoint] = {}  # by whether it is IPv6

    def told(self, voter: Hashable, host: str) -> bool:
        """Count what somebody sees us as.

        Args:
            voter: Whoever is to have one voice: the name of a network, or of a tracker.
            host: An address literal. Local ones are nobody's view of us from outside.

        Returns:
            Whether we are believed to have another address than before.
        """
        seen = Endpoint(host, self._port)
        if addresses.is_local(seen) or not addresses.is_possible(Endpoint(host, 1)):
            return False
        family = seen.is_ipv6
        self._votes.pop((family, voter), None)
        self._votes[family, voter] = seen
        if len(self._votes) > VOTERS_MAX:
            del self._votes[next(iter(self._votes))]
        votes = [vote for (of, _), vote in self._votes.items() if of == family]
        winner, count = Counter(votes).most_common(1)[0]
        if count < VOTES_MIN or 2 * count <= len(votes) or winner == self._seen_as.get(family):
            return False
        self._seen_as[family] = winner
        return True

    def agreed(self, host: str) -> bool:
        """Believe an address on which many have agreed elsewhere; otherwise as `told`."""
        return self.told("many", host) | self.told("many others", host)

    def seen_as(self, *, ipv6: bool) -> Endpoint | None:
        """The address by which the world knows us, and our port; None while in doubt."""
        seen, world = self._seen_as.get(ipv6), self._machine.world.get(ipv6)
        return seen or (None if world is None else Endpoint(world, self._port))

    def facing(self, theirs: Endpoint) -> Endpoint | None:
        """The address as which a peer sees us, and our port; None while in doubt."""
        if not addresses.is_local(theirs):
            return self.seen_as(ipv6=theirs.is_ipv6)
        near = [host for host in self._machine.near if host.is_ipv6 == theirs.is_ipv6]
        number = theirs.sort_key[1]
        best = min(near, key=lambda host: host.sort_key[1] ^ number, default=None)
        return None if best is None else Endpoint(best.host, self._port)

    def includes(self, endpoint: Endpoint) -> bool:
        """Whether we would meet ourselves there."""
        is_here = endpoint.port == self._port and endpoint.host in self._machine.hosts
        return bool(self._port) and (is_here or endpoint in self._seen_as.values())

    def is_near(self, endpoint: Endpoint) -> bool:
        """Whether an address is in a network of ours: on this machine, private, on our link."""
        if addresses.is_local(endpoint):
            return True
        return (endpoint.is_ipv6, addresses.network_of(endpoint)) in self._machine.networks
