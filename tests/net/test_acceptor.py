"""Strangers are greeted, refused, or cut off; none is left open."""

import pytest
import trio

from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, NetworkError, RemoteProtocolError, TimedOut
from raincore.base.ids import InfoHash, PeerId
from raincore.net import binding
from raincore.net.acceptor import Acceptor
from raincore.net.dialer import Offer, dial, send_handshake
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.sim.network import SimNetwork

INFO_HASH = InfoHash(bytes(range(20)))
OTHER_HASH = InfoHash(bytes(20))
OURS = Offer(INFO_HASH, PeerId(b"-RN0000-ours........"))
THEIRS = Offer(INFO_HASH, PeerId(b"-XX0000-theirs......"))
LIMITS = PeerLimits(max_accepted=3)
HERE = Endpoint("10.0.0.1", 6881)


class World:
    """An acceptor on one simulated host, visited from another."""

    def __init__(self, seed: int) -> None:
        self.network = SimNetwork(seed)
        self.peers = []
        self.asked = []
        self.visitor = self.network.host("10.0.0.2")
        self.acceptor = Acceptor(
            self.network.host(HERE.host), self.lookup, self.peers.append, LIMITS
        )

    def lookup(self, info_hash: InfoHash) -> Offer | None:
        self.asked.append(info_hash)
        return OURS if info_hash == INFO_HASH else None

    async def __aenter__(self) -> "World":
        self._nursery_manager = trio.open_nursery()
        self.nursery = await self._nursery_manager.__aenter__()
        self.nursery.start_soon(self.network.run)
        self.running = trio.CancelScope()
        self.nursery.start_soon(self.run)
        self.acceptor.listen(HERE)
        return self

    async def run(self) -> None:
        with self.running:
            await self.acceptor.run()

    async def __aexit__(self, *error: object) -> None:
        self.nursery.cancel_scope.cancel()
        await self._nursery_manager.__aexit__(*error)

    async def settle(self) -> None:
        await trio.sleep(1)


@pytest.fixture
def world(seed) -> World:
    return World(seed)


async def test_a_peer_for_a_torrent_of_ours_is_handed_over(world, autojump_clock):
    async with world:
        theirs = await dial(world.visitor, HERE, THEIRS, LIMITS)
        await world.settle()
        [peer] = world.peers
        assert peer.handshake.peer_id == THEIRS.peer_id
        assert peer.stream.remote == theirs.stream.local
        assert theirs.handshake.peer_id == OURS.peer_id
        assert len(world.network.open_streams) == 2


async def test_who_wants_another_torrent_gets_no_answer(world, autojump_clock):
    async with world:
        with pytest.raises(NetworkError, match="closed during the handshake"):
            await dial(world.visitor, HERE, Offer(OTHER_HASH, THEIRS.peer_id), LIMITS)
        await world.settle()
        assert world.asked == [OTHER_HASH]
        assert not world.peers
        assert not world.network.open_streams


async def test_we_do_not_speak_first(world, autojump_clock):
    async with world:
        stream = await world.visitor.connect(HERE)
        await trio.sleep(LIMITS.handshake_timeout_seconds - 0.1)
        with pytest.raises(BlockingIOError):
            stream.receive_into(memoryview(bytearray(9)))
        stream.close()


async def test_our_own_dialer_is_told_and_not_handed_over(world, autojump_clock):
    async with world:
        with pytest.raises(RemoteProtocolError, match="dialled ourselves"):
            await dial(world.visitor, HERE, OURS, LIMITS)
        await world.settle()
        assert not world.peers
        assert not world.network.open_streams


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 68])
async def test_garbage_is_refused_at_once(world, autojump_clock, data):
    async with world:
        stream = await world.visitor.connect(HERE)
        stream.send([data])
        await trio.sleep(0.1)
        stream.close()
        await world.settle()
        assert not world.asked
        assert not world.network.open_streams


async def test_silence_is_cut_off(world, autojump_clock):
    async with world:
        stream = await world.visitor.connect(HERE)
        await stream.wait_readable()
        assert stream.receive_into(memoryview(bytearray(9))) == 0
        assert trio.current_time() == pytest.approx(LIMITS.handshake_timeout_seconds, abs=0.1)
        stream.close()


async def test_who_hangs_up_leaves_nothing_open(world, autojump_clock):
    async with world:
        (await world.visitor.connect(HERE)).close()
        await world.settle()
        assert not world.network.open_streams


def hung_up(stream):
    try:
        return stream.receive_into(memoryview(bytearray(1))) == 0
    except NetworkError:
        return True


async def test_when_strangers_are_too_many_the_one_longest_silent_makes_way(world, autojump_clock):
    async with world:
        silent = [await world.visitor.connect(HERE) for _ in range(LIMITS.max_accepted)]
        (await dial(world.visitor, HERE, THEIRS, LIMITS)).stream.close()
        await silent[0].wait_readable()
        assert hung_up(silent[0])
        with pytest.raises(BlockingIOError):
            silent[1].receive_into(memoryview(bytearray(1)))
        for stream in silent:
            stream.close()


async def test_handed_over_peers_are_no_strangers_any_more(world, autojump_clock):
    async with world:
        for _ in range(2 * LIMITS.max_accepted):
            await dial(world.visitor, HERE, THEIRS, LIMITS)
        await world.settle()
        assert len(world.peers) == 2 * LIMITS.max_accepted


async def test_who_comes_before_the_start_is_greeted_at_the_start(world, autojump_clock):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.network.run)
        world.acceptor.listen(HERE)
        stream = await world.visitor.connect(HERE)
        await send_handshake(stream, THEIRS)
        await world.settle()
        assert not world.peers
        nursery.start_soon(world.acceptor.run)
        await world.settle()
        assert len(world.peers) == 1
        nursery.cancel_scope.cancel()


async def test_the_end_closes_listeners_and_strangers_but_no_peers(world, autojump_clock):
    async with world:
        peer = await dial(world.visitor, HERE, THEIRS, LIMITS)
        stranger = await world.visitor.connect(HERE)
        await world.settle()
        world.running.cancel()
        await world.settle()
        assert stranger.receive_into(memoryview(bytearray(9))) == 0
        with pytest.raises(NetworkError, match="refused"):
            await world.visitor.connect(HERE)
        with pytest.raises(BlockingIOError):
            peer.stream.receive_into(memoryview(bytearray(9)))


async def test_a_peer_that_stalls_our_answer_is_cut_off(world, autojump_clock):
    world.network.configure(HERE.host, world.visitor.address, window=40)
    async with world:
        stream = await world.visitor.connect(HERE)
        await send_handshake(stream, THEIRS)
        await trio.sleep(LIMITS.handshake_timeout_seconds + 1)
        assert not world.peers
        stream.close()
        await world.settle()
        assert not world.network.open_streams


async def test_a_closed_listener_takes_nobody(world, autojump_clock):
    async with world:
        world.acceptor.listeners[0].close()
        with pytest.raises(NetworkError, match="refused"):
            await world.visitor.connect(HERE)


async def test_an_unreachable_acceptor_lets_the_dialer_time_out(world, autojump_clock):
    async with world:
        world.network.behind_nat(HERE.host)
        with pytest.raises(TimedOut):
            await dial(world.visitor, HERE, THEIRS, LIMITS)


def test_without_ipv6_the_pair_is_one(world):
    [listener] = world.acceptor.listen_pair(6881)
    assert listener.endpoint == Endpoint("0.0.0.0", 6881)


def test_a_port_in_use_fails_the_pair(world):
    world.acceptor.listen_pair(6881)
    with pytest.raises(ListenError, match=r"address already in use: 0\.0\.0\.0:6881"):
        world.acceptor.listen_pair(6881)


async def test_a_pair_of_real_listeners_shares_its_port():
    hub = Hub()
    peers = []
    acceptor = Acceptor(TrioNetwork(hub), lambda _: OURS, peers.append, LIMITS)
    pair = acceptor.listen_pair(0)
    ports = {listener.endpoint.port for listener in pair}
    assert len(ports) == 1
    hosts = ["127.0.0.1", "::1"][: len(pair)]
    network = TrioNetwork(hub)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        nursery.start_soon(acceptor.run)
        for host in hosts:
            remote = Endpoint(host, min(ports))
            (await dial(network, remote, THEIRS, LIMITS)).stream.close()
        while len(peers) < len(hosts):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    for peer in peers:
        peer.stream.close()
    assert len(hub) == 0
    hub.close()


async def test_who_is_bound_to_ipv6_listens_there_only():
    hub = Hub()
    acceptor = Acceptor(
        TrioNetwork(hub, binding.parse(["::1"])), lambda _: OURS, lambda _: None, LIMITS
    )
    [listener] = acceptor.listen_pair(0)
    assert listener.endpoint.host == "::1"
    listener.close()
    hub.close()
