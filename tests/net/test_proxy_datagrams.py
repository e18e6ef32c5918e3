"""Datagrams through the relay of a proxy of the tests' own, on loopback."""

import socket

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.formats import proxy_url
from raincore.net import proxy_datagrams
from raincore.net.proxy_datagrams import ProxyDatagrams
from raincore.net.stand_ins import StandIns
from tests.net.loopback import LOOPBACK, running
from tests.net.socks_server import socks_server

ANY_4, ANY_6 = Endpoint("0.0.0.0", 0), Endpoint("::", 0)


class Heard(list):
    """What came, and a way to wait for it."""

    def __call__(self, data, remote):
        self.append((data, remote))

    async def until(self, count):
        with trio.fail_after(10):
            while len(self) < count:
                await trio.sleep(0.01)


def echo(network):
    made = []

    def answer(data, remote):
        made[0].send(b"re: " + data, remote)

    made.append(network.datagrams(LOOPBACK, answer))
    return made[0]


@pytest.mark.parametrize("says_any", [False, True])
async def test_datagrams_go_and_come_through_the_relay(hub, network, says_any):
    async with running(hub), socks_server() as server, trio.open_nursery() as nursery:
        server.relay_says_any = says_any
        far, heard, names = echo(network), Heard(), StandIns()
        proxy = proxy_url.parse(f"socks5://127.0.0.1:{server.port}")
        made = ProxyDatagrams(network, proxy, names, heard, local=ANY_4)
        assert made.send(b"early", far.endpoint), "waits for the relay"
        assert not made.send(b"x", Endpoint("2001:db8::1", 1))
        nursery.start_soon(made.run)
        await heard.until(1)
        assert made.send(b"late", far.endpoint)
        await heard.until(2)
        assert heard == [(b"re: early", far.endpoint), (b"re: late", far.endpoint)]
        made.close()
        made.close()
        far.close()


async def test_an_answer_by_name_is_told_as_from_the_name_and_the_address(hub, network):
    async with running(hub), socks_server() as server, trio.open_nursery() as nursery:
        far, heard, names = echo(network), Heard(), StandIns()
        proxy = proxy_url.parse(f"socks5://127.0.0.1:{server.port}")
        made = ProxyDatagrams(network, proxy, names, heard, local=ANY_4)
        nursery.start_soon(made.run)
        named = names.endpoint_of("far.example", far.endpoint.port)
        made.send(b"hi", named)
        await heard.until(2)
        assert heard == [(b"re: hi", named), (b"re: hi", far.endpoint)]
        assert server.datagrams == [(b"far.example", far.endpoint.port)]
        made.close()
        far.close()


async def test_a_relay_that_went_away_is_asked_for_anew(hub, network, monkeypatch):
    monkeypatch.setattr(proxy_datagrams, "FIRST_PAUSE_SECONDS", 0.01)
    async with running(hub), socks_server() as server, trio.open_nursery() as nursery:
        far, heard = echo(network), Heard()
        proxy = proxy_url.parse(f"socks5://127.0.0.1:{server.port}")
        made = ProxyDatagrams(network, proxy, StandIns(), heard, local=ANY_4)
        nursery.start_soon(made.run)
        made.send(b"one", far.endpoint)
        await heard.until(1)
        server.streams[-1].socket.shutdown(socket.SHUT_RDWR)
        with trio.fail_after(10):
            while len(server.streams) < 2:
                await trio.sleep(0.01)
        made.send(b"two", far.endpoint)
        await heard.until(2)
        made.close()
        far.close()


async def test_without_a_proxy_datagrams_are_lost_and_it_is_tried_again(hub, network, monkeypatch):
    monkeypatch.setattr(proxy_datagrams, "FIRST_PAUSE_SECONDS", 0.001)
    heard = Heard()
    async with running(hub), trio.open_nursery() as nursery:
        proxy = proxy_url.parse("socks5://127.0.0.1:1")
        made = ProxyDatagrams(network, proxy, StandIns(), heard, local=ANY_6)
        nursery.start_soon(made.run)
        for _ in range(1000):
            assert made.send(b"lost", Endpoint("::1", 9))
        await trio.sleep(0.05)
        made.close()
    assert not heard


async def test_what_does_not_come_from_the_relay_or_makes_no_sense_is_left_out(hub, network):
    async with running(hub), socks_server() as server, trio.open_nursery() as nursery:
        far, heard = echo(network), Heard()
        proxy = proxy_url.parse(f"socks5://127.0.0.1:{server.port}")
        made = ProxyDatagrams(network, proxy, StandIns(), heard, local=ANY_4)
        nursery.start_soon(made.run)
        made.send(b"one", far.endpoint)
        await heard.until(1)
        relay = made._relay
        assert relay is not None
        head = b"\0\0\0\1\x7f\0\0\1\0\x09"
        made._take(head + b"forged", far.endpoint)
        made._take(b"short", relay)
        made._take(b"\0\0\0\3\1x\0\x09from a name", relay)
        made._take(b"\0\0\0\4" + bytes(15) + b"\1\0\x09of the other family", relay)
        assert len(heard) == 1
        made._take(head + b"true", relay)
        assert heard[1:] == [(b"true", Endpoint("127.0.0.1", 9))]
        made.close()
        far.close()
