"""A blocked address is neither called, nor heard, nor answered, nor told to anybody."""

from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import Blocked
from raincore.formats import blocklist_text
from raincore.formats.blocklist import Blocklist
from raincore.net.guarded_network import GuardedNetwork
from tests.net.memory_network import MemoryNetwork
from tests.sim.network import SimNetwork

FRIEND, FOE, US = "10.0.0.1", "10.0.0.66", "10.0.0.2"
BLOCKLIST = Blocklist(blocklist_text.parse([b"10.0.0.64/26\n"]).v4)


class Bench:
    def __init__(self, seed: int) -> None:
        self.internet = SimNetwork(seed)
        self.ours = GuardedNetwork(self.internet.host(US), BLOCKLIST.blocks)
        self.friend = self.internet.host(FRIEND)
        self.foe = self.internet.host(FOE)

    @asynccontextmanager
    async def running(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.internet.run)
            yield
            nursery.cancel_scope.cancel()


@pytest.fixture
def bench(seed, autojump_clock) -> Bench:
    return Bench(seed)


async def test_a_blocked_address_is_not_connected_to(bench):
    async with bench.running():
        accepted = []
        for host in (bench.friend, bench.foe):
            host.listen(Endpoint("0.0.0.0", 6881), accepted.append)
        (await bench.ours.connect(Endpoint(FRIEND, 6881))).close()
        with pytest.raises(Blocked) as caught:
            await bench.ours.connect(Endpoint(FOE, 6881))
        await trio.sleep(1)
    assert str(caught.value) == f"blocked by the blocklist: {FOE}:6881"
    assert caught.value.code == "blocked"
    assert len(accepted) == 1


async def test_a_connection_from_a_blocked_address_is_closed_unseen(bench):
    async with bench.running():
        accepted = []
        listener = bench.ours.listen(Endpoint(US, 6881), accepted.append)
        foe = await bench.foe.connect(listener.endpoint)
        friend = await bench.friend.connect(listener.endpoint)
        await trio.sleep(1)
        await foe.wait_readable()
        assert foe.receive_into(memoryview(bytearray(9))) == 0
        assert [stream.remote.host for stream in accepted] == [FRIEND]
        assert bench.ours.turned_away == 1
        friend.close()
        listener.close()


async def test_datagrams_are_dropped_both_ways(autojump_clock):
    network = MemoryNetwork()
    ours = GuardedNetwork(network, BLOCKLIST.blocks)
    heard, answers = [], []
    sock = ours.datagrams(Endpoint(US, 1), lambda data, remote: heard.append(remote.host))
    assert sock.endpoint == Endpoint(US, 1)
    for host in (FRIEND, FOE):
        other = network.datagrams(
            Endpoint(host, 2), lambda data, remote, host=host: answers.append(host)
        )
        other.send(b"hello", sock.endpoint)
        sock.send(b"answer", other.endpoint)
    await trio.sleep(1)
    sock.close()
    assert heard == [FRIEND]
    assert answers == [FRIEND]
    assert Endpoint(US, 1) not in network.bound


async def test_names_lead_to_what_is_not_blocked(bench):
    bench.internet.names["both.example"] = [FOE, FRIEND]
    bench.internet.names["foe.example"] = [FOE]
    assert await bench.ours.resolve("both.example", 1) == [Endpoint(FRIEND, 1)]
    with pytest.raises(Blocked, match=r"^blocked by the blocklist: 10.0.0.66$"):
        await bench.ours.resolve("foe.example", 1)
