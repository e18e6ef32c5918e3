"""Neighbours find each other, and nobody else is believed (BEP 14)."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from itertools import pairwise

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError
from raincore.base.ids import InfoHash
from raincore.net.lsd_service import WINDOW_DATAGRAMS, LsdService
from raincore.wire import lsd
from raincore.wire.lsd import GROUPS, Announcement
from tests.sim.network import SimNetwork

A, B = InfoHash(b"a" * 20), InfoHash(b"b" * 20)
GROUP = GROUPS[0]


class Home:
    """A local network whose hosts all run the service."""

    def __init__(self, seed: int, *hosts: str) -> None:
        self.network = SimNetwork(seed)
        self.network.lan(*hosts)
        self.seed = seed
        self.services: dict[str, LsdService] = {}
        self.found: list[tuple[str, Endpoint]] = []
        """(who heard, of whom)."""
        self.datagrams: list[tuple[float, bytes, Endpoint]] = []

    def service(self, host: str, port: int = 6881) -> LsdService:
        rng = random.Random(f"{self.seed} {host}")
        made = LsdService(self.network.host(host), rng, port, lambda: [host])
        self.services[host] = made
        return made

    def look(self, host: str, info_hash: InfoHash = A, *, announce: bool = True) -> None:
        def on_neighbour(endpoint: Endpoint) -> None:
            self.found.append((host, endpoint))

        self.services[host].look(info_hash, on_neighbour, announce=announce)

    def take(self, data: bytes, source: Endpoint) -> None:
        self.datagrams.append((trio.current_time(), data, source))

    @asynccontextmanager
    async def running(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.network.run)
            for service in self.services.values():
                nursery.start_soon(service.run)
            yield
            nursery.cancel_scope.cancel()
        assert not any(self.network.host(host).groups for host in self.services)


def home(seed: int, *hosts: str) -> Home:
    made = Home(seed, *hosts)
    for host in hosts:
        made.service(host)
    return made


ONE, TWO, THREE = "192.168.1.1", "192.168.1.2", "192.168.1.3"


async def test_neighbours_hear_of_each_other_and_nobody_of_himself(seed, autojump_clock):
    lan = home(seed, ONE, TWO)
    async with lan.running():
        lan.look(ONE)
        lan.look(TWO)
        await trio.sleep(30)
    assert set(lan.found) == {(ONE, Endpoint(TWO, 6881)), (TWO, Endpoint(ONE, 6881))}


async def test_who_only_listens_is_not_heard_of(seed, autojump_clock):
    lan = home(seed, ONE, TWO)
    async with lan.running():
        lan.look(ONE, announce=False)
        lan.look(TWO)
        await trio.sleep(1000)
        assert {who for who, _ in lan.found} == {ONE}
        lan.look(ONE)
        await trio.sleep(5)
        assert {who for who, _ in lan.found} == {ONE, TWO}


async def test_a_newcomer_is_answered_within_seconds(seed, autojump_clock):
    lan = home(seed, ONE, TWO)
    async with lan.running():
        lan.look(ONE)
        await trio.sleep(100)
        lan.look(TWO)
        await trio.sleep(12)
    assert (TWO, Endpoint(ONE, 6881)) in lan.found


async def test_torrents_are_told_apart_and_those_that_ended_are_silent(seed, autojump_clock):
    lan = home(seed, ONE, TWO, THREE)
    async with lan.running():
        lan.look(ONE, A)
        lan.look(TWO, B)
        await trio.sleep(400)
        assert lan.found == []
        lan.services[ONE].leave(A)
        lan.services[ONE].leave(A)
        lan.look(THREE, A)
        await trio.sleep(400)
        assert lan.found == []


async def test_no_datagram_leaves_before_a_torrent_wants_it_and_then_one_a_minute(
    seed, autojump_clock
):
    lan = home(seed, ONE)
    lan.network.lan(ONE, TWO)
    lan.network.host(TWO).multicast(GROUP, lan.take)
    async with lan.running():
        await trio.sleep(1000)
        assert lan.datagrams == []
        for number in range(60):
            lan.look(ONE, InfoHash(bytes([number]) * 20))
        await trio.sleep(600)
    times = [when for when, _, _ in lan.datagrams]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 6, "three for all of them, twice"
    assert min(gaps) > 59
    assert all(len(data) <= 1400 for _, data, _ in lan.datagrams)
    seen = {info_hash for _, data, _ in lan.datagrams for info_hash in lsd.parse(data).info_hashes}
    assert len(seen) == 60


def announce(info_hash: InfoHash = A, port: int = 7777) -> bytes:
    return lsd.encode(Announcement(port, (info_hash,)), GROUP)


async def test_strangers_and_nonsense_are_not_believed(seed, autojump_clock):
    lan = home(seed, ONE)
    lan.network.lan(ONE, "20.1.1.1", TWO)
    async with lan.running():
        lan.look(ONE)
        await trio.sleep(5)
        lan.network.host("20.1.1.1").multicast(GROUP, lan.take).send(announce())
        neighbour = lan.network.host(TWO).multicast(GROUP, lan.take)
        neighbour.send(b"M-SEARCH * HTTP/1.1\r\n\r\n")
        neighbour.send(announce(B))
        await trio.sleep(5)
        assert lan.found == []
        neighbour.send(announce())
        await trio.sleep(5)
        assert lan.found == [(ONE, Endpoint(TWO, 7777))]


async def test_a_flood_is_looked_at_in_part_only(seed, autojump_clock):
    lan = home(seed, ONE)
    lan.network.lan(ONE, TWO)
    async with lan.running():
        lan.look(ONE)
        await trio.sleep(20)
        neighbour = lan.network.host(TWO).multicast(GROUP, lan.take)
        for port in range(1, 3000):
            neighbour.send(announce(port=port))
        await trio.sleep(5)
        assert len(lan.found) == WINDOW_DATAGRAMS
        await trio.sleep(20)
        neighbour.send(announce())
        await trio.sleep(1)
        assert len(lan.found) == WINDOW_DATAGRAMS + 1


async def test_addresses_that_need_the_name_of_a_device_are_left_out(seed, autojump_clock):
    link_local, good = "fe80::1", "fd00::2"
    lan = home(seed, "fd00::1")
    lan.network.lan("fd00::1", link_local, good)
    async with lan.running():
        lan.look("fd00::1")
        await trio.sleep(5)
        for host in (link_local, good):
            member = lan.network.host(host).multicast(GROUPS[1], lan.take)
            member.send(lsd.encode(Announcement(7777, (A,)), GROUPS[1]))
        await trio.sleep(5)
    assert lan.found == [("fd00::1", Endpoint(good, 7777))]


async def test_without_any_group_the_service_ends_in_silence(seed, autojump_clock):
    class Offline:
        def multicast(self, group, on_datagram):
            raise ListenError(f"no such device: {group}", str(group))

    service = LsdService(Offline(), random.Random(seed), 6881)
    service.look(A, lambda endpoint: None, announce=True)
    await service.run()
