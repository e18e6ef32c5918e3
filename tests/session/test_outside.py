"""What the settings say of sockets holds, or nothing is opened."""

import gzip

import pytest
import trio

from raincore.base.addresses import stands_for_name
from raincore.base.config import Config, SocketRules
from raincore.base.endpoint import Endpoint
from raincore.base.errors import Blocked, ConfigError, ConnectError, FormatError
from raincore.base.server_config import BlocklistRules
from raincore.formats.blocklist import Blocklist, pack_v4
from raincore.net.hub import Hub
from raincore.session.outside import open_outside
from raincore.session.services import open_services


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


async def test_without_rules_everything_is_allowed(hub):
    outside = await open_outside(SocketRules(), hub)
    assert not outside.binding
    assert not outside.confined
    assert outside.hosts()[0] == "127.0.0.1"
    assert not outside.blocklist.blocks(Endpoint("127.0.0.1", 1))
    assert await outside.network.resolve("127.0.0.1", 1) == [Endpoint("127.0.0.1", 1)]


async def test_the_network_is_bound(hub):
    outside = await open_outside(SocketRules(bind=("127.0.0.9",)), hub)
    listener = outside.network.listen(Endpoint("0.0.0.0", 0), lambda stream: stream.close())
    assert listener.endpoint.host == "127.0.0.9"
    listener.close()


async def test_what_cannot_be_bound_to_is_an_error_before_anything_is_opened():
    with pytest.raises(ConfigError, match="no such address or device"):
        async with open_services(Config(sockets=SocketRules(bind=("nodevice",)))):
            raise AssertionError("was opened")


async def test_behind_a_proxy_nothing_leads_past_it(hub):
    outside = await open_outside(SocketRules(proxy="socks5://127.0.0.1:1"), hub)
    assert outside.confined
    assert outside.hosts() == ["127.0.0.1", "::1"]
    listener = outside.network.listen(Endpoint("0.0.0.0", 0), lambda stream: stream.close())
    with pytest.raises(ConnectError, match="proxy cannot be reached"):
        await outside.network.connect(listener.endpoint)
    listener.close()
    [found] = await outside.network.resolve("host.example", 1)
    assert stands_for_name(found)


async def test_a_proxy_that_makes_no_sense_is_an_error_before_anything_is_opened():
    with pytest.raises(FormatError, match="proxy: "):
        async with open_services(Config(sockets=SocketRules(proxy="what"))):
            raise AssertionError("was opened")


async def test_several_blocklists_are_one(hub, tmp_path):
    one, two = tmp_path / "one.p2p", tmp_path / "two.gz"
    one.write_text("name:192.0.2.1-192.0.2.9\n")
    two.write_bytes(gzip.compress(b"2001:db8::/32\n"))
    warnings: list[str] = []
    rules = SocketRules(blocklists=(str(one), str(two)))
    outside = await open_outside(rules, hub, warnings.append)
    assert len(outside.blocklist) == 2
    assert not warnings
    for host in ("192.0.2.5", "2001:db8::5"):
        with pytest.raises(Blocked):
            await outside.network.connect(Endpoint(host, 1))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("10.0.0.1\nbad\n", "1 line cannot be read and block nothing, the first is line 2: "),
        ("bad\n10.0.0.1\nbad\n", "2 lines cannot be read and block nothing, the first is line 1: "),
    ],
)
async def test_bad_lines_are_one_warning(hub, tmp_path, text, warning):
    path = tmp_path / "list"
    path.write_text(text)
    warnings: list[str] = []
    await open_outside(SocketRules(blocklists=(str(path),)), hub, warnings.append)
    assert warnings == [f"blocklist: {warning}{path}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "blocklist cannot be read: no such file or directory: "),
        (b"<html>\n", "blocklist: no list of addresses: no line of it can be read: "),
        (b"\x1f\x8b junk", "blocklist: the gzip data is damaged: "),
    ],
)
async def test_what_is_no_blocklist_is_an_error(hub, tmp_path, content, message):
    path = tmp_path / "list"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        await open_outside(SocketRules(blocklists=(str(path),)), hub)
    assert str(caught.value) == f"{message}{path}"


async def test_a_directory_is_no_blocklist(hub, tmp_path):
    with pytest.raises(FormatError, match="is a directory"):
        await open_outside(SocketRules(blocklists=(str(tmp_path),)), hub)


@pytest.mark.parametrize("off", ["for_trackers", "for_outgoing", "for_incoming"])
async def test_a_blocklist_holds_for_what_it_is_to_hold_for(hub, off):
    outside = await open_outside(SocketRules(), hub, lists=BlocklistRules(**{off: False}))
    outside.blocklist.put("x", Blocklist([pack_v4(0x7F000000, 0x7FFFFFFF)]))
    here = Endpoint("127.0.0.1", 1)

    async def is_refused(network) -> bool:
        with pytest.raises(ConnectError) as caught:
            await network.connect(here)
        return isinstance(caught.value, Blocked)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        assert await is_refused(outside.network)
        assert await is_refused(outside.trackers) is (off != "for_trackers")
        assert await is_refused(outside.peers) is (off != "for_outgoing")
        assert outside.blocks(here) is (off != "for_outgoing")
        taken = []
        listener = outside.peers.listen(Endpoint("127.0.0.1", 0), taken.append)
        stranger = await trio.open_tcp_stream("127.0.0.1", listener.endpoint.port)
        with trio.move_on_after(20):
            await stranger.receive_some(1) if off != "for_incoming" else await came(taken)
        assert bool(taken) is (off == "for_incoming")
        await stranger.aclose()
        for stream in taken:
            stream.close()
        listener.close()
        nursery.cancel_scope.cancel()


async def came(taken) -> None:
    while not taken:
        await trio.sleep(0.01)
