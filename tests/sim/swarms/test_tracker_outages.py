"""Hundreds of torrents of one process, and trackers that are down for hours: no storm."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from raincore.base.bitfield import Bitfield
from raincore.base.config import Config
from raincore.base.ids import InfoHash
from raincore.engine.announcers import Announcers
from raincore.net.tracker_client import TrackerClient
from raincore.swarm.commands import Announce
from raincore.swarm.events import ContentChecked, Event, Sealed, Started, StopRequested
from raincore.swarm.given import Given
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal, Limits
from tests.sim.network import SimNetwork
from tests.sim.web_tracker import INTERVAL_SECONDS, Mood, WebTracker
from tests.swarm.swarm_world import OWN_ID, info_of

HOUR = 3600.0
TORRENTS = 150
A, B = "http://a.example/announce", "http://b.example/announce"
AT_ONCE = 4
"""Announces to one host that are under way together."""


class Seeded:
    """One torrent that is complete, and does nothing but announce."""

    def __init__(self, client: TrackerClient, tiers: list[list[str]], seed: int) -> None:
        self.info_hash = InfoHash(random.Random(seed).randbytes(20))
        self._client = client
        given = Given(
            info_hash=self.info_hash,
            own_id=OWN_ID,
            info=info_of(),
            goal=Goal.SEED,
            limits=Limits(),
            trackers=tiers,
            port=6881,
        )
        self._machine = TorrentMachine(given, config=Config(), rng=random.Random(seed))
        self._rearm = trio.Event()

    async def run(self, stop: trio.Event) -> None:
        async with trio.open_nursery() as nursery:
            self._announcers = Announcers(self._client, nursery.start_soon, self._dispatch)
            for event in (Started(), ContentChecked(Bitfield.full(4)), Sealed()):
                self._dispatch(event)
            nursery.start_soon(self._run_timer)
            await stop.wait()
            self._dispatch(StopRequested())
            await self._announcers.wait_told()
            nursery.cancel_scope.cancel()

    def _dispatch(self, event: Event) -> None:
        self._do(self._machine.handle(event, trio.current_time()))

    def _do(self, commands: list) -> None:
        for command in commands:
            if isinstance(command, Announce):
                self._announcers.announce(command)
        self._rearm.set()

    async def _run_timer(self) -> None:
        while True:
            self._rearm = trio.Event()
            with trio.move_on_at(self._machine.next_timer()):
                await self._rearm.wait()
            self._do(self._machine.handle_timer(trio.current_time()))


class Crowd:
    """The torrents of one process, and two trackers."""

    def __init__(self, a: WebTracker, b: WebTracker, torrents: list[Seeded]) -> None:
        self.a, self.b, self.torrents = a, b, torrents
        self.stop = trio.Event()

    def strangers(self, tracker: WebTracker) -> int:
        """How many torrents a tracker has not heard of."""
        return len({t.info_hash for t in self.torrents} - {h.info_hash for h in tracker.heard})


@asynccontextmanager
async def crowd(seed: int, *tiers: list[str]) -> AsyncIterator[Crowd]:
    network = SimNetwork(seed)
    network.names.update({"a.example": ["192.0.2.1"], "b.example": ["192.0.2.2"]})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run)
        trackers = [WebTracker(network.host(f"192.0.2.{n}"), nursery) for n in (1, 2)]
        client = TrackerClient(network.host("10.0.0.1"), random.Random(seed))
        torrents = [Seeded(client, list(tiers), seed + number) for number in range(TORRENTS)]
        made = Crowd(*trackers, torrents)
        yield made
        async with trio.open_nursery() as running:
            for torrent in torrents:
                running.start_soon(torrent.run, made.stop)
            running.start_soon(made.script)  # type: ignore[attr-defined]
        await client.aclose()
        nursery.cancel_scope.cancel()


def spread(tracker: WebTracker, since: float) -> int:
    """The most announces in one minute after `since` that a tracker answered."""
    return max(Counter(h.when // 60 for h in tracker.heard if h.when >= since).values(), default=0)


async def test_hundreds_of_torrents_begin_side_by_side_but_a_few_at_a_time(seed, autojump_clock):
    async with crowd(seed, [A]) as made:
        made.a.become(Mood.WELL)

        async def script() -> None:
            await trio.sleep(60)
            assert made.strangers(made.a) == 0
            await trio.sleep(1.5 * HOUR)
            made.stop.set()

        made.script = script
    assert made.a.most_open <= AT_ONCE + 16
    for torrent in made.torrents:
        assert made.a.told(torrent.info_hash) == ["started", "stopped"]
    count = len(made.a.heard) / TORRENTS - 2
    assert count <= 1.5 * HOUR / INTERVAL_SECONDS


async def test_a_tracker_that_is_silent_for_hours_is_asked_by_a_few(seed, autojump_clock):
    async with crowd(seed, [A], [B]) as made:
        made.a.become(Mood.SILENT)
        made.b.become(Mood.WELL)

        async def script() -> None:
            await trio.sleep(180)
            assert made.strangers(made.b) == 0
            await trio.sleep(3 * HOUR)
            assert made.a.per_minute() <= 60
            assert len(made.a.connections) < 3 * HOUR / 20 * AT_ONCE
            made.a.become(Mood.WELL)
            back = trio.current_time()
            await trio.sleep(1.2 * HOUR)
            assert made.strangers(made.a) == 0
            assert spread(made.a, back) <= TORRENTS / 2
            made.stop.set()

        made.script = script
    for torrent in made.torrents:
        assert made.a.told(torrent.info_hash) == ["started", "stopped"]
        assert made.b.told(torrent.info_hash) == ["started", "stopped"]


async def test_when_all_are_gone_for_hours_all_come_back_but_not_together(seed, autojump_clock):
    async with crowd(seed, [A, B]) as made:

        async def script() -> None:
            await trio.sleep(3 * HOUR)
            made.a.become(Mood.WELL)
            back = trio.current_time()
            await trio.sleep(1.2 * HOUR)
            assert made.strangers(made.a) == 0
            assert spread(made.a, back) <= TORRENTS / 2
            made.stop.set()

        made.script = script
    for torrent in made.torrents:
        assert made.a.told(torrent.info_hash) == ["started", "stopped"]
        assert made.b.told(torrent.info_hash) == []


async def test_a_tracker_that_says_when_to_come_back_is_left_alone_until_then(seed, autojump_clock):
    async with crowd(seed, [A]) as made:
        made.a.become(Mood.BUSY)

        async def script() -> None:
            await trio.sleep(2 * HOUR)
            asked = len(made.a.connections)
            assert asked <= TORRENTS * (1 + 2 * HOUR / 1800)
            made.a.become(Mood.WELL)
            await trio.sleep(0.7 * HOUR)
            assert made.strangers(made.a) == 0
            made.stop.set()

        made.script = script
    for torrent in made.torrents:
        assert made.a.told(torrent.info_hash) == ["started", "stopped"]


async def test_a_tracker_that_dies_does_not_hold_up_the_end(seed, autojump_clock):
    async with crowd(seed, [A]) as made:
        made.a.become(Mood.WELL)
        ended = []

        async def script() -> None:
            await trio.sleep(HOUR)
            made.a.become(Mood.SILENT)
            ended.append(trio.current_time())
            made.stop.set()

        made.script = script
    assert trio.current_time() - ended[0] < 5
