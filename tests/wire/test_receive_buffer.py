import random

import pytest

from raincore.base.errors import LocalProtocolError
from raincore.wire.receive_buffer import ReceiveBuffer


def receive(buffer: ReceiveBuffer, scratch: memoryview, data: bytes) -> tuple[memoryview, int]:
    """One read that brings all of `data`."""
    room = buffer.start(scratch)
    room[: len(data)] = data
    return buffer.arrived(len(data))


def read(buffer: ReceiveBuffer, scratch: memoryview, data: bytes, consume: int) -> bytes:
    """One read; return what the parser saw and let it consume some."""
    view, end = receive(buffer, scratch, data)
    seen = bytes(view[:end])
    buffer.finish(consume)
    return seen


@pytest.fixture
def scratch() -> memoryview:
    return memoryview(bytearray(100))


def test_a_read_goes_into_the_scratch(scratch: memoryview) -> None:
    view, end = receive(ReceiveBuffer(1000), scratch, b"abc")
    assert view is scratch
    assert bytes(scratch[:end]) == b"abc"


def test_nothing_is_kept_when_all_was_consumed(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    read(buffer, scratch, b"abc", 3)
    assert len(buffer) == 0
    assert len(buffer.start(scratch)) == 100


def test_what_was_not_consumed_comes_first_in_the_next_read(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    read(buffer, scratch, b"abcde", 3)
    assert len(buffer) == 2
    scratch[:] = bytes(100)  # lent to somebody else
    assert read(buffer, scratch, b"fg", 0) == b"defg"


def test_a_read_that_brings_nothing_loses_nothing(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    read(buffer, scratch, b"abc", 1)
    buffer.start(scratch)
    scratch[:] = bytes(100)
    assert len(buffer) == 2
    assert read(buffer, scratch, b"d", 0) == b"bcd"


def test_a_message_longer_than_the_scratch_grows_a_buffer_of_its_own(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    whole = bytes(range(200)) * 5
    sent = 0
    rooms = []
    while sent < len(whole):
        room = buffer.start(scratch)
        rooms.append(len(room))
        count = min(len(room), 30, len(whole) - sent)
        room[:count] = whole[sent : sent + count]
        sent += count
        view, end = buffer.arrived(count)
        assert bytes(view[:end]) == whole[:sent]
        buffer.finish(len(whole) if sent == len(whole) else 0)
        scratch[:] = bytes(100)
    assert min(rooms) > 0
    assert len(buffer) == 0
    assert len(buffer.start(scratch)) == 100


def test_a_buffer_of_its_own_never_has_more_than_as_much_room_again(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(10**6)
    while len(buffer) < 5000:
        room = buffer.start(scratch)
        assert len(room) <= max(100, len(buffer) + 1)
        buffer.arrived(min(len(room), 90))
        buffer.finish(0)


def test_a_read_without_bytes_keeps_the_long_message(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    read(buffer, scratch, b"a" * 90, 0)
    buffer.start(scratch)
    buffer.start(scratch)
    assert len(buffer) == 90
    assert read(buffer, scratch, b"b", 0) == b"a" * 90 + b"b"


def test_the_rest_behind_a_long_message_returns_to_the_scratch(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(1000)
    read(buffer, scratch, b"a" * 90, 0)
    read(buffer, scratch, b"bcd", 91)
    assert len(buffer) == 2
    view, end = receive(buffer, scratch, b"e")
    assert view is scratch
    assert bytes(view[:end]) == b"cde"


def test_a_scratch_of_one_byte_works() -> None:
    buffer = ReceiveBuffer(1000)
    scratch = memoryview(bytearray(1))
    for count, letter in enumerate(b"abcdefgh", 1):
        assert read(buffer, scratch, bytes((letter,)), 0) == b"abcdefgh"[:count]


def test_a_parser_that_leaves_more_than_a_message_is_a_bug(scratch: memoryview) -> None:
    buffer = ReceiveBuffer(10)
    with pytest.raises(LocalProtocolError, match="14"):
        read(buffer, scratch, b"a" * 14, 0)


def test_any_reads_and_any_consumption_keep_the_stream(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(200):
        scratch = memoryview(bytearray(rng.choice((1, 13, 64, 300))))
        buffer = ReceiveBuffer(500)
        source = rng.randbytes(2000)
        arrived = consumed = 0
        while arrived < len(source):
            room = buffer.start(scratch)
            count = min(rng.randint(1, len(room)), len(source) - arrived)
            room[:count] = source[arrived : arrived + count]
            arrived += count
            view, end = buffer.arrived(count)
            assert bytes(view[:end]) == source[consumed:arrived]
            take = rng.choice((0, 0, rng.randint(0, end), end))
            if end - take > 503:
                take = end
            buffer.finish(take)
            consumed += take
            scratch[:] = b"\xff" * len(scratch)
