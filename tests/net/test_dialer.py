"""Dialling gives a handshaken stream, or an error and nothing left open."""

import random
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio

from raincore.base.config import Encryption, PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import (
    ConnectError,
    EncryptionRefused,
    NetworkError,
    RemoteProtocolError,
    TimedOut,
)
from raincore.base.ids import InfoHash, PeerId
from raincore.net.acceptor import Acceptor
from raincore.net.dialer import Offer, dial, receive_handshake, send_handshake
from raincore.net.encrypter import Encrypter
from raincore.wire import mse_keys
from raincore.wire.handshake import Handshake
from raincore.wire.mse import Crypto
from tests.sim.network import SimNetwork

INFO_HASH = InfoHash(bytes(range(20)))
OURS = Offer(INFO_HASH, PeerId(b"-RN0000-ours........"))
THEIRS = Offer(INFO_HASH, PeerId(b"-XX0000-theirs......"))
LIMITS = PeerLimits(
    connect_timeout_seconds=5.0, handshake_timeout_seconds=10.0, encryption=Encryption.OFF
)
PREFER = replace(LIMITS, encryption=Encryption.PREFER)
REQUIRE = replace(LIMITS, encryption=Encryption.REQUIRE)
ENCRYPTER = Encrypter(random.Random(1))
REMOTE = Endpoint("10.0.0.2", 6881)


def encoded(offer: Offer) -> bytes:
    return Handshake(offer.info_hash, offer.peer_id, offer.reserved).encode()


@pytest.fixture
def network(seed) -> SimNetwork:
    return SimNetwork(seed)


@asynccontextmanager
async def peer(network, behave):
    """A peer that does `await behave(stream)` with whoever connects."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run)

        async def serve(stream) -> None:
            try:
                await behave(stream)
            except NetworkError:
                pass
            finally:
                stream.close()

        def on_connection(stream) -> None:
            nursery.start_soon(serve, stream)

        network.host(REMOTE.host).listen(REMOTE, on_connection)
        yield network.host("10.0.0.1")
        await trio.sleep(1)
        assert not network.open_streams
        nursery.cancel_scope.cancel()


async def send(stream, data: bytes) -> None:
    assert stream.send([data]) == len(data)


def says(data: bytes):
    async def behave(stream) -> None:
        await send(stream, data)
        await trio.sleep(100)

    return behave


async def answer(stream) -> None:
    await receive_handshake(stream)
    await send_handshake(stream, THEIRS)
    await trio.sleep(1)


async def test_both_handshakes_are_exchanged(network, autojump_clock):
    heard = []

    async def behave(stream) -> None:
        heard.append(await receive_handshake(stream))
        await send_handshake(stream, THEIRS)

    async with peer(network, behave) as us:
        handshaken = await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert handshaken.handshake.peer_id == THEIRS.peer_id
        assert handshaken.handshake.fast
        assert handshaken.stream.remote == REMOTE
        handshaken.stream.close()
    assert heard[0].info_hash == INFO_HASH
    assert heard[0].peer_id == OURS.peer_id


async def test_nothing_is_read_past_the_handshake(network, autojump_clock):
    async with peer(network, says(encoded(THEIRS) + b"more")) as us:
        handshaken = await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        rest = memoryview(bytearray(9))
        assert bytes(rest[: handshaken.stream.receive_into(rest)]) == b"more"
        handshaken.stream.close()
        network.crash(REMOTE.host)


async def test_a_handshake_may_come_in_pieces(network, autojump_clock):
    async def drip(stream) -> None:
        for byte in encoded(THEIRS):
            await send(stream, bytes([byte]))
            await trio.sleep(0.1)

    async with peer(network, drip) as us:
        (await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)).stream.close()


async def test_a_drip_that_takes_too_long_is_cut_off(network, autojump_clock):
    async def drip(stream) -> None:
        for byte in encoded(THEIRS):
            await send(stream, bytes([byte]))
            await trio.sleep(1)

    async with peer(network, drip) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut, match=r"no handshake within 10 s: 10\.0\.0\.2:6881"):
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


async def test_silence_is_cut_off(network, autojump_clock):
    async with peer(network, says(b"")) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut):
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)
        network.crash(REMOTE.host)


async def test_a_peer_that_hangs_up_is_a_network_error(network, autojump_clock):
    async def hang_up(stream) -> None:
        await receive_handshake(stream)

    async with peer(network, hang_up) as us:
        with pytest.raises(NetworkError, match="closed during the handshake") as caught:
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
    assert caught.value.endpoint == str(REMOTE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not a bittorrent handshake"),
        (b"\x13BitTorrent protocoL", "not a bittorrent handshake"),
        (b"\x14", "not a bittorrent handshake"),
        (encoded(Offer(InfoHash(bytes(20)), THEIRS.peer_id)), "for another info-hash: 0000"),
        (encoded(OURS), "we have dialled ourselves"),
    ],
)
async def test_strangers_are_refused_without_waiting(network, autojump_clock, data, message):
    async with peer(network, says(data)) as us:
        started = trio.current_time()
        with pytest.raises(RemoteProtocolError, match=message):
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert trio.current_time() - started < 0.1
        network.crash(REMOTE.host)


async def test_only_who_was_offered_to_go_on_as_v2_may_answer_with_that_hash(
    network, autojump_clock
):
    v2 = InfoHash(b"v2" * 10)
    upgraded = encoded(Offer(v2, THEIRS.peer_id))
    async with peer(network, says(upgraded)) as us:
        made = await dial(us, REMOTE, replace(OURS, upgrade=v2), LIMITS, ENCRYPTER)
        assert made.swarm == v2
        made.stream.close()
        with pytest.raises(RemoteProtocolError, match="for another info-hash"):
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        network.crash(REMOTE.host)


async def test_refusal_is_passed_on(network, autojump_clock):
    async with peer(network, answer) as us:
        with pytest.raises(ConnectError, match="connection refused"):
            await dial(us, Endpoint(REMOTE.host, 1), OURS, LIMITS, ENCRYPTER)


async def test_connecting_takes_no_longer_than_its_limit(network, autojump_clock):
    async with peer(network, answer) as us:
        network.behind_nat(REMOTE.host)
        started = trio.current_time()
        with pytest.raises(TimedOut, match=r"no connection within 5 s: 10\.0\.0\.2:6881"):
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert trio.current_time() - started == pytest.approx(5)


@pytest.mark.parametrize("after", [0.0, 0.015, 0.035])
async def test_cancelling_closes_the_stream(network, autojump_clock, after):
    async def wait(stream) -> None:
        await receive_handshake(stream)
        await stream.wait_readable()

    async with peer(network, wait) as us:
        with trio.move_on_after(after) as scope:
            await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)
        assert scope.cancelled_caught


async def test_sending_waits_for_room(network, autojump_clock):
    network.configure("10.0.0.1", REMOTE.host, window=40)
    async with peer(network, answer) as us:
        (await dial(us, REMOTE, OURS, LIMITS, ENCRYPTER)).stream.close()


async def test_receiving_takes_exactly_one_handshake(network, autojump_clock):
    got = []

    async def behave(stream) -> None:
        for _ in range(2):
            got.append((await receive_handshake(stream)).peer_id)

    async with peer(network, behave) as us:
        stream = await us.connect(REMOTE)
        await send(stream, encoded(OURS) + encoded(THEIRS))
        await trio.sleep(1)
        stream.close()
    assert got == [OURS.peer_id, THEIRS.peer_id]


# --- encryption --------------------------------------------------------------------------


@pytest.fixture
def encrypter(seed) -> Encrypter:
    return Encrypter(random.Random(seed))


@asynccontextmanager
async def acceptor(network, policy: Encryption):
    """A whole client at the other end; gives our host, and whom it took."""
    taken = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run)
        there = Acceptor(
            network.host(REMOTE.host),
            lambda info_hash: THEIRS if info_hash == INFO_HASH else None,
            {mse_keys.key_hash(INFO_HASH): INFO_HASH}.get,
            taken.append,
            replace(LIMITS, encryption=policy),
            Encrypter(random.Random(2)),
        )
        there.listen(REMOTE)
        nursery.start_soon(there.run)
        yield network.host("10.0.0.1"), taken
        await trio.sleep(1)
        for peer in taken:
            peer.stream.close()
        await trio.sleep(1)
        assert not network.open_streams
        nursery.cancel_scope.cancel()


async def passes(there, back) -> None:
    """Bytes cross a connection in both directions."""
    for sender, receiver, data in ((there, back, b"there"), (back, there, b"back")):
        sender.stream.send([data])
        await receiver.stream.wait_readable()
        buffer = bytearray(10)
        assert buffer[: receiver.stream.receive_into(memoryview(buffer))] == data


@pytest.mark.parametrize(
    ("ours", "theirs", "crypto"),
    [
        (PREFER, Encryption.PREFER, Crypto.PLAINTEXT),
        (PREFER, Encryption.REQUIRE, Crypto.RC4),
        (REQUIRE, Encryption.PREFER, Crypto.RC4),
        (REQUIRE, Encryption.REQUIRE, Crypto.RC4),
        (PREFER, Encryption.OFF, None),
        (LIMITS, Encryption.PREFER, None),
        (LIMITS, Encryption.OFF, None),
    ],
)
async def test_policies_that_suit_each_other_connect(
    network, autojump_clock, encrypter, ours, theirs, crypto
):
    async with acceptor(network, theirs) as (us, taken):
        peer = await dial(us, REMOTE, OURS, ours, encrypter)
        await trio.sleep(1)
        assert peer.crypto is taken[0].crypto is crypto
        assert peer.encryption == (None if crypto is None else crypto.name.lower())
        assert peer.handshake.peer_id == THEIRS.peer_id
        assert taken[0].handshake.peer_id == OURS.peer_id
        await passes(peer, taken[0])
        peer.stream.close()


@pytest.mark.parametrize(
    ("ours", "theirs", "error", "message"),
    [
        (REQUIRE, Encryption.OFF, EncryptionRefused, "refuses an encrypted handshake: 10.0.0.2"),
        (LIMITS, Encryption.REQUIRE, NetworkError, "during the handshake"),
    ],
)
async def test_policies_that_do_not_suit_each_other_say_so(
    network, autojump_clock, encrypter, ours, theirs, error, message
):
    async with acceptor(network, theirs) as (us, taken):
        with pytest.raises(error, match=message):
            await dial(us, REMOTE, OURS, ours, encrypter)
        assert not taken


async def test_the_wire_shows_nothing_of_an_encrypted_connection(
    network, autojump_clock, encrypter
):
    seen = bytearray()

    async def behave(stream) -> None:
        while True:
            await stream.wait_readable()
            buffer = bytearray(100)
            seen.extend(buffer[: stream.receive_into(memoryview(buffer))])

    async with peer(network, behave) as us:
        with trio.move_on_after(5):
            await dial(us, REMOTE, OURS, PREFER, encrypter)
        network.crash(REMOTE.host)
    assert len(seen) >= 96
    assert b"BitTorrent" not in seen
    assert INFO_HASH not in seen


def only_in_the_clear(heard: list):
    """A client that knows no MSE and hangs up on what it does not understand."""

    async def behave(stream) -> None:
        try:
            heard.append(await receive_handshake(stream))
        except RemoteProtocolError:
            heard.append(None)
            return
        await send_handshake(stream, THEIRS)
        await trio.sleep(1)

    return behave


async def test_who_hangs_up_is_dialled_in_the_clear_now_and_next_time(
    network, autojump_clock, encrypter
):
    heard = []
    async with peer(network, only_in_the_clear(heard)) as us:
        for _ in range(2):
            handshaken = await dial(us, REMOTE, OURS, PREFER, encrypter)
            assert handshaken.crypto is None
            handshaken.stream.close()
    assert [handshake is not None for handshake in heard] == [False, True, True]


async def test_who_later_hangs_up_on_the_clear_is_tried_encrypted_again(
    network, autojump_clock, encrypter
):
    encrypter.remember(REMOTE, clear=True)
    async with acceptor(network, Encryption.REQUIRE) as (us, _):
        with pytest.raises(NetworkError, match="during the handshake"):
            await dial(us, REMOTE, OURS, PREFER, encrypter)
        peer = await dial(us, REMOTE, OURS, PREFER, encrypter)
        assert peer.crypto is Crypto.RC4
        assert not encrypter.wants_clear(REMOTE)
        peer.stream.close()


async def test_who_says_nothing_is_tried_in_the_clear_next_time(network, autojump_clock, encrypter):
    async with peer(network, says(b"")) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut, match="no handshake within 10 s"):
            await dial(us, REMOTE, OURS, PREFER, encrypter)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)
        assert encrypter.wants_clear(REMOTE)
        network.crash(REMOTE.host)


async def test_who_cannot_be_reached_is_not_remembered(network, autojump_clock, encrypter):
    async with peer(network, answer) as us:
        with pytest.raises(ConnectError):
            await dial(us, Endpoint(REMOTE.host, 1), OURS, PREFER, encrypter)
        assert not encrypter.wants_clear(Endpoint(REMOTE.host, 1))


async def test_who_answers_in_the_clear_at_once_is_dialled_again_in_the_clear(
    network, autojump_clock, encrypter
):
    connections = []

    async def behave(stream) -> None:
        connections.append(stream)
        await send_handshake(stream, THEIRS)
        await trio.sleep(1)

    async with peer(network, behave) as us:
        (await dial(us, REMOTE, OURS, PREFER, encrypter)).stream.close()
    assert len(connections) == 2


async def test_a_peer_that_speaks_mse_and_then_hangs_up_is_not_dialled_twice(
    network, autojump_clock, encrypter
):
    """It does not have the torrent: asking in the clear would only tell the world of it."""
    other = Offer(InfoHash(b"other torrent hash.."), OURS.peer_id)
    async with acceptor(network, Encryption.PREFER) as (us, taken):
        with pytest.raises(NetworkError, match="during the handshake"):
            await dial(us, REMOTE, other, PREFER, encrypter)
        assert not encrypter.wants_clear(REMOTE)
        assert not taken


async def test_required_encryption_never_shows_a_handshake(network, autojump_clock, encrypter):
    heard = []
    async with peer(network, only_in_the_clear(heard)) as us:
        for _ in range(2):
            with pytest.raises(EncryptionRefused):
                await dial(us, REMOTE, OURS, REQUIRE, encrypter)
    assert heard == [None, None]


async def test_dialling_ourselves_is_noticed_under_encryption_too(
    network, autojump_clock, encrypter
):
    ours = Offer(INFO_HASH, THEIRS.peer_id)
    async with acceptor(network, Encryption.REQUIRE) as (us, taken):
        with pytest.raises(RemoteProtocolError, match="we have dialled ourselves"):
            await dial(us, REMOTE, ours, PREFER, encrypter)
        assert not taken


@pytest.mark.parametrize("policy", [PREFER, REQUIRE])
async def test_noise_and_silence_cost_no_more_than_the_deadlines(
    network, autojump_clock, encrypter, policy
):
    async def drip(stream) -> None:
        for _ in range(1000):
            await send(stream, b"\x55")
            await trio.sleep(0.05)

    async with peer(network, drip) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut):
            await dial(us, REMOTE, OURS, policy, encrypter)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)
        network.crash(REMOTE.host)


async def test_a_peer_that_sends_noise_as_its_key_is_refused_after_the_search(
    network, autojump_clock, encrypter
):
    async with peer(network, says(bytes([7]) * 2000)) as us:
        with pytest.raises(RemoteProtocolError, match="padding does not end"):
            await dial(us, REMOTE, OURS, PREFER, encrypter)
        network.crash(REMOTE.host)


@pytest.mark.parametrize("after", [0.0, 0.015, 0.035, 0.055])
async def test_cancelling_an_encrypted_dial_closes_the_stream(
    network, autojump_clock, encrypter, after
):
    async with acceptor(network, Encryption.REQUIRE) as (us, _):
        with trio.move_on_after(after) as scope:
            await dial(us, REMOTE, OURS, PREFER, encrypter)
        assert scope.cancelled_caught
