"""Encrypted handshakes over streams: what is agreed, what is remembered, what it may cost."""

import random
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.config import Encryption
from raincore.base.endpoint import Endpoint
from raincore.base.errors import EncryptionRefused, NetworkError, RemoteProtocolError
from raincore.base.ids import InfoHash
from raincore.net.encrypted_stream import EncryptedStream
from raincore.net.encrypter import REMEMBERED_MAX, REST_SECONDS, Encrypter
from raincore.net.primed_stream import PrimedStream
from raincore.wire import mse_keys, rc4
from raincore.wire.mse import Crypto
from tests.sim.links import SimStream
from tests.sim.network import SimNetwork

HERE = Endpoint("10.0.0.2", 6881)
HASH = InfoHash(bytes(range(20)))
FIND = {mse_keys.key_hash(HASH): HASH}.get


@asynccontextmanager
async def connection(seed: int):
    """Both ends of a simulated connection."""
    network = SimNetwork(seed)
    accepted = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run)
        network.host(HERE.host).listen(HERE, accepted.append)
        near = await network.host("10.0.0.1").connect(HERE)
        await trio.sleep(1)
        yield near, accepted[0]
        nursery.cancel_scope.cancel()


async def agree(near, far, ours: Encryption, theirs: Encryption, payload: bytes = b"payload"):
    """Both sides shake hands; what each has then."""
    found = {}
    rng = random.Random(1)

    async def accept() -> None:
        found["far"] = await Encrypter(rng).accepted(far, b"", FIND, theirs)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept)
        found["near"] = await Encrypter(rng).dialled(near, HASH, payload, ours)
    return found["near"], found["far"]


async def receive(stream, most: int = 100) -> bytes:
    await stream.wait_readable()
    buffer = bytearray(most)
    return bytes(buffer[: stream.receive_into(memoryview(buffer))])


@pytest.mark.parametrize("ours", [Encryption.PREFER, Encryption.REQUIRE])
@pytest.mark.parametrize("theirs", [Encryption.PREFER, Encryption.REQUIRE])
async def test_both_sides_agree_and_the_payload_comes_first(seed, autojump_clock, ours, theirs):
    async with connection(seed) as (near, far):
        us, them = await agree(near, far, ours, theirs)
        assert us.info_hash == them.info_hash == HASH
        both_prefer = ours is theirs is Encryption.PREFER
        assert us.crypto is them.crypto is (Crypto.PLAINTEXT if both_prefer else Crypto.RC4)
        assert await receive(them.stream) == b"payload"
        us.stream.send([b"there"])
        them.stream.send([b"back"])
        assert await receive(them.stream) == b"there"
        assert await receive(us.stream) == b"back"


async def test_plaintext_goes_on_with_the_bare_stream(seed, autojump_clock):
    async with connection(seed) as (near, far):
        us, them = await agree(near, far, Encryption.PREFER, Encryption.PREFER)
        assert us.stream is near
        assert isinstance(them.stream, PrimedStream)
        await receive(them.stream)
        assert them.stream.rest is far


async def test_without_payload_nothing_is_put_in_front(seed, autojump_clock):
    async with connection(seed) as (near, far):
        us, them = await agree(near, far, Encryption.REQUIRE, Encryption.REQUIRE, b"")
        assert isinstance(us.stream, EncryptedStream)
        assert isinstance(them.stream, EncryptedStream)


async def test_where_rc4_is_slow_only_plaintext_is_offered_and_allowed(
    seed, autojump_clock, monkeypatch
):
    monkeypatch.setattr(rc4, "is_fast", lambda: False)
    async with connection(seed) as (near, far):
        us, them = await agree(near, far, Encryption.PREFER, Encryption.PREFER)
        assert us.crypto is them.crypto is Crypto.PLAINTEXT
    async with connection(seed) as (near, far):
        with pytest.RaisesGroup(RemoteProtocolError, flatten_subgroups=True):
            await agree(near, far, Encryption.PREFER, Encryption.REQUIRE)


async def test_bytes_heard_before_belong_to_the_key(seed, autojump_clock):
    async with connection(seed) as (near, far):
        found = []

        async def accept() -> None:
            first = await receive(far, 20)
            found.append(await Encrypter(random.Random(2)).accepted(far, first, FIND, policy))

        policy = Encryption.PREFER
        async with trio.open_nursery() as nursery:
            nursery.start_soon(accept)
            await Encrypter(random.Random(1)).dialled(near, HASH, b"", policy)
        assert found[0].info_hash == HASH


@pytest.mark.parametrize("said", [b"", b"x" * 95, b"\x13BitTorrent protocol"])
async def test_who_gives_no_key_refuses_and_is_remembered(seed, autojump_clock, said):
    async with connection(seed) as (near, far):
        encrypter = Encrypter(random.Random(1))

        async def refuse() -> None:
            if said:
                far.send([said])
            await trio.sleep(1)
            far.close()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(refuse)
            with pytest.raises(EncryptionRefused, match=r"refuses .*: 10\.0\.0\.2:6881") as caught:
                await encrypter.dialled(near, HASH, b"", Encryption.PREFER)
        assert caught.value.endpoint == str(HERE)
        assert encrypter.wants_clear(HERE)


async def test_who_hangs_up_after_its_key_speaks_mse(seed, autojump_clock):
    async with connection(seed) as (near, far):
        encrypter = Encrypter(random.Random(1))

        async def leave() -> None:
            far.send([mse_keys.KeyPair(random.Random(2)).public()])
            await trio.sleep(1)
            far.close()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(leave)
            with pytest.raises(NetworkError, match="during the handshake") as caught:
                await encrypter.dialled(near, HASH, b"", Encryption.PREFER)
        assert not isinstance(caught.value, EncryptionRefused)
        assert not encrypter.wants_clear(HERE)


def test_what_is_remembered_is_bounded_and_the_latest() -> None:
    encrypter = Encrypter(random.Random(1))
    places = [Endpoint(f"10.0.{n // 256}.{n % 256}", 1) for n in range(REMEMBERED_MAX + 1)]
    for place in places:
        encrypter.remember(place, clear=True)
    assert not encrypter.wants_clear(places[0])
    assert encrypter.wants_clear(places[1])
    assert encrypter.wants_clear(places[-1])
    encrypter.remember(places[1], clear=False)
    encrypter.remember(places[1], clear=False)
    assert not encrypter.wants_clear(places[1])


class Stranger(SimStream):
    """A stream on which a whole key has arrived, and nothing else ever will."""

    local = remote = HERE

    def __init__(self, log: list) -> None:
        self._key = mse_keys.KeyPair(random.Random(1)).public()
        self._log = log

    def receive_into(self, buffer: memoryview) -> int:
        if not self._key:
            raise BlockingIOError
        count = min(len(buffer), len(self._key))
        buffer[:count] = self._key[:count]
        self._key = self._key[count:]
        return count

    def send(self, buffers) -> int:
        self._log.append(trio.current_time())
        return sum(map(len, buffers))

    async def wait_readable(self) -> None:
        await trio.sleep_forever()


async def test_the_first_stranger_does_not_wait_and_the_others_have_rests(autojump_clock):
    answered: list[float] = []
    encrypter = Encrypter(random.Random(1))
    started = trio.current_time()
    with trio.move_on_after(1):
        async with trio.open_nursery() as nursery:
            for _ in range(4):
                stranger = Stranger(answered)
                nursery.start_soon(encrypter.accepted, stranger, b"", FIND, Encryption.PREFER)
    assert [when - started for when in answered] == pytest.approx(
        [n * REST_SECONDS for n in range(4)]
    )


async def test_who_gives_up_waiting_makes_way_for_the_next(autojump_clock):
    answered: list[float] = []
    encrypter = Encrypter(random.Random(1))

    async def greet(patience: float) -> None:
        with trio.move_on_after(patience):
            await encrypter.accepted(Stranger(answered), b"", FIND, Encryption.PREFER)

    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(greet, 1)
        await trio.sleep(REST_SECONDS / 10)
        for _ in range(50):
            nursery.start_soon(greet, REST_SECONDS / 2)
        await trio.sleep(REST_SECONDS)
        nursery.start_soon(greet, 1)
    assert len(answered) == 2
    assert answered[1] - started < 2 * REST_SECONDS
