"""A .torrent file from servers, good and bad; real sockets on loopback."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest
import trio

from raincore.base.errors import FormatError, NetworkError, RainError, TimedOut
from raincore.formats import metainfo
from raincore.formats.metainfo import Metainfo
from raincore.net import torrent_url
from raincore.net.http_client import HttpClient
from raincore.net.hub import Hub
from raincore.net.offload import Offload
from raincore.net.trio_network import TrioNetwork
from tests.net.web import reply, web
from tests.swarm.swarm_world import info_of

TORRENT = metainfo.from_info(info_of().raw)
Handler = BaseHTTPRequestHandler


async def fetched(answer: Callable[[Handler], None], path: str = "/a.torrent") -> Metainfo:
    hub = Hub()
    offload = Offload(hub)
    with web(answer) as server, trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            http = HttpClient(TrioNetwork(hub))
            outcome: Metainfo | RainError
            try:
                outcome = await torrent_url.fetch(http, server.url + path, offload)
            except RainError as error:
                outcome = error
            await http.aclose()
            nursery.cancel_scope.cancel()
    offload.close()
    hub.close()
    if isinstance(outcome, RainError):
        raise outcome
    return outcome


async def test_what_a_stranger_names_in_our_own_network_is_asked_without_a_query_only() -> None:
    asked: list[str] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        reply(handler, TORRENT.raw)

    assert (await fetched(answer, "/a%3Fb")).info == TORRENT.info
    with pytest.raises(NetworkError, match="own network: 127"):
        await fetched(answer, "/switch?light=off")
    assert asked == ["/a%3Fb"]


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(bytes(2**20))


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"d")
        time.sleep(0.05)


def around(handler: Handler) -> None:
    reply(handler, b"", 302, Location="/again")


async def test_a_torrent_is_fetched_and_checked() -> None:
    found = await fetched(lambda handler: reply(handler, TORRENT.raw))
    assert found.raw == TORRENT.raw


async def test_a_redirect_is_followed() -> None:
    def answer(handler: Handler) -> None:
        if handler.path == "/a.torrent":
            reply(handler, b"", 301, Location="/b.torrent")
        else:
            reply(handler, TORRENT.raw)

    assert (await fetched(answer)).raw == TORRENT.raw


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (lambda handler: reply(handler, b"gone", 404), NetworkError, "the server said: 404"),
        (lambda handler: reply(handler, b"<html>"), FormatError, "not a .torrent file"),
        (lambda handler: reply(handler, b""), FormatError, "not a .torrent file"),
        (lambda handler: reply(handler, b"de"), FormatError, "info"),
        (endless, FormatError, "longer than"),
        (around, NetworkError, "redirects"),
    ],
    ids=["missing", "a page", "nothing", "no info", "endless", "redirect loop"],
)
async def test_what_is_no_torrent_is_one_error(
    answer: Callable[[Handler], None], kind: type[RainError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        await fetched(answer)


async def test_a_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torrent_url, "SECONDS", 0.5)
    with pytest.raises(TimedOut, match="no answer within"):
        await fetched(drip)


async def test_what_is_no_web_address_is_not_asked() -> None:
    with pytest.raises(FormatError):
        await torrent_url.fetch(HttpClient(None), "ftp://a.example/", Offload)  # type: ignore[arg-type]
