"""Against a proxy of the tests' own, on loopback; further proxies are in tests/interop."""

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError
from raincore.formats import proxy_url
from raincore.net import proxy_talk
from raincore.net.conversation import hear, say
from tests.net.loopback import LOOPBACK, running
from tests.net.socks_server import socks_server

GREETING = b"hello, whoever you are"


def greeter(network):
    """A listener that greets and hangs up."""

    def greet(stream):
        stream.send([GREETING])
        stream.close()

    return network.listen(LOOPBACK, greet)


async def heard(stream):
    data = b""
    while len(data) < len(GREETING):
        data += await hear(stream, 100)
    stream.close()
    return data


@pytest.mark.parametrize("http", [False, True])
async def test_a_stream_leads_through_the_proxy_and_nothing_of_it_is_lost(hub, network, http):
    async with running(hub), socks_server(http=http) as server:
        listener = greeter(network)
        port = listener.endpoint.port
        proxy = proxy_url.parse(f"{'http' if http else 'socks5'}://127.0.0.1:{server.port}")
        for target in (listener.endpoint, ("far.example", port)):
            stream = await proxy_talk.connect(network, proxy, target)
            assert await heard(stream) == GREETING
        assert server.asked == [(1, b"127.0.0.1", port), (1, b"far.example", port)]
        listener.close()


async def test_a_password_opens_the_proxy(hub, network):
    async with running(hub), socks_server(password=b"secret") as server:
        listener = greeter(network)
        proxy = proxy_url.parse(f"socks5://me:secret@127.0.0.1:{server.port}")
        assert await heard(await proxy_talk.connect(network, proxy, listener.endpoint)) == GREETING
        listener.close()


@pytest.mark.parametrize(
    ("scheme", "settings", "says"),
    [
        ("socks5://me:wrong@", {"password": b"secret"}, "refuses the user name and password"),
        ("socks5://", {"password": b"secret"}, "wants a user name"),
        ("socks5://", {"refusal": 5}, "connection refused"),
        ("http://", {"http": True, "refusal": 403}, "HTTP 403 No"),
        ("http://", {"http": True, "refusal": 407}, "wants a user name"),
    ],
)
async def test_why_a_proxy_does_not_help_is_said(hub, network, scheme, settings, says):
    target = Endpoint("192.0.2.1", 77)
    async with running(hub), socks_server(**settings) as server:
        proxy = proxy_url.parse(f"{scheme}127.0.0.1:{server.port}")
        with pytest.raises(ConnectError, match=says) as caught:
            with trio.move_on_after(5):
                await proxy_talk.connect(network, proxy, target)
        assert str(caught.value).endswith(": 192.0.2.1:77")
        assert "wrong" not in str(caught.value)


async def test_a_proxy_that_is_not_there_is_named(hub, network):
    async with running(hub):
        proxy = proxy_url.parse("socks5://127.0.0.1:1")
        with pytest.raises(ConnectError, match=r"proxy cannot be reached: .* 127.0.0.1:1$"):
            await proxy_talk.connect(network, proxy, ("far.example", 1))


async def test_a_head_without_end_is_given_up_and_so_is_another_protocol(hub, network):
    accepted = []

    def talk(stream):
        stream.send([b"HTTP/1.1 200 " + b"x" * 20_000])
        accepted.append(stream)

    async with running(hub):
        listener = network.listen(LOOPBACK, talk)
        for scheme, says in (("http", "no end"), ("socks5", "no SOCKS5 proxy")):
            proxy = proxy_url.parse(f"{scheme}://127.0.0.1:{listener.endpoint.port}")
            with pytest.raises(ConnectError, match=says):
                await proxy_talk.connect(network, proxy, LOOPBACK)
        for stream in (*accepted, listener):
            stream.close()


async def test_a_relay_says_where_it_is(hub, network):
    async with running(hub), socks_server() as server:
        proxy = proxy_url.parse(f"socks5://127.0.0.1:{server.port}")
        stream, relay = await proxy_talk.associate(network, proxy, Endpoint("0.0.0.0", 0))
        assert relay is not None
        assert relay.host == "127.0.0.1"
        await say(stream, b"x")
        stream.close()
        assert server.asked == [(3, b"0.0.0.0", 0)]
