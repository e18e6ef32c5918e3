"""The simulated internet takes its time, breaks on demand, and repeats itself."""

import random
import time
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError, NetworkError
from tests.sim.links import PATIENCE_SECONDS, Profile
from tests.sim.network import SimNetwork, home_connections
from tests.sim.scheduler import deterministic_scheduler
from tests.sim.timeline import Timeline

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
PORT = 6881
MIB = 1024 * 1024


@asynccontextmanager
async def running(network):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run)
        yield nursery
        nursery.cancel_scope.cancel()


async def connected(network, source=A, target=B):
    accepted = []
    listener = network.host(target).listen(Endpoint(target, PORT), accepted.append)
    near = await network.host(source).connect(Endpoint(target, PORT))
    listener.close()
    return near, accepted[0]


async def send_all(stream, data: bytes) -> None:
    left = memoryview(data)
    while left:
        await stream.wait_writable()
        left = left[stream.send([left]) :]


async def receive_all(stream, size: int) -> bytes:
    got = bytearray()
    scratch = memoryview(bytearray(65536))
    while len(got) < size:
        await stream.wait_readable()
        count = stream.receive_into(scratch)
        assert count
        got += scratch[:count]
    return bytes(got)


async def transfer(near, far, data: bytes) -> float:
    """Virtual seconds until all of it has been read."""
    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send_all, near, data)
        assert await receive_all(far, len(data)) == data
    return trio.current_time() - started


async def test_connecting_takes_a_round_trip(seed, autojump_clock):
    network = SimNetwork(seed, lambda _: Profile(latency=0.25))
    async with running(network):
        await connected(network)
        assert trio.current_time() == pytest.approx(0.5)


async def test_bytes_take_latency_and_rate(seed, autojump_clock):
    network = SimNetwork(seed, lambda _: Profile(latency=0.1, rate=1e6, window=4 * MIB))
    async with running(network):
        near, far = await connected(network)
        assert await transfer(near, far, bytes(1_000_000)) == pytest.approx(1.1, rel=0.01)


async def test_a_small_window_over_a_long_way_limits_the_rate(seed, autojump_clock):
    network = SimNetwork(seed, lambda _: Profile(latency=0.1, rate=1e9, window=65536))
    async with running(network):
        near, far = await connected(network)
        elapsed = await transfer(near, far, bytes(10 * 65536))
        assert elapsed == pytest.approx(10 * 0.2, rel=0.2)


async def test_connections_share_the_rate_of_their_link(seed, autojump_clock):
    network = SimNetwork(seed, lambda _: Profile(rate=1e6))
    async with running(network) as nursery:
        first, second = await connected(network), await connected(network)
        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transfer, *first, bytes(500_000))
            nursery.start_soon(transfer, *second, bytes(500_000))
        assert trio.current_time() - started == pytest.approx(1.0, rel=0.1)


async def test_a_slow_host_shares_its_rate_over_all_links(seed, autojump_clock):
    network = SimNetwork(seed, lambda _: Profile(rate=1e9))
    async with running(network):
        pairs = [await connected(network, A, B), await connected(network, A, C)]
        network.slow(A, 100_000)
        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            for pair in pairs:
                nursery.start_soon(transfer, *pair, bytes(500_000))
        assert trio.current_time() - started == pytest.approx(10.0, rel=0.1)


async def test_loss_costs_time_and_no_bytes(seed, autojump_clock):
    network = SimNetwork(seed)
    async with running(network):
        near, far = await connected(network)
        data = random.Random(seed).randbytes(MIB)
        clean = await transfer(near, far, data)
        network.configure(A, B, loss=0.2)
        assert await transfer(near, far, data) > 2 * clean
        assert network.traffic.sent == network.traffic.received == 2 * MIB


async def test_a_short_partition_only_delays(seed, autojump_clock):
    network = SimNetwork(seed)
    async with running(network):
        near, far = await connected(network)
        network.at(trio.current_time() + 0.02, network.partition, A, B)
        network.at(trio.current_time() + 30, network.heal, A, B)
        elapsed = await transfer(near, far, random.Random(seed).randbytes(MIB))
        assert 30 < elapsed < 32


async def test_a_long_partition_breaks_the_sender(seed, autojump_clock):
    network = SimNetwork(seed)
    async with running(network):
        near, far = await connected(network)
        network.partition(A, B)
        near.send([b"into the void"])
        await near.wait_readable()
        assert trio.current_time() == pytest.approx(PATIENCE_SECONDS, abs=1)
        with pytest.raises(NetworkError, match="connection timed out"):
            near.receive_into(memoryview(bytearray(9)))
        with pytest.raises(BlockingIOError):
            far.receive_into(memoryview(bytearray(9)))


async def test_nobody_connects_through_a_partition(seed, autojump_clock):
    network = SimNetwork(seed)
    network.partition(A, B)
    async with running(network):
        with pytest.raises(ConnectError, match="connection timed out"):
            await connected(network)


async def test_behind_nat_one_can_call_and_not_be_called(seed, autojump_clock):
    network = SimNetwork(seed)
    network.behind_nat(A)
    async with running(network):
        near, far = await connected(network, A, B)
        await transfer(near, far, b"hello")
        with trio.move_on_after(60) as scope:
            await connected(network, B, A)
        assert scope.cancelled_caught


async def test_a_crash_resets_the_others_and_frees_the_port(seed, autojump_clock):
    network = SimNetwork(seed)
    async with running(network):
        near, far = await connected(network)
        network.crash(B)
        await near.wait_readable()
        with pytest.raises(NetworkError, match="connection reset by peer"):
            near.receive_into(memoryview(bytearray(9)))
        with pytest.raises(NetworkError):
            far.send([b"x"])
        with pytest.raises(ListenError, match="network is down"):
            await connected(network)
        with pytest.raises(ConnectError, match="network is down"):
            await network.host(B).connect(Endpoint(A, PORT))
        with pytest.raises(ConnectError, match="connection refused"):
            await network.host(A).connect(Endpoint(B, PORT))
        network.restart(B)
        near.close()
        near, far = await connected(network)
        near.close()
        far.close()
        assert not network.open_streams


async def test_bytes_that_nobody_reads_are_counted_as_lost(seed, autojump_clock):
    network = SimNetwork(seed)
    async with running(network):
        near, far = await connected(network)
        near.send([bytes(1000)])
        await far.wait_readable()
        near.send([bytes(500)])
        far.close()
        await trio.sleep(1)
        near.close()
        traffic = network.traffic
        assert (traffic.sent, traffic.received, traffic.lost) == (1500, 0, 1500)


async def test_names_resolve_as_configured(seed, autojump_clock):
    network = SimNetwork(seed)
    network.names["seeds.example"] = [B, C]
    found = await network.host(A).resolve("seeds.example", PORT)
    assert found == [Endpoint(B, PORT), Endpoint(C, PORT)]


async def test_planned_actions_run_in_order_of_time_then_of_planning(seed, autojump_clock):
    network = SimNetwork(seed)
    order = []
    for when, name in ((2.0, "late"), (1.0, "first"), (1.0, "second")):
        network.at(when, order.append, name)
    async with running(network):
        await trio.sleep(1.5)
        network.at(0.0, order.append, "overdue")
        await trio.sleep(1)
    assert order == ["first", "second", "overdue", "late"]


async def test_an_hour_takes_no_time(seed, autojump_clock):
    network = SimNetwork(seed)
    started = time.perf_counter()
    async with running(network):
        near, far = await connected(network)
        for _ in range(60):
            await trio.sleep(60)
            await transfer(near, far, b"keep-alive")
    assert time.perf_counter() - started < 1


# --- the same again --------------------------------------------------------------------


async def crowd(network: SimNetwork) -> None:
    """Everybody sends to everybody, by callback and by task, with faults between."""
    addresses = [f"10.0.0.{n}" for n in range(1, 9)]
    streams = []

    def on_connection(stream) -> None:
        streams.append(stream)
        scratch = memoryview(bytearray(4096))

        def echo() -> None:
            try:
                count = stream.receive_into(scratch)
                if count:
                    stream.send([scratch[: count // 2]])
                else:
                    stream.close()
            except (BlockingIOError, NetworkError):
                stream.close()

        stream.watch(echo, None)

    async def visit(source: str, target: str) -> None:
        try:
            stream = await network.host(source).connect(Endpoint(target, PORT))
        except NetworkError:
            return
        try:
            for size in (100, 10_000, 50_000):
                await send_all(stream, network.rng.randbytes(size))
                await stream.wait_readable()
                stream.receive_into(memoryview(bytearray(1000)))
        except NetworkError:
            pass
        finally:
            stream.close()

    for address in addresses:
        network.host(address).listen(Endpoint(address, PORT), on_connection)
    network.at(0.5, network.crash, addresses[2])
    network.at(0.3, network.partition, addresses[0], addresses[1])
    network.at(0.9, network.heal, addresses[0], addresses[1])
    async with running(network):
        async with trio.open_nursery() as nursery:
            for source in addresses:
                for target in addresses:
                    nursery.start_soon(visit, source, target)
        await trio.sleep(100)
        for stream in streams:
            stream.close()
        await trio.sleep(1)
    assert not network.open_streams
    assert network.traffic.sent == network.traffic.received + network.traffic.lost
    assert network.traffic.received


def play(seed: int) -> str:
    def draw(rng: random.Random) -> Profile:
        profile = home_connections(rng)
        return Profile(latency=profile.latency, rate=profile.rate, loss=0.02)

    async def main() -> str:
        network = SimNetwork(seed, draw)
        await crowd(network)
        return network.trace

    with deterministic_scheduler(seed):
        return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_the_same_seed_gives_the_same_trace(seed):
    assert play(seed) == play(seed)


def test_another_seed_gives_another_trace(seed):
    assert play(seed) != play(seed + 1)


async def test_in_coarse_time_what_is_late_does_not_overtake_what_was_planned_before(
    autojump_clock,
):
    timeline = Timeline(grain=1.0)
    done = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timeline.run)
        timeline.at(trio.current_time() + 0.2, done.append, "first")
        await trio.sleep(0.5)
        timeline.after(-0.1, done.append, "second")
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    assert done == ["first", "second"]
