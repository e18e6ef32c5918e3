"""HTTP trackers that move, refuse, and tell counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, NetworkError, TrackerError
from raincore.base.ids import InfoHash
from raincore.formats import bencoding
from raincore.net.http_client import AGENT
from raincore.net.hub import Hub
from raincore.net.interface import Stream
from raincore.net.trio_network import TrioNetwork
from raincore.net.web_trackers import MAX_ASKED, MAX_MOVED, WebTrackers
from raincore.wire.announce import AnnounceReply, ScrapeCounts
from tests.net.web import Web, reply, web
from tests.wire.trackers import INFO_HASH, request

ANSWER = bencoding.encode({"interval": 900})
OTHER = InfoHash(b"o" * 20)


class Pretending(TrioNetwork):
    """Loopback, under an address of the internet as well."""

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        return [Endpoint("8.8.8.8" if host == "public.example" else "127.0.0.1", port)]

    async def connect(self, remote: Endpoint) -> Stream:
        return await super().connect(Endpoint("127.0.0.1", remote.port))


@asynccontextmanager
async def trackers() -> AsyncIterator[WebTrackers]:
    hub = Hub()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        made = WebTrackers(Pretending(hub), verify_tls=True)
        with trio.fail_after(20):
            yield made
        await made.aclose()
        nursery.cancel_scope.cancel()
    hub.close()


async def announce(made: WebTrackers, url: str) -> AnnounceReply:
    return await made.announce(url, request(), family=4, seconds=10)


@pytest.mark.parametrize("path", ["/off", "/announce/off", "/off?x=/announce", "/off#/announce"])
async def test_what_is_no_tracker_is_not_asked_in_our_own_network(path: str) -> None:
    with web(lambda handler: reply(handler, ANSWER)) as server:
        async with trackers() as made:
            with pytest.raises(ConnectError, match="own network: 127"):
                await announce(made, server.url + path)
            assert server.asked == []
            await announce(made, f"http://public.example:{server.port}{path}")
            await announce(made, f"{server.url}/key/announce.php?pass=word")
            assert len(server.asked) == 2


def paths(server: Web) -> list[str]:
    return [path.partition("info_hash")[0] for path, _ in server.asked]


def moving(status: int, place: str):
    """Answers at `place`, and redirects to it from everywhere else with the same query."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        if path == place:
            reply(handler, ANSWER)
        else:
            reply(handler, b"", status, Location=f"{place}?{query}")

    return answer


@pytest.mark.parametrize("status", [301, 308])
async def test_a_tracker_that_has_moved_for_good_is_asked_at_its_new_place(status: int) -> None:
    with web(moving(status, "/new")) as server:
        async with trackers() as made:
            for _ in range(2):
                assert (await announce(made, f"{server.url}/announce-old?key=1")).interval == 900
    assert paths(server) == ["/announce-old?key=1&", "/new?key=1&", "/new?key=1&"]


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_detour_is_not_remembered(status: int) -> None:
    with web(moving(status, "/new")) as server:
        async with trackers() as made:
            for _ in range(2):
                await announce(made, f"{server.url}/announce-old")
    assert paths(server) == ["/announce-old?", "/new?"] * 2


async def test_a_new_place_that_fails_is_forgotten() -> None:
    with web(moving(301, "/new")) as new:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if len(old.asked) == 1:
                _, _, query = handler.path.partition("?")
                reply(handler, b"", 301, Location=f"{new.url}/new?{query}")
            else:
                reply(handler, ANSWER)

        with web(answer) as old:
            async with trackers() as made:
                await announce(made, f"{old.url}/announce-old")
                new.close()
                with pytest.raises(NetworkError):
                    await announce(made, f"{old.url}/announce-old")
                await announce(made, f"{old.url}/announce-old")
            assert paths(old) == ["/announce-old?"] * 2


async def test_a_redirect_that_answers_nonsense_is_not_remembered() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/announce-old"):
            reply(handler, b"", 301, Location="/login?info_hash=")
        else:
            reply(handler, b"<html>")

    with web(answer) as server:
        async with trackers() as made:
            for _ in range(2):
                with pytest.raises(Exception, match="a web page"):
                    await announce(made, f"{server.url}/announce-old")
    assert paths(server) == ["/announce-old?", "/login?"] * 2


async def test_a_place_that_the_internet_named_never_leads_to_this_machine() -> None:
    private = False

    class Rebinding(Pretending):
        async def resolve(self, host: str, port: int) -> list[Endpoint]:
            return [Endpoint("127.0.0.1" if private else "8.8.8.8", port)]

    hub = Hub()
    with web(moving(301, "/new")) as server:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            made = WebTrackers(Rebinding(hub), verify_tls=True)
            await announce(made, f"http://public.example:{server.port}/announce-old")
            private = True
            with pytest.raises(ConnectError, match="own network"):
                await announce(made, f"http://public.example:{server.port}/announce-old")
            await made.aclose()
            nursery.cancel_scope.cancel()
    hub.close()


async def test_what_is_remembered_is_bounded() -> None:
    with web(moving(301, "/new")) as server:
        async with trackers() as made:
            for number in range(MAX_MOVED + 10):
                await announce(made, f"{server.url}/announce-old{number}")
            assert len(made._moved) == MAX_MOVED


async def test_a_connection_is_kept_when_another_torrent_has_just_asked() -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        reply(handler, ANSWER)

    with web(answer) as server:
        async with trackers() as made:
            for _ in range(4):
                await announce(made, f"{server.url}/announce")
    assert len(set(ports)) == 2
    assert ports[0] != ports[1]


async def test_a_connection_that_the_tracker_has_closed_meanwhile_is_no_failure() -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        reply(handler, ANSWER)
        handler.close_connection = len(ports) in (2, 4)  # without having said so

    with web(answer) as server:
        async with trackers() as made:
            for _ in range(6):
                assert (await announce(made, f"{server.url}/announce")).interval == 900
    assert ports[1] != ports[2] == ports[3] != ports[4] == ports[5]


async def test_bytes_behind_an_answer_are_not_the_answer_to_another_torrent() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        interval = 900 + len(server.asked)
        body = bencoding.encode({"interval": interval})
        smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nd8:intervali0ee"
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        handler.wfile.write(head + body + smuggled)  # in one packet

    with web(answer) as server:
        async with trackers() as made:
            found = [await announce(made, f"{server.url}/announce") for _ in range(3)]
    assert [one.interval for one in found] == [901, 902, 903]


async def test_hosts_that_were_asked_are_forgotten_in_time() -> None:
    async with trackers() as made:
        for number in range(MAX_ASKED + 10):
            made._headers(f"http://host{number}/announce", "")
        assert len(made._asked) == MAX_ASKED


async def test_a_status_is_a_refusal_that_may_say_when_to_come_back() -> None:
    with web(lambda handler: reply(handler, b"busy", 503, Retry_After="120")) as server:
        async with trackers() as made:
            with pytest.raises(TrackerError, match="HTTP status: 503") as caught:
                await announce(made, f"{server.url}/announce")
    assert caught.value.retry_seconds == 120


async def test_a_scrape_asks_for_several_swarms_at_once() -> None:
    files = {bytes(INFO_HASH): {"complete": 1, "incomplete": 2, "downloaded": 3}}
    body = bencoding.encode({"files": files, "flags": {"min_request_interval": 60}})
    with web(lambda handler: reply(handler, body)) as server:
        async with trackers() as made:
            url = f"{server.url}/key/announce?pass=1"
            found = await made.scrape(url, [INFO_HASH, OTHER], seconds=10)
    assert found.counts == {INFO_HASH: ScrapeCounts(seeds=1, leechers=2, downloads=3)}
    assert found.min_interval == 60
    [(path, _)] = server.asked
    assert path.startswith("/key/scrape?pass=1&info_hash=%00%01")
    assert path.count("info_hash=") == 2


async def test_who_is_not_called_announce_cannot_be_scraped() -> None:
    async with trackers() as made:
        with pytest.raises(TrackerError, match="cannot be scraped"):
            await made.scrape("http://t.example/x", [INFO_HASH], seconds=10)


async def test_a_tracker_may_be_told_another_name_than_ours() -> None:
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["User-Agent"])
        reply(handler, bencoding.encode({"interval": 900, "files": {}}))

    with web(answer) as server:
        async with trackers() as made:
            url = f"{server.url}/announce"
            said = replace(request(), user_agent="Other/1.0")
            await made.announce(url, said, family=4, seconds=10)
            await made.scrape(url, [INFO_HASH], seconds=10, user_agent="Other/1.0")
            await announce(made, url)
    assert seen == ["Other/1.0", "Other/1.0", AGENT]
