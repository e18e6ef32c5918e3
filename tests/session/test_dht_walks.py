"""Walks over the DHT: everybody is visited, and the bounds hold."""

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, NetworkError
from raincore.base.ids import InfoHash
from raincore.session import dht_queries, dht_walks
from raincore.wire import krpc
from raincore.wire.krpc_messages import Error, Query, SampleInfoHashes
from tests.net.dht_world import running
from tests.net.memory_network import MemoryNetwork
from tests.session import dht_desk

HASHES = [InfoHash(bytes([number]) * 20) for number in range(5)]


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


async def crawled(client, count=1000, rate=100.0):
    found: list[Endpoint] = []
    walk = await dht_walks.crawl(
        client, count=count, rate=rate, on_node=lambda node, rtt: found.append(node.endpoint)
    )
    assert walk.found == len(found)
    return found, walk


async def test_every_node_is_visited_once(network, autojump_clock):
    async with running(network, 30) as services, dht_desk.client(network) as client:
        found, walk = await crawled(client)
    assert len(found) == len(set(found)) == 30
    assert set(found) == {endpoint for service in services for endpoint in service.endpoints}
    assert str(walk).startswith("30 nodes answered 150 questions in ")


async def test_both_families_are_walked(network, autojump_clock):
    async with running(network, 12, families=(4, 6)), dht_desk.client(network) as client:
        found, _ = await crawled(client)
    assert len(found) == 24


async def test_the_count_ends_it(network, autojump_clock):
    async with running(network, 30), dht_desk.client(network) as client:
        found, _ = await crawled(client, count=7)
    assert len(found) == 7


async def test_answers_that_come_in_one_moment_are_no_more_than_the_count(
    network, autojump_clock, monkeypatch
):
    async with running(network, 30), dht_desk.client(network) as client:
        ask = client.service.ask
        first = trio.Event()

        async def asked_together(*given):
            reply = await ask(*given)
            with trio.move_on_after(1):
                await first.wait()
            first.set()
            return reply

        monkeypatch.setattr(client.service, "ask", asked_together)
        found, _ = await crawled(client, count=1)
    assert len(found) == 1


async def test_the_rate_holds(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        _, walk = await crawled(client, rate=2.0)
    assert walk.asked / 2 - 1 <= walk.seconds <= walk.asked / 2 + 4


async def test_the_time_ends_it_with_what_was_found(network, autojump_clock):
    async with running(network, 30), dht_desk.client(network, timeout=5) as client:
        found, walk = await crawled(client, rate=1.0)
    assert 1 <= len(found) <= 5
    assert walk.seconds == pytest.approx(5, abs=0.1)


async def test_a_node_that_is_gone_costs_little(network, autojump_clock):
    async with running(network, 12) as services, dht_desk.client(network) as client:
        for service in services[4:]:
            service.close()
        found, walk = await crawled(client)
    assert len(found) == 4
    assert walk.seconds < 10


async def test_nobody_there_is_an_error(network, autojump_clock):
    async with dht_desk.client(network) as client:
        with pytest.raises(ConnectError, match="nobody answered: 0 of 1"):
            await crawled(client)
    async with dht_desk.client(network, timeout=2) as client:
        with pytest.raises(NetworkError, match="nobody answered: 0 of 1"):
            await crawled(client)


async def test_samples_name_each_torrent_once(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        for info_hash in HASHES:
            await dht_queries.find_peers(client, info_hash, lambda peers: None, port=7000)
        await trio.sleep(1000)  # until the nodes make new samples
        found: list[InfoHash] = []
        totals: list[int | None] = []

        def take(node, hashes, total, seconds):
            found.extend(hashes)
            totals.append(total)

        walk = await dht_walks.sample(client, count=100, rate=100.0, on_sample=take)
        assert sorted(found) == HASHES
        assert all(total for total in totals)
        assert walk.found == 5
        few: list[InfoHash] = []
        more = await dht_walks.sample(
            client, count=2, rate=100.0, on_sample=lambda node, hashes, *rest: few.extend(hashes)
        )
        assert len(few) == more.found == 2


async def test_nodes_that_do_not_know_samples_still_lead_to_others(
    network, autojump_clock, monkeypatch
):
    def ignorant(service):
        for line in service.lines:
            answering = line.node._answering
            answer = answering.answer

            def refusing(query: Query, *rest, answer=answer):
                if isinstance(query.question, SampleInfoHashes):
                    return krpc.encode(Error(query.transaction, 204, "method unknown"))
                return answer(query, *rest)

            monkeypatch.setattr(answering, "answer", refusing)

    async with running(network, 12) as services, dht_desk.client(network) as client:
        await dht_queries.find_peers(client, HASHES[1], lambda peers: None, port=7000)
        for service in services[:6]:
            ignorant(service)
        found: list[InfoHash] = []
        walk = await dht_walks.sample(
            client, count=5, rate=100.0, on_sample=lambda node, hashes, *rest: found.extend(hashes)
        )
    assert found == [HASHES[1]]
    assert walk.answered == 6
