import random

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht.lookup import MAX_ASKED, MAX_CANDIDATES, WIDTH, Candidate, Lookup, Stage
from raincore.formats.compact import Node
from tests.dht.places import node, node_id, public

TARGET = bytes(20)
OWN = NodeId(b"\xff" * 20)


@pytest.fixture
def lookup() -> Lookup:
    return Lookup(TARGET, OWN)


def nodes(prefix: str, first: int, count: int) -> list[Node]:
    return [node(prefix, number) for number in range(first, first + count)]


def answer(lookup: Lookup, candidate: Candidate, *named: Node, token: bytes = b"t") -> None:
    assert candidate.node_id is not None
    assert lookup.on_answer(candidate, candidate.node_id, named, token)


def answer_all(lookup: Lookup) -> list[Candidate]:
    """Everybody who is asked answers and names nobody."""
    asked = []
    while batch := lookup.next_to_ask():
        for candidate in batch:
            answer(lookup, candidate)
            asked.append(candidate)
    return asked


def test_the_five_closest_are_asked_first(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 10) + nodes("01", 20, 3))
    batch = lookup.next_to_ask()
    assert [candidate.endpoint for candidate in batch[:3]] == [public(n) for n in (20, 21, 22)]
    assert len(batch) == 5
    assert lookup.next_to_ask() == []


def test_each_answer_frees_a_place_for_somebody_closer(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 10))
    first = lookup.next_to_ask()[0]
    answer(lookup, first, *nodes("01", 20, 2))
    (following,) = lookup.next_to_ask()
    assert following.endpoint == public(20)
    assert following.hops == 1


def test_it_ends_when_the_eight_closest_have_answered(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 30))
    asked = answer_all(lookup)
    assert lookup.is_over
    assert len(asked) == WIDTH
    assert [held.endpoint for held in lookup.closest()] == [public(n) for n in range(8)]


def test_it_goes_on_while_closer_ones_are_named(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 8))
    for candidate in lookup.next_to_ask():
        answer(lookup, candidate)
    last = lookup.next_to_ask()
    answer(lookup, last[0], *nodes("01", 20, 8))
    for candidate in last[1:]:
        answer(lookup, candidate)
    assert not lookup.is_over
    answer_all(lookup)
    assert lookup.is_over
    assert {held.endpoint for held in lookup.closest()} == {public(n) for n in range(20, 28)}
    assert lookup.hops == 2


def test_who_is_silent_is_replaced_by_the_next(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 20))
    for candidate in lookup.next_to_ask():
        lookup.on_failure(candidate)
    answer_all(lookup)
    assert lookup.is_over
    assert [held.endpoint for held in lookup.closest()] == [public(n) for n in range(5, 13)]


def test_a_late_one_frees_its_place_and_counts_if_it_answers(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 20))
    late, *_ = lookup.next_to_ask()
    lookup.on_late(late)
    assert len(lookup.next_to_ask()) == 1
    lookup.on_late(late)
    assert lookup.next_to_ask() == []
    answer(lookup, late)
    assert lookup.closest() == [late]


def test_late_ones_are_not_waited_for_when_eight_others_have_answered(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 20))
    for candidate in lookup.next_to_ask():
        lookup.on_late(candidate)
    answer_all(lookup)
    assert lookup.is_over


def test_late_ones_are_waited_for_when_there_are_few(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 3))
    batch = lookup.next_to_ask()
    for candidate in batch:
        lookup.on_late(candidate)
    assert not lookup.is_over
    answer(lookup, batch[0])
    lookup.on_failure(batch[1])
    assert not lookup.is_over
    lookup.on_failure(batch[2])
    assert lookup.is_over
    assert lookup.closest() == [batch[0]]


def test_without_anybody_to_ask_it_is_over(lookup: Lookup) -> None:
    lookup.begin([])
    assert lookup.next_to_ask() == []
    assert lookup.is_over
    assert lookup.closest() == []
    assert lookup.hops == 0


def test_addresses_without_an_id_are_asked_only_if_needed(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 8), [public(90)])
    answer_all(lookup)
    assert lookup.is_over
    assert lookup.asked == 8
    alone = Lookup(TARGET, OWN)
    alone.begin([], [public(90)])
    (router,) = alone.next_to_ask()
    assert alone.on_answer(router, node_id("40"), nodes("01", 1, 2), None)
    assert router.node_id == node_id("40")
    answer_all(alone)
    assert [held.endpoint for held in alone.closest()] == [public(1), public(2), public(90)]


def test_a_node_that_has_taken_another_id_counts_under_that(lookup: Lookup) -> None:
    lookup.begin([node("80", 1), node("40", 2)])
    closer, farther = lookup.next_to_ask()
    assert closer.endpoint == public(2)
    assert lookup.on_answer(closer, node_id("f0"), [], b"t")
    answer(lookup, farther)
    assert [held.endpoint for held in lookup.closest()] == [public(1), public(2)]


def test_nobody_else_is_us(lookup: Lookup) -> None:
    lookup.begin([node("80", 1)])
    (candidate,) = lookup.next_to_ask()
    assert not lookup.on_answer(candidate, OWN, nodes("01", 5, 3), b"t")
    assert lookup.is_over
    assert lookup.closest() == []


def test_our_own_address_in_an_answer_is_not_asked(lookup: Lookup) -> None:
    lookup.begin([node("80", 1)])
    (candidate,) = lookup.next_to_ask()
    answer(lookup, candidate, Node(OWN, public(7)))
    assert lookup.next_to_ask() == []


def test_a_network_is_asked_once(lookup: Lookup) -> None:
    lookup.begin([node("80", 1)])
    (candidate,) = lookup.next_to_ask()
    crowd = [Node(node_id("00", n), Endpoint(f"66.6.6.{n}", n)) for n in range(1, 200)]
    answer(lookup, candidate, *crowd)
    assert len(lookup.next_to_ask()) == 1


def test_strangers_cannot_send_us_to_local_or_impossible_addresses(lookup: Lookup) -> None:
    lookup.begin([node("80", 1)])
    (candidate,) = lookup.next_to_ask()
    hosts = ["127.0.0.1", "10.0.0.1", "224.0.0.1", "0.0.0.1", "2001:db8::1"]
    answer(lookup, candidate, *(Node(node_id("01"), Endpoint(host, 53)) for host in hosts))
    assert lookup.next_to_ask() == []
    assert lookup.is_over


def test_inventing_closer_nodes_does_not_keep_it_going_for_ever(seed: int) -> None:
    rng = random.Random(seed)
    lookup = Lookup(TARGET, OWN)
    lookup.begin(nodes("80", 0, 8))
    number = 100
    for _ in range(10_000):
        batch = lookup.next_to_ask()
        if not batch:
            break
        for candidate in batch:
            invented = []
            for _ in range(8):
                number += 1
                distance = candidate.distance - rng.randrange(1, 2**60)
                invented.append(Node(NodeId(distance.to_bytes(20, "big")), public(number)))
            answer(lookup, candidate, *invented)
    assert lookup.is_over
    assert lookup.asked == MAX_ASKED
    assert len(lookup._order) <= MAX_CANDIDATES + WIDTH
    assert len(lookup._networks) <= len(lookup._order)


def test_only_those_who_let_us_write_are_written_to(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 10))
    while batch := lookup.next_to_ask():
        for candidate in batch:
            assert candidate.node_id is not None
            token = b"t" if candidate.endpoint in (public(1), public(3)) else None
            lookup.on_answer(candidate, candidate.node_id, [], token)
    written = [held.endpoint for held in lookup.closest(with_token=True)]
    assert written == [public(1), public(3)]


def test_ids_that_do_not_suit_their_address_can_be_left_out() -> None:
    honest = Node(
        NodeId.from_hex("5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"), Endpoint("124.31.75.21", 1)
    )
    lookup = Lookup(TARGET, OWN, honest_ids_only=True)
    lookup.begin([node("00", 1), honest])
    answer_all(lookup)
    assert [held.endpoint for held in lookup.closest()] == [honest.endpoint]
    assert lookup.is_over


def test_stages_and_counts_fit(lookup: Lookup) -> None:
    lookup.begin(nodes("80", 0, 3))
    one, other, third = lookup.next_to_ask()
    answer(lookup, one)
    lookup.on_failure(other)
    assert (lookup.asked, lookup.answered) == (3, 1)
    assert [held.stage for held in (one, other, third)] == [
        Stage.ANSWERED,
        Stage.FAILED,
        Stage.ASKED,
    ]
    assert "FAILED" in repr(other)
