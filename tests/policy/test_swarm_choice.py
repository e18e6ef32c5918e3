"""A hybrid's peers are dialled in the swarm that they are in."""

from raincore.base.endpoint import Endpoint
from raincore.policy.swarm_choice import Approach, SwarmChoice

A, B, C = (Endpoint(f"192.0.2.{n}", 6881) for n in (1, 2, 3))


def test_most_are_greeted_as_v1_with_the_offer_of_v2() -> None:
    assert SwarmChoice().next(A) is Approach.UPGRADE


def test_who_is_named_in_the_v2_swarm_is_greeted_there() -> None:
    choice = SwarmChoice()
    choice.named_in_v2([A])
    assert choice.next(A) is Approach.V2
    assert choice.next(B) is Approach.UPGRADE


def test_who_refuses_v1_is_tried_as_v2_at_once_and_without_the_offer_later() -> None:
    choice = SwarmChoice()
    assert choice.refused(A)
    assert choice.next(A) is Approach.V2
    assert not choice.refused(A)
    assert choice.next(A) is Approach.PLAIN
    assert not choice.refused(A)
    assert choice.next(A) is Approach.UPGRADE


def test_what_was_tried_counts_more_than_what_is_said() -> None:
    choice = SwarmChoice()
    choice.named_in_v2([A])
    assert not choice.refused(A)
    choice.named_in_v2([A])
    assert choice.next(A) is Approach.PLAIN


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    choice = SwarmChoice(max_count=2)
    choice.named_in_v2([A, B, C])
    assert len(choice) == 2
    assert [choice.next(one) for one in (A, B, C)] == [
        Approach.UPGRADE,
        Approach.V2,
        Approach.V2,
    ]
