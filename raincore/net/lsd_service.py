"""Local discovery: who of the local network takes part in our torrents (BEP 14).

Multicast goes no farther than the link, and only neighbours are believed: what comes from
elsewhere was not sent by anybody whom we could reach as one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

from raincore.base import addresses
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, RemoteProtocolError
from raincore.net.lsd_pace import LsdPace
from raincore.wire import lsd
from raincore.wire.lsd import Announcement

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from raincore.base.ids import InfoHash
    from raincore.net.interface import Multicast, Network

__all__ = ["LsdService"]

WINDOW_SECONDS = 10.0
WINDOW_DATAGRAMS = 100
"""Looked at within so long: one announce per neighbour and minute is what there should be."""


class LsdService:
    """Both groups, for all torrents of a process.

    Args:
        network: Gives the groups. Where there is no way to them, nothing happens.
        rng: Dice for the cookie and the pace.
        port: Where we accept peers, unless a torrent has a port of its own.
        hosts: Gives the addresses of this machine.
    """

    def __init__(
        self,
        network: Network,
        rng: random.Random,
        port: int,
        hosts: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._network = network
        self._port = port
        self._hosts = hosts
        self._ours: tuple[Endpoint, ...] = ()
        self._cookie = f"rain-{rng.getrandbits(64):016x}"
        self._pace = LsdPace(rng)
        self._listening: dict[InfoHash, Callable[[Endpoint], None]] = {}
        self._ports: dict[InfoHash, int] = {}
        self._groups: list[Multicast] = []
        self._changed = trio.Event()
        self._window_ends = -math.inf
        self._looked_at = 0

    def look(
        self,
        info_hash: InfoHash,
        on_neighbour: Callable[[Endpoint], None],
        *,
        announce: bool,
        port: int = 0,
    ) -> None:
        """Tell of neighbours that take part in a torrent; with `announce`, tell them of us.

        Args:
            port: Where this torrent accepts peers; 0 for the port of all.
        """
        self._listening[info_hash] = on_neighbour
        self._ports[info_hash] = port or self._port
        if announce:
            self._pace.add(info_hash, trio.current_time())
        self._changed.set()

    def leave(self, info_hash: InfoHash) -> None:
        """Neither listen nor announce any more; harmless when we did not."""
        self._listening.pop(info_hash, None)
        self._ports.pop(info_hash, None)
        self._pace.remove(info_hash)

    async def run(self) -> None:
        """Serve until cancelled. Nothing is joined before the first torrent wants it."""
        try:
            while not self._listening:
                await self._change()
            self._join()
            while self._groups:
                with trio.move_on_at(self._pace.next_time()):
                    await self._change()
                self._announce()
        finally:
            for group in self._groups:
                group.close()

    async def _change(self) -> None:
        self._changed = trio.Event()
        await self._changed.wait()

    def _join(self) -> None:
        self._ours = tuple(Endpoint(host, 0) for host in self._hosts())
        for group in lsd.GROUPS:
            try:
                self._groups.append(self._network.multicast(group, self._hear))
            except ListenError:
                continue  # no such family here, or the port is taken: the other may do

    def _announce(self) -> None:
        by_port: dict[int, list[InfoHash]] = {}
        for info_hash in self._pace.take(trio.current_time()):
            by_port.setdefault(self._ports.get(info_hash, self._port), []).append(info_hash)
        if by_port:
            self._ours = tuple(Endpoint(host, 0) for host in self._hosts())
        for port, taken in by_port.items():
            announcement = Announcement(port, tuple(taken), self._cookie)
            for group in self._groups:
                group.send(lsd.encode(announcement, group.group))

    def _hear(self, datagram: bytes, source: Endpoint) -> None:
        now = trio.current_time()
        if now >= self._window_ends:
            self._window_ends, self._looked_at = now + WINDOW_SECONDS, 0
        self._looked_at += 1
        if self._looked_at > WINDOW_DATAGRAMS or not addresses.is_near(source, self._ours):
            return
        try:
            heard = lsd.parse(datagram)
        except RemoteProtocolError:
            return  # anybody may speak in this group, of anything
        if heard.cookie == self._cookie or is_link_local_6(source):
            return
        for info_hash in heard.info_hashes:
            on_neighbour = self._listening.get(info_hash)
            if on_neighbour is not None:
                self._pace.heard(info_hash, now)
                on_neighbour(Endpoint(source.host, heard.port))
        self._changed.set()  # somebody may have to be answered


def is_link_local_6(endpoint: Endpoint) -> bool:
    """Whether an address means nothing without the name of a device."""
    return endpoint.is_ipv6 and endpoint.sort_key[1] >> 118 == 0x3FA
