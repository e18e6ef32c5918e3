from raincore.base.bitfield import Bitfield
from raincore.policy.deadlines import Deadlines


def known(pieces: dict[int, float]) -> Deadlines:
    new = Deadlines()
    new.set(pieces)
    return new


def test_nothing_is_due_at_first() -> None:
    new = Deadlines()
    assert not new
    new.plan(5.0, lambda piece: 1, 10.0)
    assert (new.order, new.times, new.run(Bitfield.full(3), 9)) == ([], [], range(0))


def test_the_first_deadline_comes_first_and_then_the_first_piece() -> None:
    new = known({3: 9.0, 7: 5.0, 1: 9.0})
    assert new
    assert new.order == [7, 1, 3]
    assert new.times == [5.0, 9.0, 9.0]


def test_a_piece_is_due_when_all_before_it_can_have_come() -> None:
    new = known({0: 100.0, 1: 100.0, 2: 100.0})
    new.plan(100.0, lambda piece: 50, 25.0)
    assert new.times == [102.0, 104.0, 106.0]
    assert new.rate == 25.0


def test_a_piece_is_not_due_before_its_deadline() -> None:
    new = known({0: 100.0, 1: 103.5, 2: 103.6})
    new.plan(100.0, lambda piece: 50, 50.0)
    assert new.times == [101.0, 103.5, 103.6]


def test_while_nothing_comes_deadlines_are_all_that_is_known() -> None:
    new = known({0: 90.0, 1: 103.0})
    new.plan(100.0, lambda piece: 50, 0.0)
    assert new.times == [100.0, 103.0]


def test_what_has_come_is_forgotten() -> None:
    new = known({0: 100.0, 1: 100.0, 2: 100.0})
    new.plan(100.0, {0: 0, 1: 30, 2: 0}.__getitem__, 10.0)
    assert (new.order, list(new.pieces), new.times) == ([1], [1], [103.0])


def test_who_needs_a_while_begins_behind_what_is_needed_sooner() -> None:
    new = known({0: 1.0, 1: 2.0, 2: 3.0})
    assert [new.position(moment) for moment in (0.5, 2.0, 2.5, 4.0)] == [0, 1, 2, 3]


def test_a_run_begins_with_the_first_piece_due_and_goes_on_as_far_as_pieces_are_due() -> None:
    new = known({4: 1.0, 5: 2.0, 6: 3.0, 0: 4.0, 8: 5.0})
    everything = Bitfield.full(9)
    assert new.run(everything, 9) == range(4, 7)
    assert new.run(everything, 2) == range(4, 6)
    assert new.run(Bitfield(9, [5, 7, 8]), 9) == range(5, 6)
    assert new.run(Bitfield(9, [8, 0]), 9) == range(1)
    assert new.run(Bitfield(9, [8]), 9) == range(8, 9)
    assert new.run(Bitfield(9, [7]), 9) == range(0)
