"""Web seeds in a swarm: they help, are not waited for, and their lies stay with them."""

from __future__ import annotations

import pytest
import trio

from raincore.formats.webseed_url import WebUrls
from tests.sim.content import sample
from tests.sim.web import SimFile
from tests.sim.world import Swarm

KIB = 1024
URL = "http://w.example/sample"
CONTENT = sample(3, pieces=64, piece_length=64 * KIB)
WEB = WebUrls((URL,))


@pytest.mark.parametrize("rate", [20e3, 200e3, 2e6])
async def test_a_web_seed_and_a_seed_are_faster_together(
    seed: int, rate: float, autojump_clock: object
) -> None:
    took: list[float] = []
    for web in (WebUrls(), WEB):
        swarm = Swarm(seed, CONTENT)
        swarm.web.files[URL] = file = SimFile(CONTENT.content, rate=rate)
        async with swarm.running():
            swarm.add("10.0.0.1", whole=True, rate=300e3)
            leecher = swarm.add("10.0.1.1", web=web)
            took.append(await swarm.all_complete([leecher]))
        counters = leecher.torrent.machine.state.counters
        assert counters.wasted <= len(CONTENT.content) // 8
    assert file.given > 0
    assert took[1] <= took[0] + 3.0
    if rate >= 200e3:
        assert took[1] < took[0]


async def test_leechers_with_one_web_seed_complete_each_other(
    seed: int, autojump_clock: object
) -> None:
    swarm = Swarm(seed, CONTENT)
    swarm.web.files[URL] = SimFile(CONTENT.content, rate=100e3)
    async with swarm.running():
        leechers = [swarm.add(f"10.0.1.{n}", web=WEB if n == 0 else WebUrls()) for n in range(5)]
        await swarm.all_complete(leechers)


async def test_a_web_seed_that_keeps_breaking_is_of_use_all_the_same(
    seed: int, autojump_clock: object
) -> None:
    swarm = Swarm(seed, CONTENT)
    swarm.web.files[URL] = SimFile(CONTENT.content, rate=1e6, breaks_after=300e3)
    async with swarm.running():
        leecher = swarm.add("10.0.1.1", web=WEB)
        await swarm.all_complete([leecher])
        assert leecher.torrent.machine.state.counters.wasted < len(CONTENT.content) // 4


async def test_a_lying_web_seed_is_banned_and_nobody_else(
    seed: int, autojump_clock: object
) -> None:
    swarm = Swarm(seed, CONTENT)
    bad = bytearray(CONTENT.content)
    bad[:: 32 * KIB] = bytes(len(bad[:: 32 * KIB]))
    swarm.web.files[URL] = SimFile(bytes(bad), rate=500e3)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=300e3)
        leecher = swarm.add("10.0.1.1", web=WEB)
        await swarm.all_complete([leecher])
        assert leecher.warnings.count("webseed_banned") == 1
        assert leecher.banned == []


async def test_a_web_seed_that_comes_back_is_asked_again(seed: int, autojump_clock: object) -> None:
    swarm = Swarm(seed, CONTENT)
    async with swarm.running():
        leecher = swarm.add("10.0.1.1", web=WEB)
        await trio.sleep(40)
        assert leecher.torrent.machine.state.counters.downloaded == 0
        swarm.web.files[URL] = SimFile(CONTENT.content)
        await swarm.all_complete([leecher])
