"""How a DHT node finds its first nodes: by names that are looked up, or by bare addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from raincore.base.addresses import stands_for_name
from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.net.interface import Network

__all__ = ["FALLBACK", "Bootstrap"]

FALLBACK: Final = (
    "67.215.246.10:6881",
    "82.221.103.244:6881",
    "87.98.162.88:6881",
    "212.129.33.59:6881",
    "185.157.221.247:25401",
    "[2001:41d0:203:4cca:5::]:6881",
    "[2a02:752:0:18::128]:25401",
)
"""Where the names of base.config.BOOTSTRAP led in 2026, for networks without a name server."""

FALLBACK_SECONDS = 3.0
"""How long names have to lead to somebody before bare addresses are asked as well."""

FIRST_RETRY_SECONDS = 15.0
LAST_RETRY_SECONDS = 600.0


class Bootstrap:
    """Looks names up, and does so again while nobody is known.

    Args:
        network: Looks up.
        start: Takes addresses as they become known.
        is_alone: Says whether no node at all has answered yet.
        lookup_seconds: How long a name may take before we go on without it.
    """

    def __init__(
        self,
        network: Network,
        start: Callable[[Sequence[Endpoint]], None],
        is_alone: Callable[[], bool],
        lookup_seconds: float = 10.0,
    ) -> None:
        self.endpoints: dict[Endpoint, None] = {}
        """Every address that was given to `start`."""
        self._network = network
        self._start = start
        self._is_alone = is_alone
        self._lookup_seconds = lookup_seconds

    async def run(
        self, hosts: Sequence[str], fallback: Sequence[str], on_asked: Callable[[], None]
    ) -> None:
        """Find addresses until somebody has answered; what cannot be found is no error.

        Args:
            hosts: "host:port"; all names are looked up at once, and each is used as soon as
                it is known.
            fallback: Addresses for when those lead to nobody.
            on_asked: Is called once, when the first attempt has given all that it will give.
        """
        bare = [one for one in map(literal, fallback) if one is not None]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fall_back, bare)
            await self.look_up(hosts)
            if self._is_alone():
                self._give(bare)
            nursery.cancel_scope.cancel()
        on_asked()
        pause = FIRST_RETRY_SECONDS
        while self._is_alone():
            await trio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY_SECONDS)
            if self._is_alone():
                await self.look_up([host for host in hosts if literal(host) is None])

    async def look_up(self, hosts: Sequence[str]) -> None:
        """Give the addresses of all hosts, each as soon as it is known; bounded in time."""
        self._give([one for one in map(literal, hosts) if one is not None])
        with trio.move_on_after(self._lookup_seconds):
            async with trio.open_nursery() as nursery:
                for host in hosts:
                    if literal(host) is None:
                        nursery.start_soon(self._resolve, host)

    async def _resolve(self, host: str) -> None:
        name, _, port = host.rpartition(":")
        try:
            self._give(await self._network.resolve(name.strip("[]"), int(port)))
        except (NetworkError, ValueError):
            # Without a name server we are offline or not: the other ways will show.
            return

    async def _fall_back(self, bare: Sequence[Endpoint]) -> None:
        await trio.sleep(FALLBACK_SECONDS)
        if self._is_alone():
            self._give(bare)

    def _give(self, endpoints: Sequence[Endpoint]) -> None:
        fresh = [
            one
            for one in dict.fromkeys(endpoints)
            # What stands for a name must not become a node that others are told of.
            if one not in self.endpoints and not stands_for_name(one)
        ]
        self.endpoints.update(dict.fromkeys(fresh))
        if fresh:
            self._start(fresh)


def literal(host: str) -> Endpoint | None:
    """The address that a text spells out; None for a name."""
    try:
        return Endpoint.parse(host)
    except FormatError:
        return None
