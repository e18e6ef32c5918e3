"""Readers of a torrent: in order, verified, and not before it is there."""

import pytest
import trio

from raincore.base.bitfield import Bitfield
from raincore.base.errors import Incomplete, ReadError
from raincore.engine import streams
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import Selection
from tests.sim.content import KIB, sample
from tests.sim.world import SimPeer, Swarm

ON_DEMAND = Selection(excerpt=Excerpt(0))


async def read(peer: SimPeer, begin: int, end: int) -> bytes:
    stream = peer.torrent.open_stream(begin, end)
    content = bytearray()
    while view := await stream.receive_some():
        content += view
    stream.close()
    stream.close()
    return bytes(content)


@pytest.fixture
def swarm(seed) -> Swarm:
    return Swarm(seed, sample(seed, pieces=20, piece_length=32 * KIB))


async def test_any_run_is_read_as_it_is(swarm, autojump_clock):
    content = swarm.sample.content
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", select=ON_DEMAND)
        for begin, end in ((0, 5), (40_000, 200_001), (len(content) - 3, len(content)), (7, 7)):
            assert await read(peer, begin, end) == content[begin:end]
        assert peer.torrent.machine.state.have is not None
        assert peer.torrent.machine.state.have.count() == 8, "nothing else was fetched"


async def test_two_readers_read_beside_each_other(swarm, autojump_clock):
    content = swarm.sample.content
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", select=ON_DEMAND)
        found = {}

        async def read_one(name, begin, end):
            found[name] = await read(peer, begin, end)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_one, "a", 0, 300_000)
            nursery.start_soon(read_one, "b", 200_000, len(content))
        assert found == {"a": content[:300_000], "b": content[200_000:]}


async def test_what_is_there_already_is_read_at_once(swarm, autojump_clock):
    async with swarm.running():
        peer = swarm.add("10.0.1.1", whole=True, select=ON_DEMAND)
        assert await read(peer, 0, len(swarm.sample.content)) == swarm.sample.content


async def test_a_reader_that_stands_still_has_only_so_much_fetched(
    swarm, autojump_clock, monkeypatch
):
    monkeypatch.setattr(streams, "AHEAD_BYTES", 4 * 32 * KIB)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", select=ON_DEMAND)
        stream = peer.torrent.open_stream(0, len(swarm.sample.content))
        first = bytes(await stream.receive_some())
        await trio.sleep(60)
        have = peer.torrent.machine.state.have
        assert have is not None
        assert list(have) == list(range(have.count()))
        assert have.count() <= 1 + 4 + len(first) // (32 * KIB)
        rest = bytearray(first)
        while view := await stream.receive_some():
            rest += view
        assert rest == swarm.sample.content
        stream.close()


async def test_when_the_torrent_ends_its_readers_hear_it(swarm, autojump_clock):
    async with swarm.running():
        peer = swarm.add("10.0.1.1", select=ON_DEMAND)
        stream = peer.torrent.open_stream(0, 100)

        async def stop():
            await trio.sleep(5)
            peer.torrent.stop()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop)
            with pytest.raises(Incomplete, match="has ended before all was there"):
                await stream.receive_some()
        with pytest.raises(Incomplete):
            await stream.receive_some()


async def test_content_that_has_gone_from_the_disk_is_an_error(swarm, autojump_clock):
    async with swarm.running():
        peer = swarm.add("10.0.1.1", whole=True, select=ON_DEMAND)
        await trio.sleep(1)
        peer.storage.sizes[0] = 100
        with pytest.raises(ReadError, match="content is missing: byte 100"):
            await read(peer, 0, 200)
        peer.storage.sizes[0] = len(swarm.sample.content)


async def test_who_reads_a_magnet_link_waits_for_its_metadata(swarm, autojump_clock):
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", magnet=True, select=ON_DEMAND)
        assert await read(peer, 5, 50) == swarm.sample.content[5:50]


async def test_what_is_only_believed_is_hashed_before_it_is_read(swarm, autojump_clock):
    content = swarm.sample.content
    async with swarm.running():
        seed = swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", whole=True, select=ON_DEMAND, knows=[seed])
        await trio.sleep(1)
        pieces = swarm.sample.info.geometry.piece_count
        peer.torrent.content.unproven = Bitfield.full(pieces)
        peer.storage.content[40_000] ^= 1  # as a failing disk would
        assert await read(peer, 0, 100_000) == content[:100_000]
        assert list(peer.torrent.content.unproven) == list(range(4, pieces))
        peer.storage.content[:] = content


async def test_what_somebody_changes_while_it_is_read_is_read_again(swarm, autojump_clock):
    content = swarm.sample.content
    async with swarm.running():
        seed = swarm.add("10.0.0.1", whole=True)
        peer = swarm.add("10.0.1.1", whole=True, select=ON_DEMAND, knows=[seed])
        await trio.sleep(1)
        assert await read(peer, 0, 100_000) == content[:100_000]
        peer.storage.content[40_000] ^= 1
        found = [frozenset({0})]
        peer.storage.changed = lambda: found.pop() if found else frozenset()
        assert await read(peer, 0, 100_000) == content[:100_000]


async def test_what_cannot_be_read_any_more_is_told_where_it_begins(swarm, autojump_clock):
    content = swarm.sample.content
    async with swarm.running():
        peer = swarm.add("10.0.1.1", whole=True, select=ON_DEMAND)
        await trio.sleep(1)
        peer.torrent.lending.proofs.refuse(1, ReadError("cannot read: input/output error: x"))
        stream = peer.torrent.open_stream(0, 100_000)
        assert bytes(await stream.receive_some()) == content[: 32 * KIB]
        with pytest.raises(ReadError, match="input/output"):
            await stream.receive_some()
        stream.close()
