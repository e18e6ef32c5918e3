"""A walk over all nodes of the DHT."""

import random

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht import crawl as crawls
from raincore.dht import node_ids
from raincore.dht.crawl import Crawl
from raincore.formats.compact import Node


def public(number, port=6881):
    return Endpoint(f"20.{number // 256}.{number % 256}.7", port)


def node(number):
    return Node(NodeId(number.to_bytes(20, "big")), public(number))


def id_of(endpoint):
    return node(endpoint.sort_key[1] >> 8 & 0xFFFF).node_id


def walk(crawl, known):
    """Let every node answer with those that it knows; the order in which they were asked."""
    asked = []
    while (step := crawl.next_step()) is not None:
        asked.append(step)
        crawl.on_answer(step, id_of(step.endpoint), known(step))
    return asked


def test_every_node_is_asked_for_its_own_neighbours_first_and_then_for_the_far_parts():
    crawl = Crawl(random.Random(1))
    crawl.add(public(0))
    asked = walk(crawl, lambda step: [node(1), node(2)])
    assert crawl.answered == 3
    first = [step for step in asked if step.is_first]
    assert asked[: len(first)] == first
    assert {step.endpoint: step.target for step in first[1:]} == {
        public(1): node(1).node_id,
        public(2): node(2).node_id,
    }
    again = [step for step in asked[len(first) :] if step.endpoint == public(1)]
    assert sorted(node_ids.shared_bits(step.target, node(1).node_id) for step in again) == [
        *range(crawls.FAR_PARTS)
    ]
    assert len(asked) == 3 * (1 + crawls.FAR_PARTS)


def test_a_chain_of_nodes_is_walked_to_its_end():
    crawl = Crawl(random.Random(1))
    crawl.add(public(0))

    def known(step):
        return [node((step.endpoint.sort_key[1] >> 8 & 0xFFFF) + 1)]

    for _ in range(50):
        step = crawl.next_step()
        crawl.on_answer(step, id_of(step.endpoint), known(step))
    assert crawl.answered == 50


def test_a_node_that_does_not_answer_is_not_asked_again():
    crawl = Crawl(random.Random(1))
    crawl.add(public(0))
    assert crawl.next_step() is not None
    assert crawl.next_step() is None
    crawl.add(public(0))
    assert crawl.next_step() is None
    assert crawl.answered == 0


def test_a_node_that_refuses_is_asked_once_more_and_only_once():
    crawl = Crawl(random.Random(1))
    crawl.add(public(0), node(7).node_id)
    crawl.on_refusal(crawl.next_step())
    step = crawl.next_step()
    assert (step.endpoint, step.target, step.is_first) == (public(0), node(7).node_id, False)
    crawl.on_refusal(step)
    assert crawl.next_step() is None
    crawl.add(public(0))
    assert crawl.next_step() is None


def test_nobody_makes_us_walk_through_our_own_network():
    crawl = Crawl(random.Random(1))
    crawl.add(public(0))
    step = crawl.next_step()
    crawl.on_answer(step, node(0).node_id, [Node(node(1).node_id, Endpoint("192.168.1.1", 80))])
    again = crawl.next_step()
    assert again.endpoint == public(0)
    assert crawl.next_step() is None


def test_one_network_is_asked_at_a_few_addresses_only():
    crawl = Crawl(random.Random(1))
    for port in range(1, 100):
        crawl.add(public(0, port))
    assert len(list(iter(crawl.next_step, None))) == crawls.PER_NETWORK


def test_on_this_machine_every_port_is_a_node():
    crawl = Crawl(random.Random(1))
    for port in range(1, 100):
        crawl.add(Endpoint("127.0.0.1", port))
    assert len(list(iter(crawl.next_step, None))) == 99


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(crawls, "MAX_SEEN", 10)
    crawl = Crawl(random.Random(1))
    for number in range(20):
        crawl.add(public(number))
    assert len(list(iter(crawl.next_step, None))) == 10
