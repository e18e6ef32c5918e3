from collections.abc import AsyncIterator

import pytest
import trio
import trio.testing

from raincore.base.errors import NetworkError
from raincore.net.http_body import MAX_HEAD, Body, HeadSplitter, PlainSource, SecuredSource
from tests.net.far_end import FakeStream

HEAD = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nX-A: b\r\n\r\n"
SHOWN = HEAD.replace(b"5", b"0")


def split(*pieces: bytes) -> tuple[bytes, HeadSplitter]:
    """What the library sees of an answer that comes in these pieces."""
    splitter = HeadSplitter()
    splitter.begin()
    return b"".join(map(splitter.feed, pieces)), splitter


# --- the head ------------------------------------------------------------------------------


def test_the_library_sees_a_head_without_body() -> None:
    shown, splitter = split(HEAD + b"hel")
    assert (shown, splitter.length, splitter.rest) == (SHOWN, 5, b"hel")


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
def test_a_head_may_come_byte_by_byte(end: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length:7" + end
    shown, splitter = split(*(head[n : n + 1] for n in range(len(head))))
    assert (shown, splitter.length) == (b"HTTP/1.1 200 OK\r\nContent-Length: 0" + end, 7)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_what_is_not_clear_is_left_to_the_library(head: bytes) -> None:
    shown, splitter = split(head + b"5\r\nhello")
    assert (shown, splitter.length, splitter.rest) == (head + b"5\r\nhello", None, b"")


def test_an_interim_answer_comes_before_the_real_one() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    shown, splitter = split(interim + HEAD + b"he")
    assert (shown, splitter.length, splitter.rest) == (interim + SHOWN, 5, b"he")
    shown, splitter = split(interim, HEAD)
    assert (shown, splitter.length) == (interim + SHOWN, 5)


def test_after_the_head_everything_is_shown() -> None:
    splitter = HeadSplitter()
    splitter.begin()
    splitter.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert splitter.feed(b"more") == b"more"


def test_a_head_without_end_is_shown_before_it_fills_the_memory() -> None:
    splitter = HeadSplitter()
    splitter.begin()
    assert splitter.feed(bytes(MAX_HEAD)) == b""
    assert splitter.feed(b"x") == bytes(MAX_HEAD) + b"x"


def test_what_was_held_back_is_shown_when_the_connection_ends() -> None:
    splitter = HeadSplitter()
    splitter.begin()
    assert splitter.feed(b"HTTP/1.1 2") == b""
    assert splitter.feed(b"") == b"HTTP/1.1 2"
    assert splitter.feed(b"") == b""


def test_a_new_request_forgets_the_last_answer() -> None:
    _, splitter = split(HEAD + b"hel")
    splitter.begin()
    assert (splitter.length, splitter.rest) == (None, b"")


class WaitingStream(FakeStream):
    """One that can be waited for."""

    async def wait_readable(self) -> None:
        while not (self.arrived or self.ended):
            await trio.sleep(0.01)


# --- the body ------------------------------------------------------------------------------


async def nothing() -> AsyncIterator[bytes]:
    for part in ():
        yield part


async def some() -> AsyncIterator[bytes]:
    for part in (b"abc", b"de"):
        yield part


async def taken(body: Body, room: int = 2) -> bytes:
    """All of a body."""
    found, buffer = b"", memoryview(bytearray(room))
    while (got := body.take_into(buffer)) != 0:
        if got is None:
            await body.wait()
        else:
            found += buffer[:got]
    return found


async def test_a_body_is_taken_from_the_connection_and_no_byte_more() -> None:
    stream = WaitingStream()
    stream.deliver(b"lo, and more")
    body = Body(PlainSource(stream), 5, nothing(), b"hel")
    assert await taken(body) == b"hello"
    assert body.left == 0
    assert await taken(Body(PlainSource(stream), 10, nothing())) == b", and more"
    await body.finish()


async def test_a_body_waits_for_what_has_not_come() -> None:
    stream = WaitingStream()
    body = Body(PlainSource(stream), 5, nothing(), b"h")
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
        await taken(Body(PlainSource(stream), 5, nothing()))


async def test_a_body_of_unknown_length_comes_by_the_library() -> None:
    body = Body(PlainSource(WaitingStream()), None, some())
    assert await taken(body) == b"abcde"
    await body.wait()
    await body.finish()


async def test_a_secured_body_comes_in_the_portions_of_its_stream() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    await theirs.send_all(b"hello")
    body = Body(SecuredSource(ours), 7, nothing())
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
