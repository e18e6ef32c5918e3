import gzip
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trio
import trustme

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut
from raincore.net import http_client
from raincore.net.http_client import HttpClient
from raincore.net.hub import Hub
from raincore.net.interface import Stream
from raincore.net.trio_network import TrioNetwork
from tests.net.web import reply, web

BOUNDS: dict[str, Any] = {"seconds": 20.0, "max_bytes": 10_000}


class Pretending(TrioNetwork):
    """A network in which some names lead to addresses of the internet, which are loopback."""

    public = "8.8.8.8"

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        if host == "public.example":
            return [Endpoint(self.public, port)]
        if host == "both.example":
            return [Endpoint("::1", port), Endpoint("127.0.0.1", port)]
        return await super().resolve(host, port)

    async def connect(self, remote: Endpoint) -> Stream:
        if remote.host == self.public:
            remote = Endpoint("127.0.0.1", remote.port)
        return await super().connect(remote)


@asynccontextmanager
async def client(**settings: Any) -> AsyncIterator[HttpClient]:
    hub = Hub()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        made = HttpClient(Pretending(hub), **settings)
        try:
            yield made
        finally:
            await made.aclose()
            nursery.cancel_scope.cancel()
    hub.close()


def hello(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"hello", X_Mine="yes")


async def test_a_body_and_its_headers_are_fetched() -> None:
    with web(hello) as server:
        async with client() as http:
            found = await http.get(f"{server.url}/a?b=%2F", **BOUNDS, headers={"X-Key": "1"})
    assert (found.status, found.body, found.headers["x-mine"]) == (200, b"hello", "yes")
    ((path, headers),) = server.asked
    assert path == "/a?b=%2F"
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["User-Agent"].startswith("rain/")
    assert headers["X-Key"] == "1"


async def test_odd_urls_go_out_escaped() -> None:
    with web(hello) as server:
        async with client() as http:
            await http.get(f"{server.url}/ä b?x=<é>#top", **BOUNDS)
            await http.get(server.url, **BOUNDS)
    assert [path for path, _ in server.asked] == ["/%C3%A4%20b?x=%3C%C3%A9%3E", "/"]


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "http://", "nonsense", "http://h:99999/", "http://[::1/", "//h/x"]
)
async def test_what_is_no_url_is_refused(url: str) -> None:
    async with client() as http:
        with pytest.raises(FormatError, match="not a"):
            await http.get(url, **BOUNDS)


async def test_connections_are_used_again() -> None:
    ports = set()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        hello(handler)

    with web(answer) as server:
        async with client() as http:
            for _ in range(5):
                await http.get(server.url, **BOUNDS)
    assert len(ports) == 1


async def test_a_status_that_is_no_success_is_the_callers_business() -> None:
    with web(lambda handler: reply(handler, b"gone", 404)) as server:
        async with client() as http:
            assert (await http.get(server.url, **BOUNDS)).status == 404


async def test_a_packed_body_is_unpacked() -> None:
    packed = gzip.compress(b"x" * 5000)
    with web(lambda handler: reply(handler, packed, Content_Encoding="gzip")) as server:
        async with client() as http:
            assert (await http.get(server.url, **BOUNDS)).body == b"x" * 5000


async def test_junk_that_claims_to_be_packed_is_an_error() -> None:
    with web(lambda handler: reply(handler, b"junk", Content_Encoding="gzip")) as server:
        async with client() as http:
            with pytest.raises(NetworkError, match="cannot be unpacked"):
                await http.get(server.url, **BOUNDS)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_that_is_too_long_is_not_read_to_its_end(packed: bool) -> None:
    sent = 0

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        if packed:
            reply(handler, gzip.compress(bytes(50_000_000), 1), Content_Encoding="gzip")
            return
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(bytes(10_000))
            sent += 10_000
        handler.close_connection = True

    with web(answer) as server:
        async with client() as http:
            with pytest.raises(FormatError, match="longer than 10000 bytes"):
                await http.get(server.url, **BOUNDS)
    assert sent < 50_000_000


async def test_a_slow_drip_is_given_up_in_time() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    with web(answer) as server:
        async with client() as http:
            with pytest.raises(TimedOut, match=r"no answer within 0\.3 s"):
                await http.get(server.url, seconds=0.3, max_bytes=10_000)


async def test_redirects_are_followed() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/end":
            hello(handler)
        else:
            reply(handler, b"", 302, Location="../end")

    with web(answer) as server:
        async with client() as http:
            found = await http.get(f"{server.url}/a/b", **BOUNDS)
    assert (found.body, found.url) == (b"hello", f"{server.url}/end")


async def test_redirects_that_never_end_are_an_error() -> None:
    with web(lambda handler: reply(handler, b"", 301, Location=handler.path)) as server:
        async with client() as http:
            with pytest.raises(NetworkError, match="more than 5 redirects"):
                await http.get(server.url, **BOUNDS)
    assert len(server.asked) == 6


async def test_a_redirect_from_the_internet_does_not_reach_this_machine() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/secret":
            hello(handler)
        else:
            reply(handler, b"", 302, Location=f"http://localhost:{server.port}/secret")

    with web(answer) as server:
        async with client() as http:
            with pytest.raises(ConnectError, match="redirected from the internet to"):
                await http.get(f"http://public.example:{server.port}/", **BOUNDS)
    assert [path for path, _ in server.asked] == ["/"]


@pytest.mark.parametrize("family", [0, 4])
async def test_the_addresses_of_a_host_are_tried_in_turn(family: int) -> None:
    with web(hello) as server:
        async with client() as http:
            url = f"http://both.example:{server.port}/"
            assert (await http.get(url, **BOUNDS, family=family)).body == b"hello"
            with pytest.raises(ConnectError):
                await http.get(url, **BOUNDS, family=6)


async def test_nobody_there_is_an_error_of_its_own() -> None:
    with web(hello) as server:
        pass
    async with client() as http:
        with pytest.raises(ConnectError, match="connection refused"):
            await http.get(server.url, **BOUNDS)


@pytest.mark.parametrize(
    "bytes_", [b"", b"junk\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
async def test_a_conversation_that_breaks_is_an_error(bytes_: bytes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(bytes_)
        handler.close_connection = True

    with web(answer) as server:
        async with client() as http:
            with pytest.raises(NetworkError, match="the connection broke"):
                await http.get(server.url, **BOUNDS)


async def test_a_server_must_prove_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with web(hello, context) as server:
        async with client() as http:
            with pytest.raises(ConnectError, match=r"self-signed|unable to get"):
                await http.get(server.url, **BOUNDS)
        async with client(verify_tls=False) as http:
            assert (await http.get(server.url, **BOUNDS)).body == b"hello"
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        monkeypatch.setattr(http_client.ssl, "create_default_context", lambda: trusting)
        async with client() as http:
            assert (await http.get(server.url, **BOUNDS)).body == b"hello"
