"""A process's part in the DHT: silent until asked, remembered between runs."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio

from raincore.base.config import Config, DhtLimits, Sources
from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash
from raincore.dht.errands import FindPeers
from raincore.net.offload import InlineOffload
from raincore.session import dht as session_dht
from raincore.session.dht import open_dht
from raincore.storage import dht_file
from tests.net.dht_world import running
from tests.net.memory_network import MemoryNetwork

INFO_HASH = InfoHash(bytes(20))
HOSTS = Config(sources=Sources(bootstrap=("20.0.0.7:6881",)))


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "rain" / "dht"


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


@asynccontextmanager
async def opened(network, config=HOSTS, warnings=None):
    take = (warnings if warnings is not None else []).append
    async with open_dht(network, InlineOffload(), config, 7000, take) as dht:
        yield dht


def find(ipv6: bool) -> FindPeers:
    return FindPeers(INFO_HASH)


async def test_nodes_are_remembered_for_the_next_run(network, state, autojump_clock):
    async with running(network, 12):
        async with opened(network) as dht:
            assert dht.port == 7000
            assert (await dht.look_up(find)).answered >= 8
            await trio.sleep(30)
            own = dht.lines[0].node.own_id
        assert state.is_file()
        async with opened(network, Config(sources=Sources(bootstrap=()))) as dht:
            assert dht.lines[0].node.own_id == own
            assert (await dht.look_up(find)).answered >= 8


async def test_nodes_are_saved_every_few_minutes(network, state, autojump_clock):
    async with running(network, 12), opened(network) as dht:
        await dht.look_up(find)
        await trio.sleep(session_dht.SAVE_SECONDS + 1)
        assert dht_file.load()[4].nodes


async def test_nobody_hears_of_us_before_something_is_looked_up(network, state, autojump_clock):
    heard: list[bytes] = []
    network.datagrams(Endpoint("20.0.0.7", 6881), lambda data, remote: heard.append(data))
    async with opened(network) as dht:
        await trio.sleep(3600)
        assert not heard
        await dht.look_up(find)
        assert heard
    assert not state.exists()


async def test_a_damaged_file_is_one_warning(network, state, autojump_clock):
    state.parent.mkdir()
    state.write_bytes(b"rubbish")
    warnings: list[str] = []
    async with opened(network, warnings=warnings):
        pass
    [warning] = warnings
    assert warning.startswith("the DHT nodes of the last run are lost: damaged")


async def test_what_cannot_be_saved_is_one_warning(network, state, autojump_clock):
    warnings: list[str] = []
    async with running(network, 12), opened(network, warnings=warnings) as dht:
        await dht.look_up(find)
        state.mkdir(parents=True)
        await trio.sleep(3 * session_dht.SAVE_SECONDS)
        assert len(warnings) == 1
    assert warnings[0].startswith("DHT nodes are not remembered: ")


async def test_the_built_in_addresses_are_for_the_built_in_names_only(network, autojump_clock):
    heard: list[bytes] = []
    network.datagrams(Endpoint("87.98.162.88", 6881), lambda data, remote: heard.append(data))
    async with opened(network, Config(sources=Sources(bootstrap=("no.such.example:1",)))) as dht:
        assert (await dht.look_up(find)).asked == 0
    assert not heard
    async with opened(network, Config()) as dht:
        assert (await dht.look_up(find)).asked >= 1
    assert heard


async def test_the_node_is_where_it_was_wanted(network, autojump_clock):
    here = replace(HOSTS, dht=DhtLimits(host="::1"))
    async with opened(network, here) as dht:
        assert [line.endpoint.host for line in dht.lines] == ["::1"]
    async with opened(network) as dht:
        assert [line.endpoint.is_ipv6 for line in dht.lines] == [False, True]
