"""What every Network and Stream must do: real sockets and the simulated ones alike."""

import os
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError, NetworkError
from raincore.net import local_addresses, multicast_socket
from raincore.net.encrypted_stream import RUN_LENGTH, EncryptedStream
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from raincore.wire import rc4
from tests.sim.network import SimNetwork
from tests.surroundings import GROUP_PORT

GROUP = Endpoint("239.192.152.144", GROUP_PORT)
"""Nobody's: next to that of local discovery."""

MARK = os.urandom(8)

PLENTY = 64 * 1024 * 1024
"""More than any system takes without a reader."""


class Sockets:
    """Two users of this machine's loopback."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.near = self.far = TrioNetwork(self.hub)
        self.any_port = Endpoint("127.0.0.1", 0)
        self.hosts = local_addresses.hosts()
        self.run = self.hub.run

    def close(self) -> None:
        self.hub.close()


class EncryptedNetwork:
    """A network all of whose streams are encrypted, with keys that everybody knows."""

    def __init__(self, network, *, dials: bool) -> None:
        self._network = network
        self._keys = [b"d" * 20, b"l" * 20]
        if not dials:
            self._keys.reverse()
        self._run = memoryview(bytearray(RUN_LENGTH))

    def encrypted(self, stream) -> EncryptedStream:
        outgoing, incoming = map(rc4.key_stream, self._keys)
        return EncryptedStream(stream, incoming, outgoing, self._run)

    async def connect(self, remote):
        return self.encrypted(await self._network.connect(remote))

    def listen(self, local, on_connection):
        return self._network.listen(local, lambda s: on_connection(self.encrypted(s)))

    def __getattr__(self, name: str):
        return getattr(self._network, name)


class Simulated:
    """Two hosts of a simulated internet."""

    def __init__(self, seed: int) -> None:
        network = SimNetwork(seed)
        self.near, self.far = network.host("10.0.0.1"), network.host("10.0.0.2")
        self.any_port = Endpoint("10.0.0.2", 0)
        self.hosts = ["10.0.0.1"]
        network.lan("10.0.0.1", "10.0.0.2")
        self.run = network.run

    def close(self) -> None:
        pass


@pytest.fixture(params=["sockets", "simulated", "encrypted sockets", "encrypted simulated"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def clock(kind) -> trio.testing.MockClock | None:
    return trio.testing.MockClock(autojump_threshold=0) if "simulated" in kind else None


@pytest.fixture
def world(kind, clock, seed) -> Iterator[Sockets | Simulated]:
    world = Simulated(seed) if "simulated" in kind else Sockets()
    if "encrypted" in kind:
        world.near = EncryptedNetwork(world.near, dials=True)
        world.far = EncryptedNetwork(world.far, dials=False)
    yield world
    world.close()


class Pair:
    """Both ends of a connection and the listener that it came by."""

    def __init__(self, world) -> None:
        self.world = world
        self.accepted = []
        self.came = trio.Event()

    def on_connection(self, stream) -> None:
        self.accepted.append(stream)
        self.came.set()

    async def connect(self) -> None:
        self.listener = self.world.far.listen(self.world.any_port, self.on_connection)
        self.near = await self.world.near.connect(self.listener.endpoint)
        await self.came.wait()
        self.far = self.accepted[0]


@asynccontextmanager
async def connected(world):
    pair = Pair(world)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        await pair.connect()
        yield pair
        pair.near.close()
        pair.far.close()
        pair.listener.close()
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def running(world):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        yield
        nursery.cancel_scope.cancel()


async def receive(stream, size: int = 65536) -> bytes:
    """One read, waited for."""
    buffer = bytearray(size)
    while True:
        try:
            return bytes(buffer[: stream.receive_into(memoryview(buffer))])
        except BlockingIOError:
            await stream.wait_readable()


async def receive_exactly(stream, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = await receive(stream, size - len(got))
        assert more
        got += more
    return got


def fill(stream, most: int = PLENTY) -> int:
    """Send zeros until no more are taken."""
    sent = 0
    while sent < most:
        try:
            sent += stream.send([bytes(65536)])
        except BlockingIOError:
            break
    return sent


async def send_for_ever(stream) -> None:
    while True:
        await trio.sleep(0.001)
        stream.send([b"to nobody"])


async def until(condition) -> None:
    """Let the world go on until something holds."""
    while not condition():
        await trio.sleep(0.001)


class Group:
    """What arrived at one member of a multicast group."""

    def __init__(self, network, group=GROUP) -> None:
        self.heard = []
        self.member = network.multicast(group, lambda data, source: self.take(data, source))

    def take(self, data: bytes, source: Endpoint) -> None:
        if data.startswith(MARK):  # others may speak in the group
            self.heard.append((data[len(MARK) :], source))


# --- multicast -------------------------------------------------------------------------


@pytest.fixture
def within(monkeypatch) -> None:
    """What is sent to a group stays on this machine."""
    lo = {socket.if_nametoindex("lo")}
    monkeypatch.setattr(multicast_socket, "device_indices", lambda uses: lo)


async def test_a_group_reaches_all_members_and_the_sender_itself(world, clock, within):
    one, two = Group(world.near), Group(world.far)
    assert one.member.group == GROUP
    async with running(world):
        one.member.send(MARK + b"hello")
        await until(lambda: one.heard and two.heard)
        (data, source), *_ = two.heard
        assert data == b"hello"
        assert source.host in world.hosts
        one.member.close()
        two.member.close()


async def test_who_left_a_group_neither_hears_nor_speaks(world, clock, within):
    one, two, three = Group(world.near), Group(world.far), Group(world.far)
    async with running(world):
        two.member.close()
        two.member.close()
        two.member.send(MARK + b"from nobody")
        one.member.send(MARK + b"hello")
        await until(lambda: three.heard)
        assert two.heard == []
        assert {data for data, _ in three.heard} == {b"hello"}
        one.member.close()
        three.member.close()


async def test_groups_are_told_apart_by_their_port(world, clock, within):
    one, other = Group(world.near), Group(world.far, Endpoint(GROUP.host, GROUP.port + 1))
    async with running(world):
        one.member.send(MARK + b"hello")
        await until(lambda: one.heard)
        assert other.heard == []
        one.member.close()
        other.member.close()


# --- connecting ------------------------------------------------------------------------


async def test_both_ends_know_both_endpoints(world, clock):
    async with connected(world) as pair:
        assert pair.near.remote == pair.far.local == pair.listener.endpoint
        assert pair.near.local == pair.far.remote


async def test_port_zero_becomes_a_real_port(world, clock):
    listener = world.far.listen(world.any_port, lambda stream: stream.close())
    assert listener.endpoint.port
    listener.close()


async def test_nobody_listening_refuses(world, clock):
    listener = world.far.listen(world.any_port, lambda stream: stream.close())
    listener.close()
    async with running(world):
        with pytest.raises(ConnectError, match=f"connection refused: {listener.endpoint}"):
            await world.near.connect(listener.endpoint)


async def test_one_port_is_listened_on_once(world, clock):
    listener = world.far.listen(world.any_port, lambda stream: stream.close())
    with pytest.raises(ListenError, match="address already in use"):
        world.far.listen(listener.endpoint, lambda stream: stream.close())
    listener.close()


async def test_a_closed_listeners_port_is_free_again(world, clock):
    listener = world.far.listen(world.any_port, lambda stream: stream.close())
    listener.close()
    listener.close()
    world.far.listen(listener.endpoint, lambda stream: stream.close()).close()


async def test_addresses_of_others_cannot_be_listened_on(world, clock):
    with pytest.raises(ListenError, match="cannot assign requested address"):
        world.far.listen(Endpoint("192.0.2.77", 0), lambda stream: stream.close())


async def test_streams_outlive_their_listener(world, clock):
    async with connected(world) as pair:
        pair.listener.close()
        pair.near.send([b"still there"])
        assert await receive(pair.far) == b"still there"


async def test_a_listener_may_be_closed_by_its_own_callback(world, clock):
    accepted = []

    def only_one(stream) -> None:
        accepted.append(stream)
        listener.close()

    listener = world.far.listen(world.any_port, only_one)
    async with running(world):
        stream = await world.near.connect(listener.endpoint)
        await until(lambda: accepted)
        stream.close()
        accepted[0].close()


async def test_many_connections_are_all_accepted(world, clock):
    accepted, streams = [], []
    listener = world.far.listen(world.any_port, accepted.append)

    async def connect() -> None:
        streams.append(await world.near.connect(listener.endpoint))

    async with running(world):
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(connect)
        await until(lambda: len(accepted) == 100)
        for stream in streams + accepted:
            stream.close()
    listener.close()


async def test_a_cancelled_connect_leaves_nothing_open(world, clock):
    accepted = []
    listener = world.far.listen(world.any_port, accepted.append)
    async with running(world):
        with trio.CancelScope() as scope:
            scope.cancel()
            await world.near.connect(listener.endpoint)
        await trio.sleep(0.05)
        for stream in accepted:
            assert await receive(stream) == b""
            stream.close()
    listener.close()


async def test_literals_resolve_to_themselves(world, clock):
    assert await world.near.resolve("192.0.2.1", 80) == [Endpoint("192.0.2.1", 80)]


async def test_unknown_names_do_not_resolve(world, clock):
    with pytest.raises(ConnectError, match="cannot resolve host"):
        await world.near.resolve("no..name", 80)


# --- bytes -----------------------------------------------------------------------------


async def test_bytes_arrive_in_both_directions(world, clock):
    async with connected(world) as pair:
        pair.near.send([b"there"])
        pair.far.send([b"back"])
        assert await receive(pair.far) == b"there"
        assert await receive(pair.near) == b"back"


async def test_buffers_of_one_send_arrive_in_order(world, clock):
    async with connected(world) as pair:
        parts = [b"a", bytearray(b"bc"), memoryview(b"def"), b"", b"g"]
        assert pair.near.send(parts) == 7
        assert await receive_exactly(pair.far, 7) == b"abcdefg"


async def test_the_sender_may_reuse_its_buffer_at_once(world, clock):
    async with connected(world) as pair:
        buffer = bytearray(b"before")
        pair.near.send([buffer])
        buffer[:] = b"after!"
        assert await receive_exactly(pair.far, 6) == b"before"


async def test_nothing_there_would_block(world, clock):
    async with connected(world) as pair:
        with pytest.raises(BlockingIOError):
            pair.near.receive_into(memoryview(bytearray(9)))


async def test_what_does_not_fit_the_buffer_is_there_for_the_next_read(world, clock):
    async with connected(world) as pair:
        pair.near.send([b"0123456789"])
        await pair.far.wait_readable()
        assert await receive_exactly(pair.far, 4) == b"0123"
        assert await receive_exactly(pair.far, 6) == b"456789"


async def test_the_end_comes_after_the_last_byte_and_stays(world, clock):
    async with connected(world) as pair:
        pair.near.send([b"last words"])
        pair.near.close()
        assert await receive_exactly(pair.far, 10) == b"last words"
        assert await receive(pair.far) == b""
        assert await receive(pair.far) == b""


async def test_leaving_bytes_unread_resets_the_sender(world, clock):
    async with connected(world) as pair:
        pair.near.send([b"never read"])
        await pair.far.wait_readable()
        pair.far.close()
        await pair.near.wait_readable()
        with pytest.raises(NetworkError, match="connection reset by peer"):
            pair.near.receive_into(memoryview(bytearray(9)))


async def test_sending_to_who_has_left_fails_in_the_end(world, clock):
    async with connected(world) as pair:
        pair.far.close()
        await pair.near.wait_readable()
        pair.near.send([b"to nobody"])
        with pytest.raises(NetworkError):
            await send_for_ever(pair.near)


async def test_a_slow_reader_holds_the_sender_back_and_loses_nothing(world, clock):
    async with connected(world) as pair:
        sent = fill(pair.near)
        assert sent < PLENTY
        with pytest.raises(BlockingIOError):
            pair.near.send([bytes(65536)])
        received = 0
        with trio.fail_after(20):
            while received < sent:
                received += len(await receive(pair.far, 1 << 20))
        assert received == sent
        await pair.near.wait_writable()
        assert pair.near.send([bytes(65536)]) > 0


async def test_closing_twice_is_harmless(world, clock):
    async with connected(world) as pair:
        pair.near.close()
        pair.near.close()


async def test_a_closed_stream_is_of_no_use(world, clock):
    async with connected(world) as pair:
        pair.near.close()
        with pytest.raises(NetworkError):
            pair.near.receive_into(memoryview(bytearray(9)))
        with pytest.raises(NetworkError):
            pair.near.send([b"x"])
        with pytest.raises(NetworkError):
            await pair.near.wait_readable()
        pair.near.watch(pytest.fail, pytest.fail)
        await trio.sleep(0.01)


@pytest.mark.parametrize("side", ["readable", "writable"])
async def test_closing_wakes_who_waits(world, clock, side):
    async with connected(world) as pair:
        fill(pair.near)
        failed = trio.Event()

        async def wait() -> None:
            with pytest.raises(NetworkError, match="closed by us"):
                await getattr(pair.near, f"wait_{side}")()
            failed.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()
            pair.near.close()
        assert failed.is_set()


# --- watching --------------------------------------------------------------------------


async def test_a_watched_stream_calls_as_long_as_bytes_are_left(world, clock):
    async with connected(world) as pair:
        got = []
        one = memoryview(bytearray(1))

        def on_readable() -> None:
            assert pair.far.receive_into(one) == 1
            got.append(bytes(one))

        pair.far.watch(on_readable, None)
        pair.near.send([b"abc"])
        await until(lambda: len(got) == 3)
        assert got == [b"a", b"b", b"c"]


async def test_a_stream_without_bytes_does_not_call(world, clock):
    async with connected(world) as pair:
        pair.far.watch(pytest.fail, None)
        await trio.sleep(0.02)


async def test_bytes_that_came_before_the_watch_are_called_for(world, clock):
    async with connected(world) as pair:
        pair.near.send([b"early"])
        await pair.far.wait_readable()
        calls = []
        pair.far.watch(lambda: calls.append(pair.far.receive_into(memoryview(bytearray(9)))), None)
        await until(lambda: calls)
        assert calls == [5]


async def test_the_end_calls_the_reader(world, clock):
    async with connected(world) as pair:
        ends = []

        def on_readable() -> None:
            ends.append(pair.far.receive_into(memoryview(bytearray(9))))
            pair.far.close()

        pair.far.watch(on_readable, None)
        pair.near.close()
        await until(lambda: ends)
        await trio.sleep(0.01)
        assert ends == [0]


async def test_room_to_send_calls_the_writer_until_it_has_none(world, clock):
    async with connected(world) as pair:
        calls = []

        def on_writable() -> None:
            calls.append(fill(pair.near))

        pair.near.watch(None, on_writable)
        await until(lambda: calls)
        in_all = sum(calls)
        received = 0
        while received < 2 * in_all:
            received += len(await receive(pair.far, 1 << 20))
        assert len(calls) > 1
        pair.near.watch(None, None)


async def test_two_nones_stop_the_calls(world, clock):
    async with connected(world) as pair:
        pair.far.watch(pytest.fail, pytest.fail)
        pair.far.watch(None, None)
        pair.near.send([b"x"])
        await trio.sleep(0.02)


async def test_a_callback_may_stop_the_calls(world, clock):
    async with connected(world) as pair:
        calls = []

        def on_readable() -> None:
            calls.append(1)
            pair.far.watch(None, None)

        pair.far.watch(on_readable, None)
        pair.near.send([b"x"])
        await until(lambda: calls)
        await trio.sleep(0.02)
        assert calls == [1]


async def test_a_new_watch_replaces_the_old(world, clock):
    async with connected(world) as pair:
        calls = []

        def first() -> None:
            calls.append("first")
            pair.far.watch(second, None)

        def second() -> None:
            calls.append("second")
            pair.far.receive_into(memoryview(bytearray(9)))

        pair.far.watch(first, None)
        pair.near.send([b"x"])
        await until(lambda: len(calls) == 2)
        await trio.sleep(0.01)
        assert calls == ["first", "second"]


async def test_closing_in_a_callback_ends_the_calls(world, clock):
    async with connected(world) as pair:
        calls = []

        def on_readable() -> None:
            calls.append("readable")
            pair.far.close()

        pair.near.send([b"x"])
        await pair.far.wait_readable()
        pair.far.watch(on_readable, pytest.fail)
        await until(lambda: calls)
        await trio.sleep(0.01)
        assert calls == ["readable"]


async def test_closing_another_stream_in_a_callback_spares_it_the_call(world, clock):
    accepted, calls = [], []
    listener = world.far.listen(world.any_port, accepted.append)
    async with running(world):
        streams = [await world.near.connect(listener.endpoint) for _ in range(2)]
        await until(lambda: len(accepted) == 2)
        for stream in streams:
            stream.send([b"x"])
        for stream in accepted:
            await stream.wait_readable()
        for me, other in ((0, 1), (1, 0)):

            def on_readable(me: int = me, other: int = other) -> None:
                calls.append(me)
                accepted[other].close()
                accepted[me].watch(None, None)

            accepted[me].watch(on_readable, None)
        await until(lambda: calls)
        await trio.sleep(0.01)
        assert len(calls) == 1
        for stream in streams + accepted:
            stream.close()
    listener.close()


@pytest.mark.parametrize("side", ["reader", "writer"])
async def test_a_reset_calls_the_watcher_who_then_meets_the_error(world, clock, side):
    async with connected(world) as pair:
        errors = []

        def on_event() -> None:
            try:
                if side == "reader":
                    pair.near.receive_into(memoryview(bytearray(9)))
                else:
                    pair.near.send([b"x"])
            except BlockingIOError:
                pass
            except NetworkError as error:
                errors.append(error)
                pair.near.close()

        fill(pair.near)
        if side == "reader":
            pair.near.watch(on_event, None)
        else:
            pair.near.watch(None, on_event)
        await pair.far.wait_readable()
        pair.far.close()
        await until(lambda: errors)
        assert errors[0].endpoint == str(pair.near.remote)


async def test_an_exception_from_a_callback_surfaces(world, clock):
    def fail() -> None:
        raise ZeroDivisionError

    pair = Pair(world)

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.run)
            await pair.connect()
            pair.near.watch(None, fail)
            await trio.sleep_forever()

    with pytest.RaisesGroup(ZeroDivisionError):
        await run()
    pair.near.close()
    pair.far.close()
    pair.listener.close()
