import math

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht.contact import Contact
from raincore.formats.compact import Node
from tests.dht.places import node, public

SUITS = NodeId.from_hex("5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401")


def answered(number: int = 1, rtt: float = 0.1, now: float = 0.0) -> Contact:
    contact = Contact(node("aa", number))
    contact.on_answer(rtt, now)
    return contact


def test_a_contact_is_packed_as_it_goes_over_the_wire() -> None:
    contact = Contact(node("aa", 1))
    assert contact.packed == contact.node.node_id + public(1).packed
    assert contact.number == int.from_bytes(contact.node.node_id, "big")


def test_only_an_answer_proves_an_address() -> None:
    contact = Contact(node("aa", 1))
    contact.asked = 5.0
    assert not contact.is_confirmed
    assert not contact.is_good(5.0)
    contact.on_answer(0.1, 6.0)
    assert contact.is_confirmed
    assert contact.is_good(6.0)


def test_a_contact_is_good_for_fifteen_minutes_after_it_was_heard() -> None:
    contact = answered()
    assert contact.is_good(899.0)
    assert not contact.is_good(901.0)
    contact.asked = 900.0
    assert contact.is_good(901.0)


def test_two_silences_make_it_bad_and_an_answer_good_again() -> None:
    contact = answered()
    contact.fails = 1
    assert not contact.is_bad
    contact.fails = 2
    assert contact.is_bad
    assert not contact.is_good(1.0)
    contact.on_answer(0.1, 2.0)
    assert not contact.is_bad


def test_round_trips_are_smoothed() -> None:
    contact = Contact(node("aa", 1))
    assert contact.rtt == math.inf
    contact.on_answer(0.4, 0.0)
    assert contact.rtt == 0.4
    contact.on_answer(0.8, 0.0)
    assert 0.4 < contact.rtt < 0.6


def test_the_better_contact_comes_first() -> None:
    near, far = answered(1, 0.1), answered(2, 0.2)
    honest = Contact(Node(SUITS, Endpoint("124.31.75.21", 1)))
    honest.on_answer(0.9, 0.0)
    bad = answered(3, 0.01)
    bad.fails = 2
    unproven = Contact(node("aa", 4))
    assert sorted([unproven, bad, far, near, honest], key=lambda held: held.rank) == [
        honest,
        near,
        far,
        unproven,
        bad,
    ]
