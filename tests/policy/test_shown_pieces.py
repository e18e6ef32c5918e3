import pytest

from raincore.base.bitfield import Bitfield
from raincore.policy.shown_pieces import (
    FIRST_STEP,
    GROWTH,
    IDLE_SECONDS,
    STARVING_SECONDS,
    STEP_SECONDS,
    UNWANTED_SECONDS,
    ShownPieces,
    Viewer,
)

PIECES = 100
NOTHING = Bitfield(PIECES)
NOW = 50.0
UNWILLING = Viewer(NOTHING, interested=False)


def kept(*pieces: int) -> ShownPieces:
    """A peer for which some pieces are kept."""
    shown = ShownPieces(PIECES, NOW)
    for piece in pieces:
        shown.keep(piece, NOW)
    return shown


def offered(*pieces: int) -> ShownPieces:
    """A peer that may choose."""
    shown = kept()
    shown.offer(list(pieces), NOW)
    return shown


def seconds_until_stuck(shown: ShownPieces, viewer: Viewer) -> float:
    return next(s for s in range(1000) if shown.is_stuck(viewer, NOW + s))


def test_one_piece_to_get_and_one_to_pass_on_are_enough():
    shown = kept(1, 2)
    assert not shown.has_room
    assert shown.got(1, NOW)
    assert shown.passing_on == {1: NOW}
    assert not shown.has_room
    assert not kept(1).got(2, NOW)


def test_what_is_kept_for_a_peer_it_may_have_as_often_as_it_asks():
    shown = kept(1, 2)
    assert shown.choose(1, NOW)
    assert shown.choose(1, NOW)
    assert shown.begun == {1}
    assert not shown.choose(3, NOW)
    assert shown.got(1, NOW)
    assert shown.choose(1, NOW)
    assert not shown.begun


def test_of_what_is_spare_it_may_have_anything_but_no_more_at_once_than_others():
    shown = offered(*range(10))
    assert shown.is_getting(NOTHING)
    assert [piece for piece in range(20) if shown.choose(piece, NOW)] == [0, 1]
    assert shown.getting == {0: NOW, 1: NOW}
    assert not shown.spare[0]
    shown.got(0, NOW)
    shown.got(1, NOW)
    assert not shown.is_getting(NOTHING)


def test_spare_pieces_that_it_has_are_none_to_choose_from():
    shown = offered(3, 4)
    assert not shown.is_getting(Bitfield(PIECES, [3, 4]))
    assert shown.is_getting(Bitfield(PIECES, [3]))


def test_each_offer_may_be_larger_than_the_one_before_but_not_than_the_torrent():
    shown = ShownPieces(10 * FIRST_STEP, NOW)
    steps = []
    for _ in range(3):
        steps.append(shown.step)
        shown.offer([], NOW)
    assert steps == [FIRST_STEP, GROWTH * FIRST_STEP, 10 * FIRST_STEP]


def test_who_does_not_want_what_it_was_shown_is_stuck_soon():
    assert seconds_until_stuck(kept(1), UNWILLING) == UNWANTED_SECONDS
    assert seconds_until_stuck(offered(1), UNWILLING) == STEP_SECONDS


@pytest.mark.parametrize("make", [kept, offered])
def test_who_wants_it_and_gets_nothing_is_stuck_later(make):
    assert seconds_until_stuck(make(1), Viewer(NOTHING)) == IDLE_SECONDS


def test_who_was_shown_nothing_is_stuck_at_last():
    assert seconds_until_stuck(kept(), UNWILLING) == STARVING_SECONDS


def test_who_waits_for_a_slot_or_for_others_is_not_stuck():
    assert not kept(1).is_stuck(Viewer(NOTHING, served=False), NOW + 1000)
    shown = kept(1, 2)
    shown.got(1, NOW)
    shown.got(2, NOW)
    assert not shown.is_stuck(UNWILLING, NOW + 1000)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(Viewer(NOTHING, uploaded=1), id="from us"),
        pytest.param(Viewer(Bitfield(PIECES, [9])), id="from others"),
    ],
)
def test_whatever_it_gets_is_headway(later):
    shown = kept(1)
    assert not shown.is_stuck(later, NOW + IDLE_SECONDS)
    assert shown.is_stuck(later, NOW + 2 * IDLE_SECONDS)


def test_what_is_kept_no_longer_is_spare_but_what_was_begun_it_may_have():
    shown = kept(1, 2)
    shown.choose(2, NOW)
    shown.let_go(NOW + 9)
    assert list(shown.spare) == [1]
    assert shown.passing_on == {2: NOW + 9}
    assert not shown.getting
    assert not shown.begun
