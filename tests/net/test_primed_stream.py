"""The bytes that came first are given first, to whoever waits and to whoever watches."""

import pytest
import trio

from raincore.net.primed_stream import PrimedStream
from tests.net.far_end import FakeStream


class Inner(FakeStream):
    """A stream on which a task can wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    async def wait_readable(self) -> None:
        self.waits += 1
        await trio.lowlevel.checkpoint()

    async def wait_writable(self) -> None:
        await trio.lowlevel.checkpoint()


@pytest.fixture
def inner() -> Inner:
    return Inner()


def receive(stream, size: int = 100) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: stream.receive_into(memoryview(buffer))])


def test_first_bytes_come_before_what_arrives(inner) -> None:
    inner.arrived += b"later"
    stream = PrimedStream(inner, b"first")
    assert receive(stream, 3) == b"fir"
    assert stream.rest is stream
    assert receive(stream) == b"st"
    assert receive(stream) == b"later"
    assert stream.rest is inner
    with pytest.raises(BlockingIOError):
        receive(stream)


def test_it_sends_by_its_inner_stream(inner) -> None:
    stream = PrimedStream(inner, b"first")
    assert stream.send([b"answer"]) == 6
    assert inner.sent == b"answer"
    assert (stream.local, stream.remote) == (inner.local, inner.remote)


async def test_waiting_ends_at_once_while_first_bytes_are_left(inner) -> None:
    stream = PrimedStream(inner, b"first")
    await stream.wait_readable()
    assert inner.waits == 0
    receive(stream)
    await stream.wait_readable()
    assert inner.waits == 1
    await stream.wait_writable()


async def test_a_watcher_is_called_until_the_first_bytes_are_gone(inner) -> None:
    stream = PrimedStream(inner, b"abc")
    got = []
    stream.watch(lambda: got.append(receive(stream, 1)), None)
    assert got == [], "never within watch itself"
    await trio.testing.wait_all_tasks_blocked(0.01)
    assert got == [b"a", b"b", b"c"]
    inner.deliver(b"d")
    assert got == [b"a", b"b", b"c", b"d"]


async def test_watching_twice_calls_once(inner) -> None:
    stream = PrimedStream(inner, b"abc")
    got = []
    stream.watch(pytest.fail, None)
    stream.watch(lambda: got.append(receive(stream)), None)
    await trio.testing.wait_all_tasks_blocked(0.01)
    assert got == [b"abc"]


@pytest.mark.parametrize("end", ["watch", "close"])
async def test_who_stops_watching_or_closes_is_not_called(inner, end) -> None:
    stream = PrimedStream(inner, b"abc")
    stream.watch(pytest.fail, None)
    if end == "watch":
        stream.watch(None, None)
    else:
        stream.close()
        assert inner.closed == 1
    await trio.testing.wait_all_tasks_blocked(0.01)


async def test_a_writer_alone_is_called_for_room_only(inner) -> None:
    stream = PrimedStream(inner, b"abc")
    stream.watch(None, pytest.fail)
    await trio.testing.wait_all_tasks_blocked(0.01)
    assert inner.on_writable is pytest.fail
