"""Availability is drawn, one digit per piece; who was shown what is told as "key piece"."""

import random

from raincore.base.bitfield import Bitfield
from raincore.policy.piece_picker import PiecePicker
from raincore.policy.superseed import PATIENCE_SECONDS, STALE_SECONDS, SuperSeed

A, B, C = 1, 2, 3


class Seed:
    """A super-seed and the peers that it knows."""

    def __init__(self, pieces: int, *peers: int, at_once: int = 8) -> None:
        self.picker = PiecePicker(pieces, random.Random(1))
        self.policy = SuperSeed(Bitfield.full(pieces), self.picker)
        self.theirs: dict[int, Bitfield] = {}
        self.at_once = at_once
        self.now = 100.0
        for key in peers:
            self.join(key, pieces)

    def join(self, key: int, pieces: int) -> None:
        self.theirs[key] = Bitfield(pieces)
        self.picker.peer_joined(self.theirs[key])
        self.policy.joined(key)

    def show(self) -> dict[int, list[int]]:
        """Who is shown what now."""
        shown: dict[int, list[int]] = {}
        for key, piece in self.policy.show(self.theirs, self.now, self.at_once):
            shown.setdefault(key, []).append(piece)
        return shown

    def got(self, key: int, piece: int) -> bool:
        """A peer says that it has a piece."""
        self.theirs[key].add(piece)
        self.picker.peer_has(piece)
        return self.policy.heard(key, piece, self.now)

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
    assert [seed.policy.has_shown(A, piece) for piece in range(6)] == [
        piece in pieces for piece in range(6)
    ]
    assert not seed.policy.has_shown(B, pieces[0])


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
    new = next(p for p in range(9) if not seed.policy.has_shown(A, p))
    assert not seed.got(A, new) or seed.policy.has_shown(B, new)


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
    seed.now += PATIENCE_SECONDS - 1
    assert A not in seed.show()
    seed.now += 1
    assert len(seed.show()[A]) == 2


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
    seed.now += STALE_SECONDS
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
        assert seed.policy.is_getting(A)
        seed.got(A, piece)
    assert not seed.policy.is_getting(A)
    assert not seed.policy.is_getting(99)


def test_peers_of_which_nothing_is_known_are_shown_nothing():
    seed = Seed(4, A)
    seed.policy.joined(B)
    assert list(seed.show()) == [A]


def test_two_peers_that_have_the_same_piece_from_us_pass_it_on_to_each_other():
    seed = Seed(2, A)
    first, _ = seed.show()[A]
    seed.join(B, 2)
    seed.now += STALE_SECONDS
    seed.show()
    assert seed.got(A, first)
    assert seed.got(B, first)
    seed.leave(A)
    assert seed.policy.passed_on() == [first]
    seed.leave(B)
    assert seed.policy.passed_on() == []
