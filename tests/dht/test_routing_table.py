import random

import pytest

from raincore.base.addresses import network_of
from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht.routing_table import RoutingTable
from raincore.formats.compact import Node
from tests.dht.places import OWN, node, node_id, public

NOW = 1000.0


@pytest.fixture
def table() -> RoutingTable:
    return RoutingTable(OWN, now=NOW)


def answer(table: RoutingTable, *nodes: Node, rtt: float = 0.1, now: float = NOW) -> None:
    for one in nodes:
        table.answered(one, rtt, now)


def ids(table: RoutingTable) -> set[NodeId]:
    return {contact.node.node_id for contact in table}


def crowd(count: int, seed: int) -> list[Node]:
    rng = random.Random(seed)
    return [Node(NodeId(rng.randbytes(20)), public(number)) for number in range(count)]


def check(table: RoutingTable) -> None:
    """What always holds."""
    contacts = list(table)
    spares = [spare for bucket in table._buckets for spare in bucket.spares]
    known = [*contacts, *spares]
    assert set(table._known.values()) == set(known)
    assert set(table._networks.values()) == set(known)
    assert len({network_of(held.node.endpoint) for held in known}) == len(known)
    assert len({held.node.node_id for held in known}) == len(known)
    assert all(held.is_confirmed for held in contacts)
    for bucket in table._buckets:
        assert len(bucket.contacts) <= bucket.size
        assert len(bucket.spares) <= 8
        assert all(table._bucket_of(held) is bucket for held in (*bucket.contacts, *bucket.spares))


def test_few_far_nodes_and_many_close_ones_are_kept(table: RoutingTable) -> None:
    answer(table, *(node("f0", number) for number in range(1, 100)))
    assert len(table) == 8
    answer(table, *(node("01", number) for number in range(100, 120)))
    assert len(table) == 16
    check(table)


def test_the_first_buckets_may_be_larger(seed: int) -> None:
    table = RoutingTable(OWN, bucket_sizes=(32, 16, 8), now=NOW)
    answer(table, *crowd(3000, seed))
    sizes = [len(bucket.contacts) for bucket in table._buckets]
    assert sizes[:5] == [32, 16, 8, 8, 8]
    check(table)


def test_the_closest_are_found_in_order(table: RoutingTable, seed: int) -> None:
    answer(table, *crowd(2000, seed))
    rng = random.Random(seed)
    for _ in range(200):
        target = rng.randbytes(20)
        number = int.from_bytes(target, "big")
        by_hand = sorted(table, key=lambda held: held.number ^ number)
        assert table.closest(target) == by_hand[:8]
        assert table.closest(target, 20) == by_hand[:20]
        assert table.packed_closest(target) == b"".join(held.packed for held in by_hand[:8])


def test_bad_ones_are_not_given_out(table: RoutingTable) -> None:
    answer(table, node("f0", 1), node("f0", 2))
    for _ in range(2):
        table.failed(node("f0", 1))
    assert [held.node for held in table.closest(bytes(20))] == [node("f0", 2)]
    assert table.saved() == [node("f0", 2)]


def test_a_network_has_one_place(table: RoutingTable) -> None:
    first = Node(node_id("aa"), Endpoint("20.1.2.3", 1))
    answer(
        table, first, *(Node(node_id("bb", n), Endpoint(f"20.1.2.{n}", n)) for n in range(4, 90))
    )
    assert ids(table) == {first.node_id}
    check(table)


def test_local_nodes_are_told_apart_by_port(table: RoutingTable) -> None:
    answer(table, *(Node(node_id("aa", n), Endpoint("127.0.0.1", n)) for n in range(1, 6)))
    assert len(table) == 5


def test_a_proven_node_keeps_its_id_and_its_network(table: RoutingTable) -> None:
    answer(table, node("aa", 1))
    thief = Node(node_id("aa", 1), public(2))
    answer(table, thief)
    assert [held.node for held in table] == [node("aa", 1)]
    table.failed(node("aa", 1))
    table.failed(node("aa", 1))
    answer(table, thief)
    assert [held.node for held in table] == [thief]
    check(table)


def test_a_node_may_take_another_id(table: RoutingTable) -> None:
    answer(table, node("aa", 1))
    renamed = Node(node_id("bb"), public(1))
    answer(table, renamed)
    assert [held.node for held in table] == [renamed]
    check(table)


def test_a_contact_that_asks_under_another_id_is_checked(table: RoutingTable) -> None:
    answer(table, node("aa", 1))
    table.asked_us(Node(node_id("bb"), public(1)), NOW)
    table.asked_us(Node(node_id("bb"), public(1, port=9)), NOW)
    assert [held.node for held in table.to_check(300.0, NOW)] == [node("aa", 1)]
    assert table.to_check(300.0, NOW) == []


def test_our_own_id_is_nobody_elses(table: RoutingTable) -> None:
    answer(table, Node(OWN, public(1)))
    table.asked_us(Node(OWN, public(2)), NOW)
    assert len(table) == 0
    check(table)


def test_who_only_asks_is_no_contact_until_it_answers(table: RoutingTable) -> None:
    table.asked_us(node("aa", 1), NOW)
    assert len(table) == 0
    (unproven,) = table.to_check(300.0, NOW)
    assert unproven.node == node("aa", 1)
    assert table.to_check(300.0, NOW) == []
    answer(table, node("aa", 1))
    assert len(table) == 1
    check(table)


def test_who_only_asks_fills_nothing(table: RoutingTable) -> None:
    for number in range(5000):
        table.asked_us(Node(node_id(f"{number % 256:02x}", number), public(number)), NOW)
    assert len(table._known) <= 8
    check(table)


def test_an_unproven_node_makes_way_for_a_proven_one(table: RoutingTable) -> None:
    table.asked_us(Node(node_id("aa"), Endpoint("20.1.2.3", 1)), NOW)
    proven = Node(node_id("bb"), Endpoint("20.1.2.4", 1))
    answer(table, proven)
    assert [held.node for held in table] == [proven]
    check(table)


def test_an_unproven_node_that_is_silent_is_forgotten_at_once(table: RoutingTable) -> None:
    table.asked_us(node("aa", 1), NOW)
    table.failed(node("aa", 1))
    assert table._known == {}


def test_a_bad_contact_is_replaced_as_soon_as_somebody_waits(table: RoutingTable) -> None:
    answer(table, *(node("f0", number) for number in range(1, 10)))
    for _ in range(2):
        table.failed(node("f0", 1))
    assert len(table) == 8
    assert node("f0", 9).node_id in ids(table)
    check(table)


def test_a_bad_contact_goes_in_the_end_though_nobody_waits(table: RoutingTable) -> None:
    answer(table, node("f0", 1))
    for times in range(5):
        assert len(table) == 1, times
        table.failed(node("f0", 1))
    assert len(table) == 0
    table.failed(node("f0", 1))
    check(table)


def test_a_failure_under_another_address_is_not_the_contacts(table: RoutingTable) -> None:
    answer(table, node("f0", 1))
    for _ in range(9):
        table.failed(Node(node("f0", 1).node_id, public(2)))
    assert len(table) == 1


def test_the_most_silent_contact_is_checked(table: RoutingTable) -> None:
    answer(table, node("f0", 1), now=NOW)
    answer(table, node("f0", 2), now=NOW - 50)
    assert table.to_check(300.0, NOW + 100) == []
    assert [held.node for held in table.to_check(300.0, NOW + 260)] == [node("f0", 2)]
    assert table.to_check(300.0, NOW + 260) == []
    assert [held.node for held in table.to_check(300.0, NOW + 301)] == [node("f0", 1)]


def test_each_bucket_is_refreshed_once_and_then_when_it_is_stale(
    table: RoutingTable, seed: int
) -> None:
    rng = random.Random(seed)
    answer(table, *crowd(400, seed))
    buckets = len(table._buckets)
    targets = [table.to_refresh(rng, NOW + 1) for _ in range(buckets)]
    assert table.to_refresh(rng, NOW + 1) is None
    full = sum(bucket.is_full for bucket in table._buckets)
    asked = [target for target in targets if target is not None]
    assert len(asked) == buckets - full
    later = [table.to_refresh(rng, NOW + 1000) for _ in range(buckets)]
    assert None not in later
    *others, last = [160 - int.from_bytes(target or b"", "big").bit_length() for target in later]
    assert others == list(range(buckets - 1))
    assert last >= buckets - 1  # around us


def test_good_ones_are_counted(table: RoutingTable) -> None:
    answer(table, node("f0", 1), node("f0", 2))
    assert table.good_count(NOW) == 2
    assert table.good_count(NOW + 1000) == 0


def test_a_table_can_be_rebuilt_around_another_id(table: RoutingTable, seed: int) -> None:
    answer(table, *crowd(500, seed))
    other = NodeId(b"\xff" * 20)
    rebuilt = table.rebuilt(other, NOW)
    assert rebuilt.own_id == other
    assert len(rebuilt) > 10
    assert ids(rebuilt) <= {held.node.node_id for held in table._known.values()}
    check(rebuilt)


def test_whatever_happens_the_table_stays_consistent_and_small(seed: int) -> None:
    rng = random.Random(seed)
    table = RoutingTable(OWN, bucket_sizes=(16, 8), now=NOW)
    now = NOW
    for step in range(6000):
        now += rng.random()
        prefix = rng.choice(["ff", "80", "40", "10", "01", "00", "0001"])
        endpoint = Endpoint(f"20.{rng.randrange(2)}.{rng.randrange(150)}.{rng.randrange(4)}", 1)
        one = Node(node_id(prefix, rng.randrange(60)), endpoint)
        match rng.randrange(4):
            case 0:
                table.answered(one, rng.random(), now)
            case 1:
                table.asked_us(one, now)
            case 2:
                known = [*table._known.values()]
                table.failed(rng.choice(known).node if known else one)
            case 3:
                table.to_check(30.0, now)
        if step % 50 == 0:
            check(table)
    assert len(table._known) < 200
