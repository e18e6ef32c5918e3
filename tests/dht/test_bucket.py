import math

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht.bucket import Bucket
from raincore.dht.contact import Contact
from raincore.formats.compact import Node
from tests.dht.places import node

HONEST = Node(
    NodeId.from_hex("5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"), Endpoint("124.31.75.21", 1)
)


def contact(number: int, rtt: float = 0.1) -> Contact:
    made = Contact(node("aa", number))
    if rtt < math.inf:
        made.on_answer(rtt, 0.0)
    return made


def filled(size: int = 4) -> Bucket:
    bucket = Bucket(size, 0.0)
    for number in range(size):
        assert bucket.offer(contact(number)) is None
    return bucket


def test_proven_contacts_fill_free_places() -> None:
    bucket = filled()
    assert len(bucket.contacts) == 4
    assert bucket.is_full


def test_an_unproven_one_waits_even_if_there_is_room() -> None:
    bucket = Bucket(4, 0.0)
    assert bucket.offer(contact(1, math.inf)) is None
    assert (len(bucket.contacts), len(bucket.spares)) == (0, 1)


def test_who_has_answered_for_long_stays() -> None:
    bucket = filled()
    before = list(bucket.contacts)
    newcomer = contact(9, 0.09)
    assert bucket.offer(newcomer) is None
    assert bucket.contacts == before
    assert bucket.spares == [newcomer]


def test_a_much_nearer_one_displaces_the_slowest() -> None:
    bucket = filled(3)
    slow = contact(7, 0.5)
    bucket.size = 4
    bucket.offer(slow)
    fast = contact(8, 0.2)
    assert bucket.offer(fast) is None
    assert fast in bucket.contacts
    assert bucket.spares == [slow]


def test_an_honest_id_displaces_another_and_is_not_displaced() -> None:
    bucket = filled(1)
    honest = Contact(HONEST)
    honest.on_answer(0.9, 0.0)
    bucket.offer(honest)
    assert bucket.contacts == [honest]
    bucket.offer(contact(9, 0.01))
    assert bucket.contacts == [honest]


def test_a_bad_contact_makes_way_and_is_forgotten() -> None:
    bucket = filled()
    bad = bucket.contacts[2]
    bad.fails = 2
    assert not bucket.is_full
    assert bucket.offer(contact(9)) is bad
    assert bad not in bucket.contacts
    assert len(bucket.contacts) == 4


def test_the_best_proven_spare_takes_a_free_place() -> None:
    bucket = filled()
    for spare in (contact(11, 0.3), contact(12, 0.2), contact(13, math.inf)):
        bucket.offer(spare)
    gone = bucket.contacts[0]
    bucket.remove(gone)
    assert bucket.contacts[0].rtt == 0.2
    bucket.remove(bucket.spares[0])
    bucket.remove(bucket.contacts[0])
    assert len(bucket.contacts) == 3  # the unproven spare is no replacement


def test_a_bad_contact_stays_while_nobody_replaces_it() -> None:
    bucket = filled()
    assert not bucket.replace_bad(bucket.contacts[0])
    spare = contact(9)
    bucket.offer(spare)
    assert bucket.replace_bad(bucket.contacts[0])
    assert bucket.contacts[0] is spare


def test_spares_are_few_and_the_worst_goes() -> None:
    bucket = filled()
    gone = [bucket.offer(contact(number, number / 100)) for number in range(10, 40)]
    assert len(bucket.spares) == 8
    assert max(spare.rtt for spare in bucket.spares) < 0.2
    assert sum(lost is not None for lost in gone) == 22
