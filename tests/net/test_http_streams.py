"""What is not about ranges; those are tests.net.test_webseed_client's."""

import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trio
import trustme

from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut, the_one
from raincore.net import http_dialer
from raincore.net.http_dialer import Steps
from raincore.net.http_streams import HttpAnswer, HttpStreams
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.net.web import reply, web

BODY = bytes(range(256)) * 2000
BOUNDS: dict[str, Any] = {"seconds": 20.0, "headers": {}}


@asynccontextmanager
async def streams(**settings: Any) -> AsyncIterator[HttpStreams]:
    hub = Hub()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            made = HttpStreams(TrioNetwork(hub), **settings)
            try:
                yield made
            finally:
                await made.aclose()
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    finally:
        hub.close()


async def whole(answer: HttpAnswer) -> bytes:
    found, buffer = b"", memoryview(bytearray(100_000))
    while (got := answer.body.take_into(buffer)) != 0:
        if got is None:
            await answer.body.wait()
        else:
            found += buffer[:got]
    return found


def given(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, BODY, X_Mine="yes")


async def test_a_head_comes_before_its_body() -> None:
    with web(given) as server:
        async with streams() as http, http.open(f"{server.url}/a b", **BOUNDS) as answer:
            facts = (answer.status, answer.headers["x-mine"], answer.headers["content-length"])
            assert facts == (200, "yes", str(len(BODY)))
            assert answer.body.left == len(BODY)
            assert await whole(answer) == BODY
    assert [path for path, _ in server.asked] == ["/a%20b"]


async def test_a_secured_body_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ports = set()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        given(handler)

    with web(answer, context) as server:
        async with streams() as http:
            with pytest.raises(ConnectError, match=r"self-signed|unable to get"):
                async with http.open(server.url, **BOUNDS):
                    pass
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        monkeypatch.setattr(http_dialer.ssl, "create_default_context", lambda: trusting)
        async with streams() as http:
            for _ in range(3):
                async with http.open(server.url, **BOUNDS) as found:
                    assert await whole(found) == BODY
    assert len(ports) == 1


async def test_an_answer_without_body_keeps_its_connection() -> None:
    ports = set()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        reply(handler, b"")

    with web(answer) as server:
        async with streams() as http:
            for _ in range(3):
                async with http.open(server.url, **BOUNDS) as found:
                    assert await whole(found) == b""
    assert len(ports) == 1


async def test_what_is_no_url_is_refused() -> None:
    async with streams() as http:
        with pytest.raises(FormatError, match="not a"):
            async with http.open("ftp://h/", **BOUNDS):
                pass


async def test_an_error_of_the_caller_is_not_the_networks() -> None:
    with web(given) as server:
        async with streams() as http:
            with pytest.raises(OSError, match="disk"):
                async with http.open(server.url, **BOUNDS):
                    raise OSError("disk")


@pytest.mark.parametrize("said", [b"", b"junk\r\n\r\n"])
async def test_a_conversation_that_breaks_is_an_error(said: bytes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)
        handler.close_connection = True

    with web(answer) as server:
        async with streams() as http:
            with pytest.raises(NetworkError, match="the connection broke"):
                async with http.open(server.url, **BOUNDS):
                    pass


async def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    release = trio.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        handler.wfile.flush()
        handler.rfile.read(1)

    with web(answer) as server:
        async with streams() as http:
            with pytest.raises(TimedOut, match=r"no answer within 0\.2 s"):
                async with http.open(server.url, seconds=0.2, headers={}):
                    release.set()
    assert not release.is_set()


async def test_a_kept_connection_that_breaks_when_used_again_is_replaced() -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        if ports.count(ports[-1]) == 1:
            reply(handler, BODY)
        else:  # it had run out of patience just when we asked again
            handler.close_connection = True

    with web(answer) as server:
        async with streams() as http:
            for _ in range(2):
                async with http.open(server.url, **BOUNDS) as got:
                    assert await whole(got) == BODY
    assert len(ports) == 3
    assert len(set(ports)) == 2


async def test_a_fresh_connection_that_breaks_is_not_tried_again() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    with web(answer) as server:
        async with streams() as http:
            with pytest.raises(NetworkError, match="broke"):
                async with http.open(server.url, **BOUNDS):
                    pass
    assert len(server.asked) == 1


async def test_who_has_been_asked_answers_in_time_or_not_at_all() -> None:
    release = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/slow":
            release.wait(20)
        given(handler)

    with web(answer) as server:
        async with streams(steps=Steps(head=1.5)) as http:
            async with http.open(f"{server.url}/first", **BOUNDS) as found:
                assert await whole(found) == BODY
            with pytest.raises(TimedOut, match=r"no answer within 1\.5 s: 127"):
                async with http.open(f"{server.url}/slow", **BOUNDS):
                    pytest.fail("answered")
            release.set()
            async with http.open(f"{server.url}/last", **BOUNDS) as found:
                await trio.sleep(1.6)  # the body has its own time
                assert await whole(found) == BODY
