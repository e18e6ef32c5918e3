"""Availability is drawn, one digit per piece; who was shown what is told as "key piece"."""

import random

import pytest

from raincore.base.bitfield import Bitfield
from raincore.policy.piece_picker import PiecePicker
from raincore.policy.shown_pieces import (
    FIRST_STEP,
    GROWTH,
    IDLE_SECONDS,
    STARVING_SECONDS,
    UNWANTED_SECONDS,
    Viewer,
)
from raincore.policy.superseed import (
    BORED_SECONDS,
    PATIENCE_SECONDS,
    STALE_SECONDS,
    SuperSeed,
)

A, B, C = 1, 2, 3


class Seed:
    """A super-seed and the peers that it knows."""

    def __init__(self, pieces: int, *peers: int, at_once: int = 8) -> None:
        self.picker = PiecePicker(pieces, random.Random(1))
        self.policy = SuperSeed(Bitfield.full(pieces), self.picker)
        self.theirs: dict[int, Bitfield] = {}
        self.facts: dict[int, dict[str, int | bool]] = {}
        """What else is known of each, where it is not as usual."""
        self.at_once = at_once
        self.now = 100.0
        for key in peers:
            self.join(key, pieces)

    def join(self, key: int, pieces: int) -> None:
        self.theirs[key] = Bitfield(pieces)
        self.picker.peer_joined(self.theirs[key])
        self.policy.joined(key, self.now)

    def viewers(self) -> dict[int, Viewer]:
        return {
            key: Viewer(has, **self.facts.get(key, {}))  # type: ignore[arg-type]
            for key, has in self.theirs.items()
        }

    def show(self) -> dict[int, list[int]]:
        """Who is shown what now."""
        shown: dict[int, list[int]] = {}
        for key, piece in self.policy.show(self.viewers(), self.now, self.at_once):
            shown.setdefault(key, []).append(piece)
        return shown

    def got(self, key: int, piece: int) -> bool:
        """A peer says that it has a piece."""
        self.theirs[key].add(piece)
        self.picker.peer_has(piece)
        return self.policy.heard(key, piece, self.now)

    def trickle(self, key: int, seconds: float) -> None:
        """Time passes, in which a peer gets next to nothing."""
        for passed in range(int(seconds)):
            self.now += 1
            self.facts.setdefault(key, {})["uploaded"] = passed + 1
            if passed < seconds - 1:
                self.show()

    def says(self, key: int, **facts: bool) -> None:
        self.facts.setdefault(key, {}).update(facts)

    def leave(self, key: int) -> None:
        self.picker.peer_left(self.theirs.pop(key))
        self.policy.left(key)


def test_each_peer_is_shown_two_pieces_that_nobody_else_is_shown():
    seed = Seed(6, A, B, C)
    shown = seed.show()
    assert sorted(map(len, shown.values())) == [2, 2, 2]
    assert sorted(piece for pieces in shown.values() for piece in pieces) == list(range(6))
    assert seed.show() == {}


def test_a_peer_may_ask_for_what_it_was_shown_and_for_nothing_else():
    seed = Seed(6, A)
    (pieces,) = seed.show().values()
    assert [seed.policy.may_have(A, piece) for piece in range(6)] == [
        piece in pieces for piece in range(6)
    ]
    assert not seed.policy.may_have(B, pieces[0])


def test_another_piece_is_shown_when_one_was_passed_on():
    seed = Seed(9, A, B)
    shown = seed.show()
    first = shown[A][0]
    assert seed.got(A, first)
    assert A not in seed.show()
    assert seed.policy.passed_on() == [first]
    assert seed.got(B, first)
    assert len(seed.show()[A]) == 1
    assert seed.policy.passed_on() == []


def test_a_piece_that_was_not_shown_changes_nothing():
    seed = Seed(9, A, B)
    seed.show()
    new = next(p for p in range(9) if not seed.policy.may_have(A, p))
    assert not seed.got(A, new)


def test_who_was_never_there_passes_pieces_on_all_the_same():
    seed = Seed(9, A, B)
    first = seed.show()[A][0]
    seed.got(A, first)
    assert seed.policy.heard(99, first, seed.now)


def test_a_peer_that_is_alone_need_pass_nothing_on():
    seed = Seed(9, A)
    for piece in seed.show()[A]:
        seed.got(A, piece)
    assert len(seed.show()[A]) == 2


def test_patience_ends_when_a_piece_is_not_seen_elsewhere():
    seed = Seed(9, A, B)
    for piece in seed.show()[A]:
        seed.got(A, piece)
    seed.trickle(B, PATIENCE_SECONDS - 1)
    assert A not in seed.show()
    seed.trickle(B, 1)
    assert len(seed.show()[A]) == 2


def test_patience_ends_sooner_while_nobody_gets_anything():
    seed = Seed(9, A, B)
    for key, pieces in seed.show().items():
        for piece in pieces:
            seed.got(key, piece)
    seed.now += BORED_SECONDS - 1
    assert seed.show() == {}
    seed.now += 1
    assert list(seed.show()) == [A, B]


def test_only_as_many_peers_get_something_as_can_be_served():
    seed = Seed(20, A, B, C, at_once=1)
    shown = seed.show()
    assert list(shown) == [A]
    for piece in shown[A]:
        seed.got(A, piece)
    assert list(seed.show()) == [B]


def test_who_waits_longest_comes_next():
    seed = Seed(20, A, B, C, at_once=1)
    order = []
    for _ in range(6):
        ((key, pieces),) = seed.show().items()
        order.append(key)
        for piece in pieces:
            seed.got(key, piece)
            seed.policy.heard(99, piece, seed.now)
    assert order == [A, B, C] * 2


def test_a_piece_that_somebody_has_is_not_sent_again_before_the_swarm_is_whole():
    seed = Seed(3, A, B)
    shown = seed.show()
    assert sorted(map(len, shown.values())) == [1, 2]
    one = next(key for key in shown if len(shown[key]) == 1)
    other = A + B - one
    seed.got(other, shown[other][0])
    assert seed.show() == {}
    seed.got(other, shown[other][1])
    seed.got(one, shown[one][0])
    assert list(seed.show()) == [one], "whole by now; the other has two to pass on"


def test_a_piece_that_its_peer_does_not_get_is_shown_to_one_other():
    seed = Seed(2, A)
    assert len(seed.show()[A]) == 2
    seed.join(B, 2)
    seed.join(C, 2)
    assert seed.show() == {}
    seed.trickle(A, STALE_SECONDS)
    assert sorted(seed.show()[B]) == [0, 1]
    assert seed.show() == {}


def test_what_was_shown_to_a_peer_that_left_is_shown_to_others():
    seed = Seed(4, A, B)
    shown = seed.show()
    seed.got(A, shown[A][0])
    seed.leave(A)
    seed.policy.left(99)
    seed.got(B, shown[B][0])
    seed.got(B, shown[B][1])
    seed.join(C, 4)
    seed.policy.heard(C, shown[B][0], seed.now)
    again = {piece for pieces in seed.show().values() for piece in pieces}
    assert again == set(shown[A])


def test_who_has_what_it_was_shown_gets_nothing_from_us():
    seed = Seed(4, A, B)
    for piece in seed.show()[A]:
        assert seed.policy.is_getting(A, seed.theirs[A])
        seed.got(A, piece)
    assert not seed.policy.is_getting(A, seed.theirs[A])
    assert not seed.policy.is_getting(99, Bitfield(4))


def test_peers_of_which_nothing_is_known_are_shown_nothing():
    seed = Seed(4, A)
    seed.policy.joined(B, seed.now)
    assert list(seed.show()) == [A]


def test_two_peers_that_have_the_same_piece_from_us_pass_it_on_to_each_other():
    seed = Seed(2, A)
    first, _ = seed.show()[A]
    seed.join(B, 2)
    seed.trickle(A, STALE_SECONDS)
    seed.show()
    assert seed.got(A, first)
    assert seed.got(B, first)
    seed.leave(A)
    assert seed.policy.passed_on() == [first]
    seed.leave(B)
    assert seed.policy.passed_on() == []


def test_who_does_not_want_what_it_was_shown_is_soon_shown_more_and_more_and_at_last_all():
    seed = Seed(1000, A)
    seed.says(A, interested=False)
    counts = []
    while sum(counts) < 1000:
        counts.append(len(seed.show().get(A, ())))
        seed.now += UNWANTED_SECONDS
    assert counts == [2, FIRST_STEP, FIRST_STEP * GROWTH, 1000 - 2 - FIRST_STEP * (1 + GROWTH)]
    assert A not in seed.show()


def test_what_it_does_not_want_is_shown_to_others():
    seed = Seed(4, A, B)
    first = seed.show()
    seed.says(A, interested=False)
    for piece in first[B]:
        seed.got(B, piece)
        seed.policy.heard(99, piece, seed.now)
    assert seed.show() == {}
    seed.now += UNWANTED_SECONDS
    assert sorted(seed.show()[B]) == sorted(first[A])


def test_what_it_may_choose_from_is_nobody_elses_first_and_far_apart():
    seed = Seed(100, A)
    for piece in range(0, 100, 2):
        seed.picker.peer_has(piece)
    seed.says(A, interested=False)
    seed.show()
    seed.now += UNWANTED_SECONDS
    offered = sorted(seed.show()[A])
    assert all(piece % 2 for piece in offered)
    assert offered[0] < 20
    assert offered[-1] > 80


def test_who_may_choose_gets_no_more_at_once_than_anybody_else():
    seed = shown_all(Seed(20, A, B))
    seed.says(A, interested=True)
    assert seed.policy.is_getting(A, seed.theirs[A])
    assert [piece for piece in range(20) if seed.policy.may_have(A, piece)] == [0, 1]
    seed.got(A, 0)
    assert seed.policy.is_getting(A, seed.theirs[A])
    seed.got(A, 1)
    assert not seed.policy.is_getting(A, seed.theirs[A])
    assert not seed.policy.may_have(A, 2)
    seed.got(B, 1)
    assert seed.policy.is_getting(A, seed.theirs[A])
    assert seed.policy.may_have(A, 2)
    assert not seed.policy.may_have(A, 3)


def shown_all(seed: Seed) -> Seed:
    """A has been shown everything, and wants nothing."""
    seed.says(A, interested=False)
    for _ in range(5):
        seed.show()
        seed.now += UNWANTED_SECONDS
        seed.facts[B] = {"uploaded": int(seed.now)}
    return seed


@pytest.mark.parametrize("says_so", [True, False])
def test_who_waits_and_passes_nothing_on_gets_two_pieces_a_minute(says_so):
    seed = shown_all(Seed(200, A, B))
    seed.says(A, interested=True)
    seed.policy.joined(C, seed.now)
    begun, got = set(), 0
    for second in range(600):
        seed.now += 1
        seed.facts[B] = {"uploaded": second}
        seed.show()
        asked = [piece for piece in range(200) if seed.policy.may_have(A, piece)]
        begun.update(asked)
        seed.facts[A] = {"uploaded": len(begun)}
        for piece in asked:
            if says_so and piece not in seed.theirs[A]:
                seed.got(A, piece)
                got += 1
    assert len(begun) <= 2 * (1 + 600 / PATIENCE_SECONDS) + 2


def test_what_it_chose_is_not_shown_to_others():
    seed = shown_all(Seed(8, A, B))
    seed.says(A, interested=True)
    kept = [piece for piece in range(8) if seed.policy.may_have(B, piece)]
    mine = next(p for p in range(8) if p not in kept and seed.policy.may_have(A, p))
    for piece in kept:
        seed.got(B, piece)
        seed.policy.heard(99, piece, seed.now)
    assert mine not in seed.show()[B]


def test_who_makes_no_headway_with_what_it_was_shown_is_shown_others():
    seed = Seed(100, A, B)
    first = seed.show()
    seed.now += IDLE_SECONDS - 1
    assert seed.show() == {}
    seed.says(B, served=False)
    seed.now += 1
    shown = seed.show()
    assert list(shown) == [A], "B waits for a slot"
    assert set(first[A]).isdisjoint(shown[A])
    assert seed.policy.may_have(A, first[A][0])


def test_who_gets_pieces_from_others_makes_headway():
    seed = Seed(100, A, B)
    seed.show()
    seed.says(A, interested=False)
    for piece in (p for p in range(20) if not seed.policy.may_have(A, p)):
        seed.now += UNWANTED_SECONDS - 1
        seed.got(A, piece)
        assert A not in seed.show()


def test_who_does_not_say_that_it_has_what_it_asked_for_is_taken_to_have_it():
    seed = Seed(100, A, B)
    first = seed.show()[A]
    for piece in first:
        seed.policy.may_have(A, piece)
    seed.says(A, interested=False)
    seed.now += UNWANTED_SECONDS
    assert A not in seed.show()
    seed.got(B, first[0])
    assert len(seed.show()[A]) == 1


def test_who_lacks_one_piece_is_shown_it_whoever_else_has_it():
    seed = Seed(5, A, B)
    for piece in range(1, 5):
        seed.got(A, piece)
    seed.got(B, 0)
    assert seed.show()[A] == [0]


def test_who_cannot_reach_what_others_have_is_shown_it_at_last():
    seed = Seed(3, B, C)
    slow, known = next(iter(seed.show().values()))
    (elsewhere,) = {0, 1, 2} - {slow, known}
    seed.got(C, elsewhere)
    seed.join(A, 3)
    seed.got(A, known)
    for second in range(int(STARVING_SECONDS)):
        assert A not in seed.show()
        seed.now += 1
        seed.facts[B] = seed.facts[C] = {"uploaded": second}
    assert sorted(seed.show()[A]) == sorted([slow, elsewhere])


def test_who_wants_nothing_any_more_is_kept_nothing():
    seed = Seed(2, A)
    assert len(seed.show()[A]) == 2
    wants_nothing = seed.theirs.pop(A)
    seed.join(B, 2)
    assert sorted(seed.show()[B]) == [0, 1]
    seed.theirs[A] = wants_nothing
    assert seed.show() == {}
    assert seed.policy.is_getting(A, wants_nothing)


def test_those_who_want_nothing_or_take_nothing_do_not_keep_others_waiting():
    seed = Seed(20, A, B, C, at_once=1)
    assert list(seed.show()) == [A]
    seed.says(A, interested=False)
    seed.now += UNWANTED_SECONDS - 1
    assert seed.show() == {}
    seed.now += 1
    assert list(seed.show()) == [A, B]
    assert seed.show() == {}
    seed.says(B, slow=True)
    assert list(seed.show()) == [C]


def test_a_crowd_that_waits_to_be_served_is_not_stuck():
    seed = Seed(20, A, B, at_once=1)
    seed.show()
    seed.trickle(A, 3 * STALE_SECONDS)
    assert seed.show() == {}


def test_who_is_among_those_who_want_nothing_is_alone():
    seed = shown_all(Seed(20, A, B))
    first = [piece for piece in range(20) if seed.policy.may_have(B, piece)]
    for piece in first:
        seed.got(B, piece)
    assert len(seed.show()[B]) == 2


def test_there_is_more_to_show_until_everybody_was_shown_all():
    seed = Seed(20, A)
    assert not seed.policy.has_more_for({})
    assert seed.policy.has_more_for(seed.viewers())
    shown_all(seed)
    del seed.facts[B]
    assert not seed.policy.has_more_for(seed.viewers())
    assert seed.show() == {}


def test_who_is_there_already_does_not_begin_anew():
    seed = Seed(6, A, B)
    seed.show()
    seed.policy.joined(A, seed.now)
    assert seed.show() == {}
