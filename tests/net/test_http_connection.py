"""One question, one answer, and whether the connection may carry another question."""

from collections.abc import AsyncGenerator

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError
from raincore.formats import http_url
from raincore.net.http_connection import MAX_HEAD, MAX_INTERIM, Broken, HttpConnection, HttpHead
from tests.net.bodies import taken
from tests.net.far_end import FakeStream

THERE = http_url.parse("http://h/a?b")
FIELDS = [("Host", "h")]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class WaitingStream(FakeStream):
    """One that can be waited for, and whose bytes come in portions."""

    def __init__(self, *portions: bytes) -> None:
        super().__init__()
        self.portions = list(portions)

    async def wait_readable(self) -> None:
        await trio.lowlevel.checkpoint()
        if not self.arrived and self.portions:
            self.arrived += self.portions.pop(0)
        elif not self.arrived:
            self.ended = True

    async def wait_writable(self) -> None:
        self.room = 10
        await trio.lowlevel.checkpoint()


def connection(*portions: bytes) -> tuple[HttpConnection, WaitingStream]:
    stream = WaitingStream(*portions)
    return HttpConnection(stream, Endpoint("127.0.0.1", 80), "h"), stream


async def heard(made: HttpConnection) -> HttpHead:
    await made.ask(THERE, FIELDS)
    return await made.hear()


async def test_a_question_is_answered() -> None:
    made, stream = connection(HEAD + b"hello")
    stream.room = 7  # the system takes it bit by bit
    head = await heard(made)
    assert bytes(stream.sent) == b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
    assert (head.status, head.headers) == (200, {"content-length": "5", "x-a": "b"})
    assert not made.is_free
    assert await taken(head.body) == b"hello"
    assert made.is_free


async def test_another_question_may_follow() -> None:
    made, _ = connection(HEAD + b"hello", HEAD + b"again")
    assert await taken((await heard(made)).body) == b"hello"
    assert await taken((await heard(made)).body) == b"again"


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
async def test_a_head_may_come_byte_by_byte(end: bytes) -> None:
    said = b"HTTP/1.1 200 OK\r\ncontent-length:2" + end + b"ok"
    made, _ = connection(*(said[n : n + 1] for n in range(len(said))))
    assert await taken((await heard(made)).body) == b"ok"
    assert made.is_free


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n") + b"0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEAD + b"hello", b"hello"),
    ],
)
async def test_where_a_body_ends(said: bytes, body: bytes) -> None:
    made, _ = connection(said)
    assert await taken((await heard(made)).body) == body
    assert made.is_free
    other, _ = connection(said + HEAD + b"smuggled")
    assert await taken((await heard(other)).body) == body
    assert not other.is_free, "something lies behind the answer"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        HEAD.replace(b"X-A: b", b"Connection: x, Close") + b"hello",
    ],
)
async def test_who_will_close_is_not_asked_again(said: bytes) -> None:
    made, _ = connection(said)
    assert await taken((await heard(made)).body) == b"hello"
    assert not made.is_free


async def test_nor_is_who_was_told_that_we_close() -> None:
    made, _ = connection(HEAD + b"hello")
    await made.ask(THERE, [*FIELDS, ("Connection", "close")])
    assert await taken((await made.hear()).body) == b"hello"
    assert not made.is_free


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 2",
        b"junk\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2 * MAX_HEAD + b"\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_an_error(said: bytes) -> None:
    made, _ = connection(said)
    with pytest.raises(Broken, match="the connection broke: h"):
        await heard(made)


@pytest.mark.parametrize("said", [CHUNKED + b"5\r\nhel", CHUNKED + b"x\r\n", HEAD + b"he"])
async def test_a_body_that_breaks_off_is_an_error(said: bytes) -> None:
    made, _ = connection(said)
    head = await heard(made)
    with pytest.raises(NetworkError, match=r"(broke|ended 3 bytes early): h"):
        await taken(head.body)
    assert not made.is_free


async def test_headers_without_end_take_no_memory() -> None:
    made, stream = connection(b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"x" * 1000 + b"\r\n"] * 1000)
    with pytest.raises(Broken):
        await heard(made)
    assert len(stream.portions) > 900


async def test_an_answer_that_is_only_ever_announced_is_none() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    made, _ = connection(interim * MAX_INTERIM + HEAD + b"hello")
    assert await taken((await heard(made)).body) == b"hello"
    made, _ = connection(interim * (MAX_INTERIM + 1) + HEAD + b"hello")
    with pytest.raises(Broken):
        await heard(made)


async def test_a_question_that_would_be_two_is_not_sent() -> None:
    made, stream = connection(HEAD + b"hello")
    with pytest.raises(Broken):
        await made.ask(THERE, [*FIELDS, ("User-Agent", "x\r\nX-Other: y")])
    assert not stream.sent


async def test_content_goes_in_chunks() -> None:
    async def content() -> AsyncGenerator[bytes]:
        for part in (b"ab", b"", b"c"):
            yield part

    made, stream = connection(HEAD + b"hello")
    await made.ask(THERE, [*FIELDS, ("Transfer-Encoding", "chunked")], content())
    assert bytes(stream.sent).endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert bytes(stream.sent).startswith(b"POST /a?b HTTP/1.1\r\n")
    assert (await made.hear()).status == 200


async def test_a_question_that_the_system_takes_costs_no_turn_of_the_loop() -> None:
    made, stream = connection()
    asking = made.ask(THERE, FIELDS)
    with pytest.raises(StopIteration):
        asking.send(None)
    assert bytes(stream.sent).endswith(b"\r\n\r\n")


async def test_who_has_much_to_say_lets_others_have_their_turns() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async def content() -> AsyncGenerator[bytes]:
        for _ in range(50):
            yield b"x"

    made, _ = connection()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        await made.ask(THERE, [*FIELDS, ("Transfer-Encoding", "chunked")], content())
        nursery.cancel_scope.cancel()
    assert turns > 40


async def test_who_closes_before_all_is_sent_is_heard_but_not_asked_again() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield b"x"
            stream.broken = len(stream.sent) > 100

    made, stream = connection()
    stream.arrived += HEAD + b"hello"
    with trio.fail_after(20):
        await made.ask(THERE, [*FIELDS, ("Transfer-Encoding", "chunked")], endless())
    assert await taken((await made.hear()).body) == b"hello"
    assert not made.is_free


async def test_a_free_one_that_speaks_or_closes_is_of_no_use() -> None:
    made, stream = connection(HEAD + b"hello")
    await taken((await heard(made)).body)
    assert not made.has_ended
    stream.deliver(b"x")
    assert made.has_ended
    assert not stream.arrived
    stream.ended = True
    assert made.has_ended
    stream.broken = True
    assert made.has_ended
    made.close()
    assert stream.closed
