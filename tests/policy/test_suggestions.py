import random

from raincore.base.bitfield import Bitfield
from raincore.policy.piece_picker import PiecePicker
from raincore.policy.suggestions import Suggestions

A, B = 1, 2


class Seed:
    """A seed's suggestions and what it knows of its peers' pieces."""

    def __init__(self, pieces: int, ours: int | None = None) -> None:
        self.ours = Bitfield(pieces, range(pieces if ours is None else ours))
        self.picker = PiecePicker(pieces, random.Random(1))
        self.policy = Suggestions()

    def choose(self, key: int, window: int = 2) -> list[int]:
        return self.policy.choose(key, self.ours, self.picker, window)

    def got(self, piece: int) -> int | None:
        self.picker.peer_has(piece)
        return self.policy.somebody_has(piece)


def test_no_two_peers_are_told_of_the_same_piece():
    seed = Seed(8)
    told = seed.choose(A) + seed.choose(B, 4)
    assert len(told) == len(set(told)) == 6


def test_who_was_told_enough_is_told_nothing_more():
    seed = Seed(8)
    assert len(seed.choose(A)) == 2
    assert seed.choose(A) == []


def test_who_got_a_piece_is_told_of_another():
    seed = Seed(8)
    first, second = seed.choose(A)
    assert seed.got(first) == A
    (third,) = seed.choose(A)
    assert third not in (first, second)


def test_a_piece_that_was_left_to_nobody_concerns_nobody():
    assert Seed(8).got(3) is None


def test_what_is_withdrawn_may_be_left_to_another():
    seed = Seed(2)
    assert sorted(seed.choose(A)) == [0, 1]
    assert seed.choose(B) == []
    seed.policy.withdraw(A)
    assert sorted(seed.choose(B)) == [0, 1]
    seed.policy.withdraw(A)  # who was told nothing


def test_only_what_nobody_has_is_suggested():
    seed = Seed(3)
    seed.got(0)
    seed.got(2)
    assert seed.choose(A) == [1]


def test_only_what_we_have_is_suggested():
    assert Seed(3, ours=1).choose(A) == [0]


def test_who_is_interrupted_keeps_what_it_has_begun():
    seed = Seed(3)
    first, second = seed.choose(A)
    seed.policy.begin(A, first)
    assert seed.policy.interrupt(A) == [first]
    assert sorted(seed.choose(B, 3)) == sorted({0, 1, 2} - {first})
    assert seed.got(first) == A
    assert seed.got(second) == B


def test_only_who_a_piece_was_left_to_can_begin_it():
    seed = Seed(2)
    piece, _ = seed.choose(A)
    seed.policy.begin(B, piece)
    assert seed.policy.interrupt(A) == []
    assert seed.policy.interrupt(B) == []


def test_what_was_begun_and_is_withdrawn_is_begun_no_more():
    seed = Seed(1)
    assert seed.choose(A) == [0]
    seed.policy.begin(A, 0)
    seed.policy.withdraw(A)
    assert seed.choose(A) == [0]
    assert seed.policy.interrupt(A) == []
