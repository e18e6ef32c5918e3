import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import groupby
from typing import Any

import pytest
import trio

from raincore.base.config import WebPatience
from raincore.base.endpoint import Endpoint
from raincore.base.errors import (
    ConnectError,
    NetworkError,
    RainError,
    TimedOut,
    WebseedError,
    the_one,
)
from raincore.net import webseed_client
from raincore.net.hub import Hub
from raincore.net.interface import Stream
from raincore.net.trio_network import TrioNetwork
from raincore.net.webseed_client import WebseedClient
from tests.net.bodies import taken
from tests.net.web import Web, reply, web

CONTENT = bytes(range(256)) * 1000
LENGTH = len(CONTENT)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Pretending(TrioNetwork):
    """A network in which one name leads to an address of the internet, which is loopback."""

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        if host == "public.example":
            return [Endpoint("8.8.8.8", port)]
        return await super().resolve(host, port)

    async def connect(self, remote: Endpoint) -> Stream:
        if remote.host == "8.8.8.8":
            remote = Endpoint("127.0.0.1", remote.port)
        return await super().connect(remote)


@asynccontextmanager
async def client(patience: WebPatience | None = None) -> AsyncIterator[WebseedClient]:
    hub = Hub()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            made = WebseedClient(Pretending(hub), patience=patience)
            try:
                yield made
            finally:
                await made.aclose()
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    finally:
        hub.close()


async def fetched(
    url: str, offset: int = 0, length: int = LENGTH, *, by: WebseedClient | None = None
) -> bytes:
    """A range of a file."""
    if by is None:
        async with client() as made:
            return await fetched(url, offset, length, by=made)
    async with by.open_file(url, offset, length, LENGTH) as body:
        assert body.left == length
        return await taken(body, 10_000)


async def refused(server: Web, offset: int = 0, length: int = LENGTH) -> RainError:
    """Why a range is not given."""
    with pytest.raises(RainError) as caught:
        await fetched(server.url, offset, length)
    return caught.value


def wanted(handler: BaseHTTPRequestHandler) -> tuple[int, int]:
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers["Range"])
    assert found
    return int(found[1]), int(found[2])


def honest(handler: BaseHTTPRequestHandler) -> None:
    """As it should be."""
    first, last = wanted(handler)
    ranged = f"bytes {first}-{last}/{LENGTH}"
    reply(handler, CONTENT[first : last + 1], 206, Content_Range=ranged)


def saying(status: int = 206, body: bytes = CONTENT, **headers: str) -> Answer:
    return lambda handler: reply(handler, body, status, **headers)


# --- as it should be -----------------------------------------------------------------------


async def test_ranges_are_fetched_over_one_connection() -> None:
    ports = set()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        honest(handler)

    with web(answer) as server:
        async with client() as made:
            for offset, length in ((0, LENGTH), (5, 1), (LENGTH - 7, 7), (1000, 100_000)):
                found = await fetched(f"{server.url}/a", offset, length, by=made)
                assert found == CONTENT[offset : offset + length]
    assert len(ports) == 1
    assert {headers["Accept-Encoding"] for _, headers in server.asked} == {"identity"}


async def test_a_server_may_not_know_how_long_its_file_is() -> None:
    ranged = f"bytes 0-{LENGTH - 1}/*"
    with web(saying(Content_Range=ranged)) as server:
        assert await fetched(server.url) == CONTENT


async def test_a_body_in_chunks_is_taken_too() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        first, last = wanted(handler)
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {first}-{last}/{LENGTH}")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(first, last + 1, 7000):
            part = CONTENT[start : min(start + 7000, last + 1)]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        handler.wfile.write(b"0\r\n\r\n")

    with web(answer) as server:
        async with client() as made:
            for _ in range(2):
                assert await fetched(server.url, 10, 50_000, by=made) == CONTENT[10:50_010]


async def test_the_whole_file_will_do_where_the_range_is_at_its_beginning() -> None:
    with web(saying(200)) as server:
        assert await fetched(server.url) == CONTENT
        assert await fetched(server.url, 0, 1000) == CONTENT[:1000]


async def test_the_whole_file_will_do_where_not_much_is_to_be_skipped() -> None:
    with web(saying(200)) as server:
        assert await fetched(server.url, 1000, LENGTH - 1000) == CONTENT[1000:]


async def test_a_user_and_password_of_the_url_are_sent() -> None:
    with web(honest) as server:
        await fetched(server.url.replace("//", "//me:p%20w@"))
    ((_, headers),) = server.asked
    assert headers["Authorization"] == "Basic bWU6cCB3"


# --- what is not what was asked for ----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (saying(200, CONTENT[1:]), "has a file of 255999 bytes, not 256000"),
        (saying(206), "does not say which range"),
        (saying(Content_Range="bytes 0-255999/256001"), "has a file of 256001 bytes"),
        (saying(Content_Range="bytes 1-256000/*"), "another range"),
        (saying(Content_Range="bytes 0-5/256000"), "another range"),
        (saying(Content_Range="octets 0-255999/256000"), "does not say which range"),
        (saying(body=b"x", Content_Range="bytes 0-255999/256000"), "another range"),
        (saying(200, Content_Encoding="gzip"), "packs"),
        (saying(404, b"gone"), "HTTP 404: does not have it"),
        (saying(403, b""), "HTTP 403: forbids it"),
        (saying(416, b""), "HTTP 416: has no such range"),
        (saying(418, b""), "HTTP 418"),
    ],
)
async def test_what_is_not_this_file_is_missing(answer: Answer, why: str) -> None:
    with web(answer) as server:
        error = await refused(server)
    assert isinstance(error, WebseedError)
    assert why in str(error)
    assert error.is_missing
    assert error.retry_seconds is None


async def test_a_server_that_ignores_ranges_is_of_no_use_far_from_the_beginning() -> None:
    with web(saying(200)) as server:
        error = await refused(server, 200_000, 1000)
    assert isinstance(error, WebseedError)
    assert str(error) == "ignores ranges"


async def test_a_whole_file_of_unknown_length_is_taken_only_if_all_was_asked_for() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT)
        handler.close_connection = True

    with web(answer) as server:
        assert await fetched(server.url) == CONTENT
        assert str(await refused(server, 0, 1000)) == "ignores ranges"


async def test_a_body_that_goes_on_for_ever_is_not_looked_at_further() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-999/{LENGTH}")
        handler.end_headers()
        for _ in range(100_000):
            handler.wfile.write(bytes(1000))
        handler.close_connection = True

    with web(answer) as server:
        assert await fetched(server.url, 0, 1000) == bytes(1000)


# --- trouble ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("7", 7, 7),
        ("soon", None, None),
        ("-5", None, None),
        ("9" * 400, None, None),
        pytest.param(formatdate(time.time() + 1e6, usegmt=True), 9e5, 1e6, id="a coming date"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Wed, 21 Oct 9999999 07:28:00 GMT", None, None),
    ],
)
async def test_a_busy_server_says_when_to_come_back(
    status: int, said: str, low: float | None, high: float | None
) -> None:
    with web(saying(status, b"", Retry_After=said)) as server:
        error = await refused(server)
    assert isinstance(error, WebseedError)
    assert not error.is_missing
    assert str(error) == f"HTTP {status}: is busy"
    if low is None or high is None:
        assert error.retry_seconds is None
    else:
        assert error.retry_seconds is not None
        assert low <= error.retry_seconds <= high


async def test_a_server_in_trouble_is_not_one_without_the_file() -> None:
    with web(saying(500, b"", Retry_After="7")) as server:
        error = await refused(server)
    assert isinstance(error, WebseedError)
    assert (str(error), error.is_missing, error.retry_seconds) == ("HTTP 500", False, None)


async def test_a_body_that_is_cut_short_gives_what_it_had() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{LENGTH - 1}/{LENGTH}")
        handler.send_header("Content-Length", str(LENGTH))
        handler.end_headers()
        handler.wfile.write(CONTENT[:5000])
        handler.close_connection = True

    buffer, got = memoryview(bytearray(LENGTH)), 0
    with web(answer) as server:
        async with client() as made, made.open_file(server.url, 0, LENGTH, LENGTH) as body:
            while got < 5000:
                got += body.take_into(buffer[got:]) or 0
                await body.wait()
            with pytest.raises(NetworkError, match="ended 251000 bytes early"):
                await taken(body, 10_000)
    assert buffer[:got] == CONTENT[:5000]


async def test_chunks_that_break_off_are_an_error() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\nrubbish")
        handler.close_connection = True

    with web(answer) as server:
        assert "the connection broke" in str(await refused(server))


async def test_an_answer_that_ends_before_all_was_given_is_an_error() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"hello")
        handler.close_connection = True

    with web(answer) as server:
        assert "ended 255995 bytes early" in str(await refused(server))


async def test_a_silent_server_is_given_up_in_time() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/head":
            time.sleep(1)
            return
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{LENGTH - 1}/{LENGTH}")
        handler.send_header("Content-Length", str(LENGTH))
        handler.end_headers()
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(1)

    with web(answer) as server:
        async with client(WebPatience(read_seconds=0.2)) as made:
            with pytest.raises(TimedOut, match=r"sent nothing for 0\.2 s"):
                await fetched(server.url, by=made)
        async with client(WebPatience(head_seconds=0.2)) as made:
            with pytest.raises(TimedOut, match=r"no answer within 0\.2 s"):
                await fetched(f"{server.url}/head", by=made)


async def test_two_who_find_that_a_place_is_gone_do_not_stumble_over_each_other() -> None:
    gone = threading.Event()
    both = threading.Barrier(2, timeout=20)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/old":
            reply(handler, b"", 302, Location="/second" if gone.is_set() else "/first")
        elif handler.path == "/first" and gone.is_set():
            both.wait()
            reply(handler, b"", 410)
        else:
            honest(handler)

    with web(answer) as server:
        async with client() as made:
            await fetched(f"{server.url}/old", 3, 5, by=made)
            gone.set()
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(partial(fetched, f"{server.url}/old", 3, 5, by=made))
    assert [path for path, _ in server.asked].count("/second") == 2


async def test_nobody_there_is_an_error_of_its_own() -> None:
    with web(honest) as server:
        pass
    assert isinstance(await refused(server), ConnectError)


async def test_a_body_that_is_left_half_taken_closes_its_connection() -> None:
    ports = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        honest(handler)

    with web(answer) as server:
        async with client() as made:
            async with made.open_file(server.url, 0, LENGTH, LENGTH) as body:
                await body.wait()
            assert await fetched(server.url, 7, 50, by=made) == CONTENT[7:57]
    assert len(set(ports)) == 2


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        honest(handler)
        handler.close_connection = True

    with web(answer) as server:
        async with client() as made:
            for _ in range(3):
                assert await fetched(server.url, 0, 50, by=made) == CONTENT[:50]
                await trio.sleep(0.05)


# --- redirects -------------------------------------------------------------------------------


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    if handler.path == "/new":
        honest(handler)
    else:
        reply(handler, b"", 302, Location="/new")


async def test_where_a_redirect_led_is_remembered() -> None:
    with web(elsewhere) as server:
        async with client() as made:
            for _ in range(3):
                assert await fetched(f"{server.url}/old", 3, 5, by=made) == CONTENT[3:8]
    assert [path for path, _ in server.asked] == ["/old", "/new", "/new", "/new"]


@pytest.mark.parametrize("broken", ["gone", "dead", "another", "ignoring"])
async def test_a_remembered_place_that_fails_is_forgotten(broken: str) -> None:
    places = ["/first", "/second"]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/old":
            reply(handler, b"", 302, Location=places[0])
        elif handler.path == places[0]:
            honest(handler)
        elif broken == "gone":
            reply(handler, b"", 403)
        elif broken == "another":  # a page that says that the link has expired
            reply(handler, b"<html>")
        elif broken == "ignoring":
            reply(handler, CONTENT[:5], 206)
        else:
            handler.close_connection = True

    with web(answer) as server:
        async with client() as made:
            assert await fetched(f"{server.url}/old", 3, 5, by=made) == CONTENT[3:8]
            places.reverse()
            assert await fetched(f"{server.url}/old", 3, 5, by=made) == CONTENT[3:8]
    paths = [path for path, _ in groupby(path for path, _ in server.asked)]
    assert paths == ["/old", "/first", "/old", "/second"]


async def test_only_so_many_places_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webseed_client, "MAX_REMEMBERED", 2)
    with web(elsewhere) as server:
        async with client() as made:
            for name in ("a", "b", "c", "a"):
                await fetched(f"{server.url}/{name}", 0, 5, by=made)
    paths = "".join(path for path, _ in server.asked)
    assert paths == "/a/new/b/new/c/new/a/new"


async def test_what_a_server_of_the_internet_said_never_leads_to_this_machine() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        port = handler.server.server_port  # type: ignore[attr-defined]
        if handler.path == "/a":
            reply(handler, b"", 302, Location=f"http://public.example:{port}/b")
        elif handler.path == "/b":
            honest(handler)
        else:
            reply(handler, b"", 302, Location=f"http://127.0.0.1:{port}/secret")

    with web(answer) as server:
        async with client() as made:
            public = f"http://public.example:{server.port}"
            with pytest.raises(ConnectError, match="own network"):
                await fetched(f"{public}/x", by=made)
            assert await fetched(f"{public}/a", 0, 5, by=made) == CONTENT[:5]
            assert made._moved[f"{public}/a"] == (f"{public}/b", True)


async def test_redirects_that_never_end_are_an_error() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"", 302, Location=handler.path + "x")

    with web(answer) as server:
        assert "more than 5 redirects" in str(await refused(server))


# --- pieces ----------------------------------------------------------------------------------


async def piece(server: Web, length: int, patience: WebPatience | None = None) -> bytes:
    url = f"{server.url}/?piece=1"
    async with client(patience) as made, made.open_piece(url, length) as body:
        return await taken(body, 10_000)


async def test_a_piece_is_fetched_as_a_whole() -> None:
    with web(saying(200, b"hello")) as server:
        assert await piece(server, 5) == b"hello"


async def test_a_piece_of_another_length_is_refused() -> None:
    with (
        web(saying(200, b"hello")) as server,
        pytest.raises(WebseedError, match="gave 5 bytes for a piece of 6") as caught,
    ):
        await piece(server, 6)
    assert caught.value.is_missing


@pytest.mark.parametrize(("body", "seconds"), [(b"30\n", 30.0), (b"", None), (b"later", None)])
async def test_a_busy_server_of_pieces_says_in_the_body_when_to_come_back(
    body: bytes, seconds: float | None
) -> None:
    with web(saying(503, body)) as server, pytest.raises(WebseedError, match="busy") as caught:
        await piece(server, 5)
    assert caught.value.retry_seconds == seconds


async def test_a_server_of_pieces_that_never_says_when_is_not_waited_for() -> None:
    hasty = WebPatience(read_seconds=0.3)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(503)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.flush()
        time.sleep(1)

    with web(answer) as server, pytest.raises(WebseedError, match="busy"):
        await piece(server, 5, hasty)


async def test_a_server_without_the_torrent_is_of_no_use() -> None:
    with web(saying(404, b"")) as server, pytest.raises(WebseedError) as caught:
        await piece(server, 5)
    assert caught.value.is_missing


def test_closing_is_for_any_time() -> None:
    async def main() -> Any:
        async with client() as made:
            await made.aclose()

    trio.run(main)
