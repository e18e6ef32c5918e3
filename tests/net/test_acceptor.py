"""Strangers are greeted, refused, or cut off; none is left open."""

import random
from dataclasses import replace

import pytest
import trio

from raincore.base.config import Encryption, PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, NetworkError, RemoteProtocolError, TimedOut
from raincore.base.ids import InfoHash, PeerId
from raincore.net import binding
from raincore.net.acceptor import Acceptor
from raincore.net.dialer import Offer, dial, send_handshake
from raincore.net.encrypter import REST_SECONDS, Encrypter
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from raincore.wire import handshake, mse_keys
from raincore.wire.handshake import reserved
from raincore.wire.mse import Crypto, Initiator
from tests.sim.network import SimNetwork

INFO_HASH = InfoHash(bytes(range(20)))
OTHER_HASH = InfoHash(bytes(20))
OURS = Offer(INFO_HASH, PeerId(b"-RN0000-ours........"))
THEIRS = Offer(INFO_HASH, PeerId(b"-XX0000-theirs......"))
LIMITS = PeerLimits(max_accepted=3, encryption=Encryption.OFF)
PREFER = replace(LIMITS, encryption=Encryption.PREFER)
REQUIRE = replace(LIMITS, encryption=Encryption.REQUIRE)
ENCRYPTER = Encrypter(random.Random(1))
HERE = Endpoint("10.0.0.1", 6881)


class World:
    """An acceptor on one simulated host, visited from another."""

    def __init__(self, seed: int, limits: PeerLimits = LIMITS) -> None:
        self.network = SimNetwork(seed)
        self.peers = []
        self.asked = []
        self.visitor = self.network.host("10.0.0.2")
        self.torrents = {INFO_HASH: OURS}
        self.acceptor = Acceptor(
            self.network.host(HERE.host),
            self.lookup,
            self.find,
            self.peers.append,
            limits,
            Encrypter(random.Random(seed)),
        )

    def lookup(self, info_hash: InfoHash) -> Offer | None:
        self.asked.append(info_hash)
        return self.torrents.get(info_hash)

    def find(self, key_hash: bytes) -> InfoHash | None:
        return {mse_keys.key_hash(one): one for one in self.torrents}.get(key_hash)

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
        theirs = await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)
        await world.settle()
        [peer] = world.peers
        assert peer.handshake.peer_id == THEIRS.peer_id
        assert peer.stream.remote == theirs.stream.local
        assert theirs.handshake.peer_id == OURS.peer_id
        assert len(world.network.open_streams) == 2


@pytest.mark.parametrize("asked_by", [INFO_HASH, OTHER_HASH])
@pytest.mark.parametrize("policy", list(Encryption))
async def test_who_could_go_on_as_v2_is_answered_with_that_hash(
    seed, autojump_clock, asked_by, policy
):
    limits = PeerLimits(encryption=policy)
    world = World(seed, limits)
    world.torrents = {
        INFO_HASH: replace(OURS, upgrade=OTHER_HASH),
        OTHER_HASH: replace(OURS, info_hash=OTHER_HASH),
    }
    upgrades = asked_by == INFO_HASH
    ours = Offer(
        asked_by,
        THEIRS.peer_id,
        reserved(v2=upgrades),
        OTHER_HASH if upgrades else None,
    )
    async with world:
        theirs = await dial(world.visitor, HERE, ours, limits, ENCRYPTER)
        await world.settle()
        [peer] = world.peers
        assert peer.swarm == theirs.swarm == OTHER_HASH
        assert peer.handshake.info_hash == asked_by


async def test_who_does_not_offer_to_go_on_as_v2_stays_where_it_asked(world, autojump_clock):
    world.torrents = {INFO_HASH: replace(OURS, upgrade=OTHER_HASH)}
    async with world:
        theirs = await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)
        await world.settle()
        [peer] = world.peers
        assert peer.swarm == theirs.swarm == INFO_HASH


async def test_who_wants_another_torrent_gets_no_answer(world, autojump_clock):
    async with world:
        with pytest.raises(NetworkError, match="closed during the handshake"):
            await dial(world.visitor, HERE, Offer(OTHER_HASH, THEIRS.peer_id), LIMITS, ENCRYPTER)
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
            await dial(world.visitor, HERE, OURS, LIMITS, ENCRYPTER)
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
        (await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)).stream.close()
        await silent[0].wait_readable()
        assert hung_up(silent[0])
        with pytest.raises(BlockingIOError):
            silent[1].receive_into(memoryview(bytearray(1)))
        for stream in silent:
            stream.close()


async def test_handed_over_peers_are_no_strangers_any_more(world, autojump_clock):
    async with world:
        for _ in range(2 * LIMITS.max_accepted):
            await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)
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
        peer = await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)
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
            await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)


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
    acceptor = Acceptor(
        TrioNetwork(hub), lambda _: OURS, lambda _: None, peers.append, LIMITS, ENCRYPTER
    )
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
            (await dial(network, remote, THEIRS, LIMITS, ENCRYPTER)).stream.close()
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
        TrioNetwork(hub, binding.parse(["::1"])),
        lambda _: OURS,
        lambda _: None,
        lambda _: None,
        LIMITS,
        ENCRYPTER,
    )
    [listener] = acceptor.listen_pair(0)
    assert listener.endpoint.host == "::1"
    listener.close()
    hub.close()


# --- encryption --------------------------------------------------------------------------


@pytest.fixture
def preferring(seed) -> World:
    return World(seed, PREFER)


@pytest.fixture
def requiring(seed) -> World:
    return World(seed, REQUIRE)


async def test_plain_and_encrypted_peers_come_to_the_same_port(preferring, autojump_clock):
    async with preferring as world:
        for limits, crypto in ((LIMITS, None), (PREFER, Crypto.PLAINTEXT), (REQUIRE, Crypto.RC4)):
            peer = await dial(world.visitor, HERE, THEIRS, limits, ENCRYPTER)
            await world.settle()
            assert world.peers.pop().crypto is crypto
            peer.stream.close()


async def test_several_torrents_on_one_port_are_told_apart(preferring, autojump_clock):
    hashes = [InfoHash(bytes([n]) * 20) for n in range(20)]
    preferring.torrents = {one: replace(OURS, info_hash=one) for one in hashes}
    async with preferring as world:
        for limits in (LIMITS, PREFER, REQUIRE):
            for one in hashes:
                theirs = replace(THEIRS, info_hash=one)
                peer = await dial(world.visitor, HERE, theirs, limits, ENCRYPTER)
                await world.settle()
                assert world.peers.pop().handshake.info_hash == one
                peer.stream.close()


async def test_a_plain_handshake_is_refused_where_encryption_is_required(requiring, autojump_clock):
    async with requiring as world:
        with pytest.raises(NetworkError, match="during the handshake"):
            await dial(world.visitor, HERE, THEIRS, LIMITS, ENCRYPTER)
        await world.settle()
        assert not world.asked
        assert not world.network.open_streams


async def test_plaintext_after_the_handshake_is_refused_where_rc4_is_required(
    requiring, autojump_clock
):
    async with requiring as world:
        stream = await world.visitor.connect(HERE)
        machine = Initiator(INFO_HASH, Crypto.PLAINTEXT, b"", random.Random(1))
        with pytest.raises(NetworkError, match="reset"):
            await speak(stream, machine)
        assert machine.agreed is None
        stream.close()
        await world.settle()
        assert not world.network.open_streams


async def speak_mse(stream, payload: bytes) -> None:
    """Complete an encrypted handshake by hand, offering plaintext only."""
    await speak(stream, Initiator(INFO_HASH, Crypto.PLAINTEXT, payload, random.Random(1)))


async def speak(stream, machine: Initiator) -> None:
    while machine.wanted:
        if said := machine.data_to_send():
            stream.send([said])
        await stream.wait_readable()
        room = memoryview(bytearray(machine.wanted))
        machine.receive_data(room[: stream.receive_into(room)])


def encoded(offer: Offer) -> bytes:
    return offer.encode()


@pytest.mark.parametrize("cut", [0, 1, 20, 67, 68])
async def test_a_handshake_may_be_partly_in_the_payload(preferring, autojump_clock, cut):
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        await speak_mse(stream, encoded(THEIRS)[:cut])
        await trio.sleep(1)
        if encoded(THEIRS)[cut:]:
            stream.send([encoded(THEIRS)[cut:]])
        await world.settle()
        [peer] = world.peers
        assert peer.handshake.peer_id == THEIRS.peer_id
        assert stream.receive_into(memoryview(bytearray(100))) == handshake.LENGTH
        stream.close()


async def test_messages_in_the_payload_are_the_first_that_a_peer_says(preferring, autojump_clock):
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        await speak_mse(stream, encoded(THEIRS) + b"bitfield")
        stream.send([b" and more"])
        await world.settle()
        [peer] = world.peers
        heard = []
        room = memoryview(bytearray(100))
        peer.stream.watch(lambda: heard.append(bytes(room[: peer.stream.receive_into(room)])), None)
        await world.settle()
        assert heard == [b"bitfield", b" and more"]
        stream.close()


async def test_an_encrypted_handshake_for_one_torrent_is_not_good_for_another(
    preferring, autojump_clock
):
    preferring.torrents[OTHER_HASH] = replace(OURS, info_hash=OTHER_HASH)
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        await speak_mse(stream, encoded(replace(THEIRS, info_hash=OTHER_HASH)))
        await world.settle()
        assert not world.peers
        assert not world.asked
        stream.close()
        await world.settle()
        assert not world.network.open_streams


async def test_our_own_dialer_is_told_under_encryption_too(preferring, autojump_clock):
    async with preferring as world:
        with pytest.raises(RemoteProtocolError, match="dialled ourselves"):
            await dial(world.visitor, HERE, OURS, REQUIRE, ENCRYPTER)
        await world.settle()
        assert not world.peers
        assert not world.network.open_streams


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 96,
        b"\xff" * 96,
        random.Random(1).randbytes(96 + 512 + 20),
        b"GET / HTTP/1.1\r\n" * 50,
        b"\x13BitTorrent protocoL" + bytes(700),
    ],
    ids=["zero", "too large", "random", "web", "nearly"],
)
async def test_noise_is_refused_as_soon_as_it_cannot_be_mse(preferring, autojump_clock, data):
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        stream.send([data])
        await trio.sleep(0.5)
        assert not world.acceptor._strangers
        stream.close()
        await world.settle()
        assert not world.network.open_streams


@pytest.mark.parametrize("length", [1, 19, 95, 96, 300])
async def test_half_an_encrypted_handshake_is_cut_off_at_the_deadline(
    preferring, autojump_clock, length
):
    said = Initiator(INFO_HASH, Crypto.RC4, b"", random.Random(3)).data_to_send()
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        stream.send([said[:length]])
        await trio.sleep(LIMITS.handshake_timeout_seconds - 0.5)
        assert len(world.acceptor._strangers) == 1
        await trio.sleep(1)
        assert not world.acceptor._strangers
        stream.close()
        await world.settle()
        assert not world.network.open_streams


async def test_a_handshake_that_comes_twice_is_not_taken_for_a_second_peer(
    preferring, autojump_clock
):
    async with preferring as world:
        stream = await world.visitor.connect(HERE)
        await speak_mse(stream, encoded(THEIRS))
        again = Initiator(INFO_HASH, Crypto.PLAINTEXT, b"", random.Random(1)).data_to_send()
        stream.send([again])
        await world.settle()
        assert len(world.peers) == 1
        room = memoryview(bytearray(1000))
        got = world.peers[0].stream.receive_into(room)
        assert room[:got] == again, "bytes of a peer like any others, for its protocol to judge"
        stream.close()


async def test_a_flood_of_strangers_leaves_time_for_others(seed, autojump_clock):
    """Exchanges of keys rest between each other; who leaves the queue costs nothing."""
    world = World(seed, replace(PREFER, max_accepted=50))
    async with world:
        key = mse_keys.KeyPair(random.Random(1)).public()
        streams = []
        for _ in range(50):
            stream = await world.visitor.connect(HERE)
            streams.append(stream)
        started = trio.current_time()
        for stream in streams:
            stream.send([key])
        for stream in streams[:10]:
            stream.close()
        await streams[-1].wait_readable()
        assert trio.current_time() - started >= 40 * REST_SECONDS
        for stream in streams:
            stream.close()
        await world.settle()
        assert not world.network.open_streams


async def test_strangers_are_never_more_than_the_limit_even_when_they_wait_for_their_turn(
    seed, autojump_clock
):
    world = World(seed, PREFER)
    async with world:
        key = mse_keys.KeyPair(random.Random(1)).public()
        most = 0
        for _ in range(30):
            stream = await world.visitor.connect(HERE)
            stream.send([key])
            most = max(most, len(world.acceptor._strangers))
        await trio.sleep(0.1)
        assert most == PREFER.max_accepted
        assert len(world.network.open_streams) <= 30 + PREFER.max_accepted
        world.network.crash("10.0.0.2")
        await world.settle()
        assert not world.acceptor._strangers
