"""What a command that asks the DHT opens, remembers and leaves behind."""

import socket
from dataclasses import replace

import pytest
import trio
import trio.testing

from raincore.base.config import Config, SocketRules, Sources
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, NetworkError
from raincore.base.ids import NodeId
from raincore.formats.compact import Node
from raincore.formats.dht_state import Saved
from raincore.session.dht_opening import open_dht_client
from raincore.storage import dht_file

ALONE = Config(sources=Sources(bootstrap=("127.0.0.1:1",)))
KNOWN = {
    4: Saved(
        NodeId(bytes(20)),
        tuple(Node(NodeId(bytes([n]) * 20), Endpoint("127.0.0.1", n)) for n in range(1, 10)),
    )
}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


async def test_a_client_asks_and_leaves_nothing_behind():
    before = trio.lowlevel.current_statistics().tasks_living
    async with open_dht_client(ALONE, timeout_seconds=0.2) as client:
        client.service.lines[0].node.table.answered(KNOWN[4].nodes[0], 0.1, trio.current_time())
        assert client.service.port
        await client.settle()
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().tasks_living == before
    assert dht_file.load() == {}


async def test_a_bound_client_fetches_torrents_over_its_own_sockets_only():
    async with open_dht_client(ALONE, timeout_seconds=1) as client:
        assert not client.services.confined
    rules = SocketRules(bind=("127.0.0.1",))
    async with open_dht_client(replace(ALONE, sockets=rules), timeout_seconds=1) as client:
        assert client.services.confined
        with pytest.raises(NetworkError):
            await client.services.download("http://192.0.2.1/a.torrent")


async def test_a_port_that_is_taken_is_an_error():
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"UDP port is in use: {port}"):
            async with open_dht_client(ALONE, port=port, timeout_seconds=1):
                pass


async def test_nodes_of_the_last_run_are_known_with_the_usual_bootstrap_only():
    dht_file.save(KNOWN)
    async with open_dht_client(Config(), timeout_seconds=1) as client:
        assert client.service.lines[0].node.own_id == KNOWN[4].node_id
    async with open_dht_client(ALONE, timeout_seconds=1) as client:
        assert client.service.lines[0].node.own_id != KNOWN[4].node_id


async def test_nodes_are_remembered_once_enough_are_known():
    async with open_dht_client(Config(), timeout_seconds=1) as client:
        table = client.service.lines[0].node.table
        for node in KNOWN[4].nodes[:3]:
            table.answered(node, 0.1, trio.current_time())
    assert dht_file.load() == {}
    async with open_dht_client(Config(), timeout_seconds=1) as client:
        table = client.service.lines[0].node.table
        for node in KNOWN[4].nodes:
            table.answered(node, 0.1, trio.current_time())
    assert len(dht_file.load()[4].nodes) == len(KNOWN[4].nodes)
