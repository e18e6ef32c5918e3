"""Everything goes by way of the proxy, or not at all."""

import pytest
import trio

from raincore.base.addresses import stands_for_name
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError
from raincore.formats import proxy_url
from raincore.net.conversation import hear
from raincore.net.proxied_network import ProxiedNetwork
from tests.net.loopback import LOOPBACK, running
from tests.net.socks_server import socks_server


async def test_a_name_is_looked_up_by_the_proxy(hub, network):
    async with running(hub), socks_server() as server:

        def greet(stream):
            stream.send([b"hi"])
            stream.close()

        listener = network.listen(LOOPBACK, greet)
        proxied = ProxiedNetwork(network, proxy_url.parse(f"socks5://127.0.0.1:{server.port}"))
        [found] = await proxied.resolve("far.example", listener.endpoint.port)
        assert stands_for_name(found)
        stream = await proxied.connect(found)
        assert stream.remote == found
        assert await hear(stream, 9) == b"hi"
        stream.close()
        assert server.asked == [(1, b"far.example", listener.endpoint.port)]
        listener.close()


async def test_what_is_no_name_is_not_asked_for(network):
    proxied = ProxiedNetwork(network, proxy_url.parse("socks5://127.0.0.1:1"))
    with pytest.raises(ConnectError):
        await proxied.resolve("no name", 1)
    assert await proxied.resolve("192.0.2.1", 7) == [Endpoint("192.0.2.1", 7)]


async def test_strangers_cannot_come_past_the_proxy(network):
    proxied = ProxiedNetwork(network, proxy_url.parse("socks5://127.0.0.1:1"))
    for anywhere, host in ((Endpoint("0.0.0.0", 0), "127.0.0.1"), (Endpoint("::", 0), "::1")):
        listener = proxied.listen(anywhere, lambda stream: stream.close())
        assert listener.endpoint.host == host
        listener.close()
    with pytest.raises(ListenError, match="no local network"):
        proxied.multicast(Endpoint("239.192.152.143", 6771), lambda data, remote: None)


async def test_datagrams_go_by_the_proxy_or_not_at_all(hub, network):
    heard = []
    async with running(hub), socks_server() as server, trio.open_nursery() as nursery:
        far = network.datagrams(LOOPBACK, lambda data, remote: heard.append(data))
        proxied = ProxiedNetwork(network, proxy_url.parse(f"socks5://127.0.0.1:{server.port}"))
        nursery.start_soon(proxied.run)
        made = [proxied.datagrams(Endpoint("0.0.0.0", 5), lambda *_: None) for _ in range(2)]
        assert made[0].endpoint == Endpoint("0.0.0.0", 5)
        for one in made:
            one.send(b"x", far.endpoint)
        with trio.fail_after(10):
            while len(heard) < 2:
                await trio.sleep(0.01)
        assert [command for command, *_ in server.asked] == [3, 3]
        for one in (*made, far):
            one.close()
        nursery.cancel_scope.cancel()
    http = ProxiedNetwork(network, proxy_url.parse("http://127.0.0.1:1"))
    with pytest.raises(ListenError, match="carries no datagrams"):
        http.datagrams(Endpoint("0.0.0.0", 0), lambda *_: None)
