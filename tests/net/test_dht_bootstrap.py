"""Names lead to nodes as soon as they are known; bare addresses help when they do not."""

from collections.abc import Sequence

import trio

from raincore.base.endpoint import Endpoint
from raincore.net import dht_bootstrap
from raincore.net.dht_bootstrap import FALLBACK, Bootstrap
from tests.net.memory_network import MemoryNetwork

FIRST, SECOND, SPARE = "20.0.0.1:6881", "20.0.0.2:6881", "20.0.0.3:6881"


class Dht:
    """What bootstrapping gives its addresses to."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.given: list[tuple[float, str]] = []
        self.is_alone = True
        self.asked_at = -1.0
        self.bootstrap = Bootstrap(network, self.start, lambda: self.is_alone)

    def start(self, endpoints: Sequence[Endpoint]) -> None:
        self.given += [(trio.current_time(), str(endpoint)) for endpoint in endpoints]

    async def run(self, hosts: Sequence[str], fallback: Sequence[str], seconds: float) -> None:
        def on_asked() -> None:
            self.asked_at = trio.current_time()

        with trio.move_on_after(seconds):
            await self.bootstrap.run(hosts, fallback, on_asked)


async def test_a_bare_address_is_used_at_once_and_a_name_as_soon_as_it_is_known(autojump_clock):
    network = MemoryNetwork()
    network.names["one.example"] = ["20.0.0.1", "2001:db8::1"]
    network.lookup_seconds = 2.0
    dht = Dht(network)
    await dht.run([SECOND, "one.example:6881"], [], 5)
    assert dht.given == [(0.0, SECOND), (2.0, FIRST), (2.0, "[2001:db8::1]:6881")]
    assert dht.asked_at == 2.0


async def test_what_stands_for_a_name_is_no_node(autojump_clock):
    network = MemoryNetwork()
    network.names["one.example"] = ["198.18.0.1"]
    dht = Dht(network)
    await dht.run(["one.example:6881"], [SPARE], 1)
    assert dht.given == [(0.0, SPARE)]


async def test_fallback_addresses_are_left_alone_when_somebody_answers(autojump_clock):
    dht = Dht(MemoryNetwork())
    dht.is_alone = False
    await dht.run([FIRST], [SPARE], 100)
    assert dht.given == [(0.0, FIRST)]


async def test_fallback_addresses_are_used_at_once_when_no_name_is_found(autojump_clock):
    dht = Dht(MemoryNetwork())
    await dht.run(["no.such.name:6881"], [SPARE], 1)
    assert dht.given == [(0.0, SPARE)]


async def test_a_slow_name_server_does_not_hold_up_the_fallback(autojump_clock):
    network = MemoryNetwork()
    network.lookup_seconds = 1000.0
    dht = Dht(network)
    await dht.run(["one.example:6881"], [SPARE], 60)
    assert dht.given == [(dht_bootstrap.FALLBACK_SECONDS, SPARE)]
    assert dht.asked_at == 10.0


async def test_names_are_looked_up_again_while_nobody_is_known(autojump_clock):
    network = MemoryNetwork()
    dht = Dht(network)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dht.run, ["one.example:6881"], [], 3600)
        await trio.sleep(100)
        assert not dht.given
        network.names["one.example"] = ["20.0.0.1"]
        await trio.sleep(200)
        assert [address for _, address in dht.given] == [FIRST]
        dht.is_alone = False


async def test_an_address_is_given_once(autojump_clock):
    dht = Dht(MemoryNetwork())
    await dht.run([FIRST, FIRST], [FIRST], 5)
    assert dht.given == [(0.0, FIRST)]


async def test_a_host_without_a_port_is_passed_over(autojump_clock):
    dht = Dht(MemoryNetwork())
    await dht.run(["one.example", FIRST], [], 5)
    assert dht.given == [(0.0, FIRST)]


def test_the_built_in_addresses_are_addresses():
    assert all(Endpoint.parse(address).port for address in FALLBACK)
