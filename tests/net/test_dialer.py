"""Dialling gives a handshaken stream, or an error and nothing left open."""

from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, NetworkError, RemoteProtocolError, TimedOut
from raincore.base.ids import InfoHash, PeerId
from raincore.net.dialer import Offer, dial, receive_handshake, send_handshake
from raincore.wire.handshake import Handshake
from tests.sim.network import SimNetwork

INFO_HASH = InfoHash(bytes(range(20)))
OURS = Offer(INFO_HASH, PeerId(b"-RN0000-ours........"))
THEIRS = Offer(INFO_HASH, PeerId(b"-XX0000-theirs......"))
LIMITS = PeerLimits(connect_timeout_seconds=5.0, handshake_timeout_seconds=10.0)
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
        handshaken = await dial(us, REMOTE, OURS, LIMITS)
        assert handshaken.handshake.peer_id == THEIRS.peer_id
        assert handshaken.handshake.fast
        assert handshaken.stream.remote == REMOTE
        handshaken.stream.close()
    assert heard[0].info_hash == INFO_HASH
    assert heard[0].peer_id == OURS.peer_id


async def test_nothing_is_read_past_the_handshake(network, autojump_clock):
    async with peer(network, says(encoded(THEIRS) + b"more")) as us:
        handshaken = await dial(us, REMOTE, OURS, LIMITS)
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
        (await dial(us, REMOTE, OURS, LIMITS)).stream.close()


async def test_a_drip_that_takes_too_long_is_cut_off(network, autojump_clock):
    async def drip(stream) -> None:
        for byte in encoded(THEIRS):
            await send(stream, bytes([byte]))
            await trio.sleep(1)

    async with peer(network, drip) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut, match=r"no handshake within 10 s: 10\.0\.0\.2:6881"):
            await dial(us, REMOTE, OURS, LIMITS)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


async def test_silence_is_cut_off(network, autojump_clock):
    async with peer(network, says(b"")) as us:
        started = trio.current_time()
        with pytest.raises(TimedOut):
            await dial(us, REMOTE, OURS, LIMITS)
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)
        network.crash(REMOTE.host)


async def test_a_peer_that_hangs_up_is_a_network_error(network, autojump_clock):
    async def hang_up(stream) -> None:
        await receive_handshake(stream)

    async with peer(network, hang_up) as us:
        with pytest.raises(NetworkError, match="closed during the handshake") as caught:
            await dial(us, REMOTE, OURS, LIMITS)
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
            await dial(us, REMOTE, OURS, LIMITS)
        assert trio.current_time() - started < 0.1
        network.crash(REMOTE.host)


async def test_refusal_is_passed_on(network, autojump_clock):
    async with peer(network, answer) as us:
        with pytest.raises(ConnectError, match="connection refused"):
            await dial(us, Endpoint(REMOTE.host, 1), OURS, LIMITS)


async def test_connecting_takes_no_longer_than_its_limit(network, autojump_clock):
    async with peer(network, answer) as us:
        network.behind_nat(REMOTE.host)
        started = trio.current_time()
        with pytest.raises(TimedOut, match=r"no connection within 5 s: 10\.0\.0\.2:6881"):
            await dial(us, REMOTE, OURS, LIMITS)
        assert trio.current_time() - started == pytest.approx(5)


@pytest.mark.parametrize("after", [0.0, 0.015, 0.035])
async def test_cancelling_closes_the_stream(network, autojump_clock, after):
    async def wait(stream) -> None:
        await receive_handshake(stream)
        await stream.wait_readable()

    async with peer(network, wait) as us:
        with trio.move_on_after(after) as scope:
            await dial(us, REMOTE, OURS, LIMITS)
        assert scope.cancelled_caught


async def test_sending_waits_for_room(network, autojump_clock):
    network.configure("10.0.0.1", REMOTE.host, window=40)
    async with peer(network, answer) as us:
        (await dial(us, REMOTE, OURS, LIMITS)).stream.close()


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
