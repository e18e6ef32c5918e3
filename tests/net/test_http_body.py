from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from raincore.base.errors import NetworkError
from raincore.net.http_body import Body, PlainSource, SecuredSource
from tests.net.bodies import taken
from tests.net.far_end import FakeStream


class WaitingStream(FakeStream):
    """One that can be waited for."""

    async def wait_readable(self) -> None:
        while not (self.arrived or self.ended):
            await trio.sleep(0.01)


def some() -> Callable[[], Awaitable[bytes]]:
    """What a library gives, part by part."""
    parts = [b"abc", b"de", b""]

    async def part() -> bytes:
        return parts.pop(0)

    return part


async def test_a_body_is_taken_from_the_connection_and_no_byte_more() -> None:
    stream = WaitingStream()
    stream.deliver(b"lo, and more")
    body = Body(PlainSource(stream), 5, first=b"hel")
    assert await taken(body) == b"hello"
    assert body.left == 0
    assert await taken(Body(PlainSource(stream), 10)) == b", and more"


async def test_a_body_waits_for_what_has_not_come() -> None:
    stream = WaitingStream()
    body = Body(PlainSource(stream), 5, first=b"h")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(body.wait)  # which is over at once: there is something
        await trio.testing.wait_all_tasks_blocked()
    assert body.take_into(memoryview(bytearray(9))) == 1
    assert body.take_into(memoryview(bytearray(9))) is None
    stream.deliver(b"ello")
    await body.wait()
    assert await taken(body) == b"ello"


async def test_a_connection_that_ends_early_is_an_error() -> None:
    stream = WaitingStream()
    stream.deliver(b"he")
    stream.ended = True
    with pytest.raises(NetworkError, match="ended 3 bytes early"):
        await taken(Body(PlainSource(stream), 5))


async def test_a_body_of_unknown_length_comes_by_the_library() -> None:
    body = Body(PlainSource(WaitingStream()), None, part=some())
    assert await taken(body) == b"abcde"
    await body.wait()


async def test_a_secured_body_comes_in_the_portions_of_its_stream() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    await theirs.send_all(b"hello")
    body = Body(SecuredSource(ours), 7)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(theirs.send_all, b"!!")
        assert await taken(body) == b"hello!!"


async def test_a_secured_body_that_breaks_is_an_error() -> None:
    class Broken(trio.abc.ReceiveStream):
        async def receive_some(self, max_bytes: int | None = None) -> bytes:
            raise trio.BrokenResourceError

        async def aclose(self) -> None: ...

    source = SecuredSource(Broken())
    with pytest.raises(NetworkError, match="broke"):
        await source.wait()
