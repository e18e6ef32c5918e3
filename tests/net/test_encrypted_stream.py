"""Bytes are encrypted once and in order, however little the system takes of them."""

import random

import pytest

from raincore.base.errors import NetworkError
from raincore.net.encrypted_stream import RUN_LENGTH, EncryptedStream
from raincore.wire import rc4
from tests.net.far_end import FakeStream, FarEnd
from tests.wire import plain_mse

THERE, BACK = b"t" * 20, b"b" * 20


class World:
    """An encrypted stream around one that the test holds."""

    def __init__(self, run_length: int = RUN_LENGTH) -> None:
        self.inner = FakeStream()
        self.inner.wait_readable = self.inner.wait_writable = None  # type: ignore[attr-defined]
        self.run = memoryview(bytearray(run_length))
        self.stream = EncryptedStream(
            self.inner,  # type: ignore[arg-type]
            rc4.key_stream(BACK),
            rc4.key_stream(THERE),
            self.run,
        )

    def arrived(self) -> bytes:
        """What the other end decrypts of everything that was sent."""
        data = bytes(self.inner.sent)
        return plain_mse.xor(data, plain_mse.stream(THERE, len(data)))

    def send_all(self, buffers: list, rng: random.Random) -> None:
        """Send as the outbox does, to a system that takes what it likes."""
        while buffers:
            self.inner.room = rng.choice([0, 1, 5, 100, 10_000])
            try:
                taken = self.stream.send(buffers)
            except BlockingIOError:
                assert self.inner.room == 0
                continue
            finally:
                self.run[:] = b"\xee" * len(self.run)  # others use it too
            assert taken > 0
            while buffers and taken >= len(buffers[0]):
                taken -= len(buffers.pop(0))
            if taken:
                buffers[0] = memoryview(buffers[0])[taken:]


@pytest.fixture
def world() -> World:
    return World()


def test_what_arrives_is_decrypted_in_place(world) -> None:
    plain = bytes(range(200))
    world.inner.arrived += plain_mse.xor(plain, plain_mse.stream(BACK, 200))
    buffer = bytearray(300)
    assert world.stream.receive_into(memoryview(buffer)[:150]) == 150
    assert world.stream.receive_into(memoryview(buffer)[150:]) == 50
    assert buffer == plain + bytes(100)


def test_nothing_there_and_the_end_are_passed_on(world) -> None:
    room = memoryview(bytearray(9))
    with pytest.raises(BlockingIOError):
        world.stream.receive_into(room)
    world.inner.ended = True
    assert world.stream.receive_into(room) == 0


def test_a_broken_connection_is_passed_on(world) -> None:
    world.inner.broken = True
    with pytest.raises(NetworkError):
        world.stream.receive_into(memoryview(bytearray(9)))
    with pytest.raises(NetworkError):
        world.stream.send([b"x"])


def test_what_is_sent_is_encrypted_and_the_callers_memory_is_left_alone(world) -> None:
    buffers = [b"a", bytearray(b"bc"), memoryview(b"def"), b"", b"g"]
    assert world.stream.send(buffers) == 7
    assert world.arrived() == b"abcdefg"
    assert world.inner.sent != b"abcdefg"
    assert buffers[1] == b"bc"


def test_a_batch_of_blocks_is_encrypted_in_runs_not_in_blocks() -> None:
    world = World()
    calls = []
    apply = world.stream._apply_outgoing
    world.stream._apply_outgoing = lambda data: (calls.append(len(data)), apply(data))[1]
    batch = [bytes(13), bytes(16384)] * 64
    assert world.stream.send(batch) == 64 * (13 + 16384)
    assert len(calls) == 5
    assert world.inner.sends == calls
    assert world.arrived() == bytes(64 * (13 + 16384))


def test_a_blocked_send_takes_nothing_and_is_sent_as_it_was_encrypted(world) -> None:
    world.inner.room = 0
    for _ in range(3):
        with pytest.raises(BlockingIOError):
            world.stream.send([b"hello"])
    world.inner.room = 3
    assert world.stream.send([b"hello"]) == 3
    world.inner.room = 100
    assert world.stream.send([b"lo", b" world"]) == 8
    assert world.arrived() == b"hello world"


@pytest.mark.parametrize("run_length", [1, 7, 256, RUN_LENGTH])
def test_any_buffers_arrive_in_order_whatever_the_system_takes(run_length, seed) -> None:
    rng = random.Random(seed)
    for _ in range(20):
        world = World(run_length)
        buffers = [rng.randbytes(rng.choice([0, 1, 13, 300])) for _ in range(rng.randint(1, 30))]
        whole = b"".join(buffers)
        world.send_all(list(buffers), rng)
        assert world.arrived() == whole


def test_a_clogged_connection_keeps_one_run_at_most(world) -> None:
    batch = [bytes(16384)] * 64
    world.inner.room = 1000
    assert world.stream.send(batch) == 1000
    assert len(world.stream._sealed) == RUN_LENGTH - 1000


def test_other_bytes_than_those_not_taken_are_a_bug_of_the_caller(world) -> None:
    world.inner.room = 1
    assert world.stream.send([b"hello"]) == 1
    world.inner.room = 100
    with pytest.raises(AssertionError, match="other bytes"):
        world.stream.send([b"x"])


def test_it_has_the_ends_and_the_watchers_of_its_inner_stream(world) -> None:
    world.stream.watch(pytest.fail, None)
    assert world.inner.on_readable is pytest.fail
    assert (world.stream.local, world.stream.remote) == (world.inner.local, world.inner.remote)
    world.stream.close()
    assert world.inner.closed == 1


def test_a_peer_link_does_not_know() -> None:
    """The same conversation on a bare and on an encrypted stream."""
    from raincore.wire import messages as m

    def talk(far: FarEnd, hear, say) -> list:
        far.link.say([m.Unchoke()])
        far.link.flush()
        heard = hear()
        say(m.Interested(), *[m.Request(1, begin, 16384) for begin in range(0, 65536, 16384)])
        return [*heard, *hear(), far.owner.sent_blocks, far.owner.heard_messages]

    bare = FarEnd()
    expected = talk(bare, bare.heard, bare.say)

    sealed = FarEnd()
    incoming, outgoing = rc4.key_stream(THERE), rc4.key_stream(BACK)
    stream = sealed.stream
    stream.wait_readable = stream.wait_writable = None  # type: ignore[attr-defined]
    sealed.link._stream = EncryptedStream(
        stream,  # type: ignore[arg-type]
        rc4.key_stream(BACK),
        rc4.key_stream(THERE),
        memoryview(bytearray(RUN_LENGTH)),
    )
    sealed.link.start()

    def hear() -> list:
        incoming.apply(memoryview(stream.sent))
        return sealed.heard()

    def say(*messages) -> None:
        from raincore.wire import peer_codec

        data = bytearray(b"".join(map(peer_codec.encode, messages)))
        outgoing.apply(memoryview(data))
        stream.deliver(bytes(data))

    assert talk(sealed, hear, say) == expected
