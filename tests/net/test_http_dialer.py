import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, the_one
from raincore.formats import http_url
from raincore.net.http_client import HttpClient
from raincore.net.http_connection import HttpConnection
from raincore.net.http_dialer import (
    CONNECT_SECONDS,
    MAX_ADDRESSES,
    HttpDialer,
    Kind,
    Steps,
    is_public,
)
from raincore.net.hub import Hub
from raincore.net.interface import Stream
from raincore.net.trio_network import TrioNetwork
from tests.net.web import reply, web

BOUNDS: dict[str, Any] = {"seconds": 20.0, "max_bytes": 10_000}


class Named(TrioNetwork):
    """One name for the addresses that a test gives; those in `silent` never answer."""

    def __init__(self, hub: Hub, addresses: list[str], silent: list[str]) -> None:
        super().__init__(hub)
        self.addresses = addresses
        self.silent = silent
        self.dialled: list[str] = []

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        if host == "named.example":
            return [Endpoint(address, port) for address in self.addresses]
        return await super().resolve(host, port)

    async def connect(self, remote: Endpoint) -> Stream:
        self.dialled.append(remote.host)
        if remote.host in self.silent:
            await trio.sleep_forever()
        if remote.host.startswith("192.0.2."):
            raise ConnectError(f"connection refused: {remote}", str(remote))
        return await super().connect(remote)


async def dial(
    named: Named,
    kind: Kind = Kind(),
    url: str = "http://named.example/",
    **steps: float,
) -> HttpConnection:
    dialer = HttpDialer(named, verify_tls=False, steps=Steps(**steps))
    return await dialer.connect(kind, http_url.parse(url))


@asynccontextmanager
async def network(*addresses: str, silent: list[str] | None = None) -> AsyncIterator[Named]:
    hub = Hub()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            yield Named(hub, list(addresses), silent or [])
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    finally:
        hub.close()


@pytest.mark.parametrize("family", [0, 4])
async def test_the_addresses_of_a_host_are_tried_in_turn(family: int) -> None:
    with web(lambda handler: reply(handler, b"hello")) as server:
        async with network("::1", "127.0.0.1") as named:
            http = HttpClient(named)
            url = f"http://named.example:{server.port}/"
            assert (await http.get(url, **BOUNDS, family=family)).body == b"hello"
            with pytest.raises(ConnectError):
                await http.get(url, **BOUNDS, family=6)
            await http.aclose()


async def test_an_address_that_leads_nowhere_costs_seconds_only(autojump_clock) -> None:
    class Dead(Named):
        async def connect(self, remote: Endpoint) -> Stream:
            self.dialled.append(remote.host)
            if remote.host in self.silent:
                await trio.sleep_forever()
            raise ConnectError(f"connection refused: {remote}", str(remote))

    hub = Hub()
    named = Dead(hub, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], ["192.0.2.1", "192.0.2.2"])
    before = trio.current_time()
    with pytest.raises(ConnectError, match=r"refused: 192\.0\.2\.3:80"):
        await dial(named)
    assert trio.current_time() - before == pytest.approx(2 * CONNECT_SECONDS)
    hub.close()


async def test_of_a_thousand_addresses_a_few_are_tried() -> None:
    many = [f"192.0.2.{n % 250}" for n in range(1000)]
    async with network(*many) as named:
        with pytest.raises(ConnectError, match="refused"):
            await dial(named)
        assert named.dialled == many[:MAX_ADDRESSES]


async def test_addresses_off_the_internet_are_refused_when_asked_to() -> None:
    async with network("10.0.0.1", "127.0.0.1", "::1", "fe80::1") as named:
        with pytest.raises(ConnectError, match="own network"):
            await dial(named, Kind(public_only=True))
        assert named.dialled == []


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1", False),
    ],
)
def test_what_is_on_the_internet(host: str, public: bool) -> None:
    assert is_public(Endpoint(host, 80)) is public


def test_of_what_a_proxy_looks_up_only_the_proxy_knows_where_it_is() -> None:
    stand_in = Endpoint("198.18.0.7", 80)
    assert is_public(stand_in, "host.example")
    assert not is_public(stand_in, "198.18.0.7"), "an address that a stranger wrote"


async def test_a_server_must_prove_who_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def body(**settings: Any) -> bytes:
        async with network() as named:
            http = HttpClient(named, **settings)
            try:
                return (await http.get(server.url, **BOUNDS)).body
            finally:
                await http.aclose()

    with web(lambda handler: reply(handler, b"hello"), context) as server:
        with pytest.raises(ConnectError, match=r"self-signed|unable to get"):
            await body()
        assert await body(verify_tls=False) == b"hello"
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert await body() == b"hello"


async def test_a_server_must_be_the_one_that_was_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with web(lambda handler: reply(handler, b"hello"), context) as server:
        async with network() as named:
            http = HttpClient(named)
            with pytest.raises(ConnectError, match="mismatch"):
                await http.get(server.url, **BOUNDS)
            await http.aclose()


async def test_connecting_takes_no_longer_than_allowed(autojump_clock) -> None:
    hub = Hub()
    named = Named(hub, ["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"])
    with pytest.raises(ConnectError, match="no connection within 7 s"):
        await dial(named, connect=7.0)
    assert trio.current_time() == 7
    hub.close()


async def test_agreeing_on_tls_takes_no_longer_than_allowed() -> None:
    async with network() as named:
        heard: list[Stream] = []
        mute = named.listen(Endpoint("127.0.0.1", 0), heard.append)
        with trio.fail_after(20), pytest.raises(ConnectError, match=r"no TLS within 0\.1 s"):
            await dial(named, url=f"https://{mute.endpoint}/", tls=0.1)
        for stream in heard:
            stream.close()
        mute.close()


async def test_who_speaks_plainly_has_no_terms_of_tls_made() -> None:
    with web(lambda handler: reply(handler, b"hello")) as server:
        async with network() as named:
            dialer = HttpDialer(named, verify_tls=True)
            (await dialer.connect(Kind(), http_url.parse(server.url))).close()
            assert dialer._context is None
            with pytest.raises(ConnectError):
                await dialer.connect(Kind(), http_url.parse(f"https://127.0.0.1:{server.port}"))
            assert dialer._context is not None
