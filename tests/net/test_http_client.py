import gzip
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut
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


async def test_a_body_that_says_that_it_is_too_long_is_not_waited_for() -> None:
    left = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1073741824")
        handler.end_headers()
        left.wait(60)
        handler.close_connection = True

    with web(answer) as server:
        async with client() as http:
            with pytest.raises(FormatError, match="longer than 10000 bytes"):
                await http.get(server.url, **BOUNDS)
        left.set()


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


def leading(*steps: tuple[int, str]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Redirects from "/0" by way of the steps; then says hello."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path[1:]) if handler.path[1:].isdigit() else len(steps)
        if number < len(steps):
            status, place = steps[number]
            port = handler.server.server_address[1]  # type: ignore[index]
            reply(handler, b"", status, Location=place.replace("PORT", str(port)))
        else:
            hello(handler)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int) -> None:
    with web(leading((status, "/1"), (status, "2"))) as server:
        async with client() as http:
            found = await http.get(f"{server.url}/0", **BOUNDS)
    assert (found.body, found.url) == (b"hello", f"{server.url}/2")
    assert [path for path, _ in server.asked] == ["/0", "/1", "/2"]


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((301, 308, 302), "/2"), ((302, 301, 301), None), ((307,), None), ((308,), "/1"), ((), None)],
)
async def test_only_what_has_moved_for_good_is_to_be_asked_elsewhere(
    statuses: tuple[int, ...], moved: str | None
) -> None:
    steps = [(status, f"/{number}") for number, status in enumerate(statuses, 1)]
    with web(leading(*steps)) as server:
        async with client() as http:
            found = await http.get(f"{server.url}/0", **BOUNDS)
    assert found.moved == (moved and f"{server.url}{moved}")
    assert not found.public


@pytest.mark.parametrize(
    "place",
    ["udp://h:1", "ftp://h/", "http://[::1/", "http://h:99999/", "http://\xff\xfe h/", "//[x/"],
)
async def test_a_redirect_to_what_cannot_be_asked_is_an_error_without_secrets(place: str) -> None:
    with web(lambda handler: reply(handler, b"", 302, Location=f"{place}?secret")) as server:
        async with client() as http:
            with pytest.raises(NetworkError, match="redirected to what is no http") as caught:
                await http.get(f"{server.url}/secret?secret", **BOUNDS)
    assert "secret" not in str(caught.value)


async def test_user_and_password_reach_their_own_server_only() -> None:
    with web(hello) as other:
        steps = ((302, "/1"), (302, "http://127.0.0.1:PORT/2"), (302, other.url))
        async with client() as http:
            with web(leading(*steps)) as server:
                await http.get(f"http://m%65:wo%3Ard@127.0.0.1:{server.port}/0", **BOUNDS)
    said = [headers.get("Authorization") for _, headers in server.asked]
    assert said == ["Basic bWU6d286cmQ="] * 3
    assert "Authorization" not in other.asked[0][1]


async def test_cookies_are_not_kept() -> None:
    with web(lambda handler: reply(handler, b"", Set_Cookie="a=b; Path=/")) as server:
        async with client() as http:
            await http.get(server.url, **BOUNDS)
            await http.get(server.url, **BOUNDS)
    assert all("Cookie" not in headers for _, headers in server.asked)


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
            with pytest.raises(ConnectError, match="own network"):
                await http.get(f"http://public.example:{server.port}/", **BOUNDS)
    assert [path for path, _ in server.asked] == ["/"]


async def test_what_is_remembered_of_the_internet_does_not_reach_this_machine_either() -> None:
    with web(hello) as server:
        async with client() as http:
            assert (await http.get(f"http://public.example:{server.port}/", **BOUNDS)).public
            with pytest.raises(ConnectError, match="own network"):
                await http.get(f"{server.url}/", **BOUNDS, public_only=True)


async def test_headers_that_never_end_are_given_up() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000_000):
            handler.wfile.write(b"X-%d: %s\r\n" % (number, b"x" * 1000))
            sent.append(number)

    sent: list[int] = []
    with web(answer) as server:
        async with client() as http:
            with pytest.raises(NetworkError, match="the connection broke"):
                await http.get(server.url, **BOUNDS)
    assert len(sent) < 50_000


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        hello(handler)
        handler.close_connection = True  # without having said so

    with web(answer) as server:
        async with client() as http:
            for _ in range(20):
                assert (await http.get(server.url, **BOUNDS)).body == b"hello"
    assert len(server.asked) == 20


async def test_a_kept_connection_that_breaks_when_used_is_replaced_once() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(server.asked) > 1:
            handler.close_connection = True
        else:
            hello(handler)

    with web(answer) as server:
        async with client() as http:
            await http.get(server.url, **BOUNDS)
            with pytest.raises(NetworkError, match="the connection broke"):
                await http.get(server.url, **BOUNDS)
    assert len(server.asked) == 3


async def test_an_answer_that_comes_before_the_body_has_gone_is_heard() -> None:
    """As when it is refused: then nobody takes the rest, and the connection is closed."""

    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 500 No\r\nContent-Length: 7\r\n\r\nno room")
        await stream.aclose()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
        url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/"
        async with client() as http:
            with trio.fail_after(20):
                answer = await http.post(url, endless(), {})
        assert (answer.status, answer.body) == (500, b"no room")
        nursery.cancel_scope.cancel()


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
            with pytest.raises(
                NetworkError, match=r"the connection (broke|ended 8 bytes early): 127"
            ):
                await http.get(server.url, **BOUNDS)
