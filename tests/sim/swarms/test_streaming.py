"""Content that is read in order while it comes: readers are not kept waiting by the slow."""

import trio

from raincore.engine.streams import ContentStream
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import Selection
from tests.sim.content import KIB, sample
from tests.sim.world import SimPeer, Swarm

ONLY_FILE = Selection(excerpt=Excerpt(0))
MIXED = [20, 40, 60, 80, 100, 120, 140, 160, 180, 300]
"""KiB/s of ten seeds, 1,200 together."""


class Reader:
    """Reads all of a peer's content at a steady rate, like a player; notes when it waits.

    Args:
        rate: Bytes per second; None for as fast as it comes.
    """

    def __init__(self, peer: SimPeer, rate: float | None = None) -> None:
        self.total = peer.swarm.sample.info.geometry.total_length
        self.stream: ContentStream = peer.torrent.open_stream(0, self.total)
        self.rate = rate
        self.content = bytearray()
        self.first_at = 0.0
        self.longest_wait = 0.0
        self.waited = 0.0

    async def read(self, buffer_seconds: float = 0.0) -> None:
        """Read to the end; before it begins to play it waits so long from the first byte."""
        started = trio.current_time()
        due = started
        while True:
            asked = trio.current_time()
            view = await self.stream.receive_some()
            now = trio.current_time()
            if not self.content:
                self.first_at = now - started
                due = now + buffer_seconds
            else:
                wait = max(0.0, now - max(asked, due))
                self.waited += wait
                self.longest_wait = max(self.longest_wait, wait)
            if not view:
                break
            self.content += view
            if self.rate is not None:
                due = max(due, now) + len(view) / self.rate
                await trio.sleep_until(due)
        self.stream.close()


async def stream(
    seed: int, rates: list[int], rate: float | None, pieces: int = 160, buffer: float = 0.0
) -> Reader:
    swarm = Swarm(seed, sample(seed, pieces=pieces, piece_length=64 * KIB))
    async with swarm.running():
        for number, kib in enumerate(rates):
            swarm.add(f"10.0.0.{number + 1}", whole=True, rate=kib * KIB)
        player = swarm.add("10.0.1.1", select=ONLY_FILE)
        reader = Reader(player, rate)
        with trio.fail_after(600):
            await reader.read(buffer)
        assert bytes(reader.content) == swarm.sample.content
        counters = player.torrent.machine.state.counters
        print(
            "WASTED",
            counters.wasted / len(reader.content),
            "first",
            reader.first_at,
            "longest",
            reader.longest_wait,
            "waited",
            reader.waited,
        )
        assert counters.wasted < 0.1 * len(reader.content)
    return reader


async def test_a_stream_at_half_of_what_ten_mixed_seeds_give_never_waits(seed, autojump_clock):
    reader = await stream(seed, MIXED, sum(MIXED) * KIB / 2, buffer=2.0)
    assert reader.first_at < 5
    assert reader.longest_wait < 0.1


async def test_nine_crawlers_do_not_hold_up_a_stream_from_a_fast_seed(seed, autojump_clock):
    reader = await stream(seed, [*[4] * 9, 600], 300 * KIB, buffer=2.0)
    assert reader.longest_wait < 0.1


async def test_as_fast_as_it_comes_nine_crawlers_cost_next_to_nothing(seed, autojump_clock):
    start = trio.current_time()
    await stream(seed, [600], None)
    alone, start = trio.current_time() - start, trio.current_time()
    await stream(seed, [*[4] * 9, 600], None)
    print(alone, trio.current_time() - start)
