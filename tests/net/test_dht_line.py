"""A line sends what its node says, and tells each who asked what became of it."""

import random

import trio

from raincore.base.endpoint import Endpoint
from raincore.dht.errands import FindPeers
from raincore.dht.events import LookupEnded, Replied, Silent
from raincore.dht.node import DhtNode
from raincore.net.dht_line import DhtLine
from raincore.wire.krpc_messages import Ping
from tests.net.dht_world import INFO_HASH
from tests.net.memory_network import MemoryNetwork
from tests.sim.dht_network import trusting

NOBODY = Endpoint("20.9.9.9", 1)


def line(network: MemoryNetwork, number: int) -> DhtLine:
    node = DhtNode(ipv6=False, rng=random.Random(number), verify=trusting, now=trio.current_time())
    made = DhtLine(node, lambda: None)
    made.open(network, Endpoint(f"20.0.{number}.7", 6881))
    return made


async def wait_timers(one: DhtLine, seconds: float) -> None:
    """Do what `DhtService.run` does."""
    end = trio.current_time() + seconds
    while (due := min(one.node.next_timer(), end)) < end:
        await trio.sleep_until(due)
        one.handle_timer()
    await trio.sleep_until(end)


async def test_a_bootstrap_address_that_answers_is_counted_once(autojump_clock):
    network = MemoryNetwork()
    one, other = line(network, 1), line(network, 2)
    other.start([])
    one.start([other.endpoint, NOBODY])
    await wait_timers(one, 30)
    assert one.bootstrap_answered == 1
    assert one.joined is not None
    assert one.joined.answered == 1


async def test_a_lookup_begins_without_an_answer_when_no_address_is_to_be_expected(autojump_clock):
    one = line(MemoryNetwork(), 1)
    told: list[object] = []
    one.start([NOBODY, Endpoint("20.8.8.8", 1)])
    one.look_up(FindPeers(INFO_HASH), told.append)
    await wait_timers(one, 30)
    assert not told
    one.settle()
    await wait_timers(one, 11)
    [end] = told
    assert isinstance(end, LookupEnded)
    assert (end.asked, end.answered) == (2, 0)


async def test_a_lookup_before_the_start_begins_with_the_first_answer(autojump_clock):
    network = MemoryNetwork()
    one, other = line(network, 1), line(network, 2)
    told: list[object] = []
    one.look_up(FindPeers(INFO_HASH), told.append)
    await trio.sleep(60)
    assert not told
    other.start([])
    one.start([other.endpoint])
    await wait_timers(one, 1)
    [end] = told
    assert isinstance(end, LookupEnded)
    assert end.answered == 1


async def test_a_lookup_that_is_cancelled_before_the_start_never_begins(autojump_clock):
    network = MemoryNetwork()
    one, other = line(network, 1), line(network, 2)
    told: list[object] = []
    take = told.append
    one.look_up(FindPeers(INFO_HASH), take)
    one.cancel(take)
    one.start([other.endpoint])
    await wait_timers(one, 5)
    assert not told


async def test_silence_is_told_after_ten_seconds(autojump_clock):
    one = line(MemoryNetwork(), 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_timers, one, 20)
        assert isinstance(await one.ask(NOBODY, Ping()), Silent)
        assert trio.current_time() == 10


async def test_a_question_that_is_cancelled_is_forgotten(autojump_clock):
    one = line(MemoryNetwork(), 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_timers, one, 20)
        with trio.move_on_after(5):
            await one.ask(NOBODY, Ping())
        assert trio.current_time() == 5


async def test_a_line_that_is_not_started_is_deaf(autojump_clock):
    network = MemoryNetwork()
    one, other = line(network, 1), line(network, 2)
    one.start([other.endpoint])
    await wait_timers(one, 30)
    assert one.joined is not None
    assert one.joined.answered == 0


async def test_who_asks_before_the_start_hears_the_answer(autojump_clock):
    network = MemoryNetwork()
    one, other = line(network, 1), line(network, 2)
    other.start([])
    assert isinstance(await one.ask(other.endpoint, Ping()), Replied)


async def test_a_line_without_an_address_of_its_own_waits_for_what_the_other_family_gives(
    autojump_clock,
):
    one = line(MemoryNetwork(), 1)
    told: list[object] = []
    one.look_up(FindPeers(INFO_HASH), told.append)
    one.settle()
    await wait_timers(one, 1)
    assert not told
    one.add_node(NOBODY)
    one.release()
    await wait_timers(one, 9)
    assert not told
    await wait_timers(one, 2)
    assert len(told) == 1


async def test_a_closed_line_is_quiet(autojump_clock):
    network = MemoryNetwork()
    one = line(network, 1)
    endpoint = one.endpoint
    told: list[object] = []
    one.look_up(FindPeers(INFO_HASH), told.append)
    one.close()
    one.close()
    one.start([NOBODY])
    assert endpoint not in network.bound
    assert not told
