"""Answers that come whole, and what may lie behind them on their connection."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import trio
import trustme

from raincore.base.errors import FormatError, NetworkError
from raincore.net.http_client import HttpClient
from raincore.net.http_streams import HttpStreams
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.net.web import Web, web

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
FORGED = HEAD + b"no"


@asynccontextmanager
async def asking(*answers: bytes) -> AsyncIterator[tuple[HttpClient, Web, list[int]]]:
    """A client, and a server that says this byte for byte; on which connections."""
    ports: list[int] = []
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        handler.wfile.write(left.pop(0) if left else HEAD + b"ok")

    hub = Hub()
    with web(answer) as server:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            http = HttpClient(TrioNetwork(hub))
            with trio.fail_after(20):
                yield http, server, ports
            await http.aclose()
            nursery.cancel_scope.cancel()
    hub.close()


async def body(http: HttpClient, server: Web, *, max_bytes: int = 1000) -> bytes:
    return (await http.get(server.url, seconds=20, max_bytes=max_bytes)).body


async def test_a_connection_with_nothing_behind_the_answer_is_used_again() -> None:
    async with asking() as (http, server, ports):
        assert [await body(http, server) for _ in range(3)] == [b"ok"] * 3
        assert len(set(ports)) == 1


async def test_so_is_one_whose_answer_came_in_chunks() -> None:
    async with asking(CHUNKED, CHUNKED, CHUNKED) as (http, server, ports):
        assert [await body(http, server) for _ in range(3)] == [b"ok"] * 3
        assert len(set(ports)) == 1


@pytest.mark.parametrize("said", [HEAD + b"ok" + FORGED, CHUNKED + FORGED])
async def test_what_lies_behind_an_answer_never_becomes_the_next(said: bytes) -> None:
    async with asking(said, said, said) as (http, server, ports):
        assert [await body(http, server) for _ in range(3)] == [b"ok"] * 3
        assert len(set(ports)) == 3


async def test_what_lies_behind_a_secured_answer_never_becomes_the_next_either() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ports = set()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        sock = handler.connection
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # two records go in one packet
        handler.wfile.write(HEAD + b"ok")
        if len(server.asked) == 1:
            handler.wfile.write(FORGED)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    hub = Hub()
    with web(answer, context) as server:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            http = HttpClient(TrioNetwork(hub), verify_tls=False)
            with trio.fail_after(20):
                assert [await body(http, server) for _ in range(3)] == [b"ok"] * 3
            await http.aclose()
            nursery.cancel_scope.cancel()
    hub.close()
    assert len(ports) == 2


async def test_a_length_is_judged_before_the_body_is_waited_for() -> None:
    async with asking(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n") as (http, server, _):
        with pytest.raises(FormatError, match="longer than 1000 bytes: 127"):
            await body(http, server)


async def test_a_body_that_breaks_off_is_a_failure() -> None:
    async with asking() as (http, server, _):
        said = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nok"

        def broken(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(said)
            handler.close_connection = True

        with web(broken) as other, pytest.raises(NetworkError, match="3 bytes early"):
            await body(http, other)
        assert await body(http, server) == b"ok"


async def test_another_protocol_that_nobody_asked_for_is_refused() -> None:
    said = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    async with asking(said) as (http, server, _):
        with pytest.raises(NetworkError):
            await body(http, server)


async def test_a_web_seed_that_changes_the_protocol_is_refused_too() -> None:
    said = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    async with asking(said) as (http, server, _):
        streams = HttpStreams(http._pools._dialer._network)
        with pytest.raises(NetworkError):
            async with streams.open(server.url, seconds=20, headers={}):
                pass
        await streams.aclose()
