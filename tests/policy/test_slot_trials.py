import pytest

from raincore.base.config import UploadLimits
from raincore.policy.slot_trials import SlotTrials

LINE = 100_000.0
LIMITS = UploadLimits()


def after(rounds: int, trials: SlotTrials, limits: UploadLimits, *, line: float, each: float):
    """How many slots there are in each round, of peers that take so much each at most."""
    counts, most = [trials.first(limits)], 0.0
    for _ in range(rounds):
        rates = [min(each, line / max(1, counts[-1]))] * counts[-1]
        counts.append(trials.next(limits, counts[-1], rates, most))
        most = max(most, sum(rates))
    return counts


@pytest.mark.parametrize(
    ("pieces", "slots"), [(1, 4), (128, 4), (192, 6), (255, 7), (256, 8), (70_000, 8), (None, 8)]
)
def test_a_torrent_of_few_pieces_begins_with_few_slots(pieces, slots):
    assert SlotTrials(pieces).first(LIMITS) == slots


@pytest.mark.parametrize("number", [0, 3, 8, 30])
def test_a_number_that_was_given_holds_for_small_torrents_too(number):
    trials, limits = SlotTrials(100), UploadLimits(slots=number)
    assert after(9, trials, limits, line=LINE, each=LINE) == [number] * 10


def test_never_fewer_than_the_limits_say_are_begun_with_if_that_is_fewer_than_four():
    assert SlotTrials(100).first(UploadLimits(slots_min=2)) == 2
    assert SlotTrials(100).first(UploadLimits(slots_max=3)) == 3


def test_a_full_line_keeps_its_few_slots_but_for_a_round_in_a_while():
    counts = after(40, SlotTrials(100), LIMITS, line=LINE, each=LINE)
    assert set(counts) == {4, 5}
    assert counts.count(5) < 8


def test_slow_readers_get_as_many_slots_as_the_line_carries():
    counts = after(40, SlotTrials(100), LIMITS, line=50 * LINE, each=LINE)
    assert counts[:4] == [4, 4, 5, 6]
    assert counts[-1] >= 40


def test_slots_stop_where_another_would_not_bring_more():
    counts = after(60, SlotTrials(100), LIMITS, line=LINE, each=LINE / 6)
    assert set(counts[10:]) == {6, 7}


def test_nothing_is_tried_while_more_flows_from_round_to_round():
    trials = SlotTrials(100)
    assert trials.next(LIMITS, 4, [LINE] * 4, 3 * LINE) == 4
    assert trials.next(LIMITS, 4, [LINE] * 4, 4 * LINE) == 5


def test_nothing_is_tried_while_slots_are_free_or_nothing_flows():
    trials = SlotTrials(100)
    assert trials.next(LIMITS, 4, [LINE] * 3, 3 * LINE) == 4
    assert trials.next(LIMITS, 4, [0.0] * 4, 0.0) == 4


def test_of_many_pieces_the_rate_alone_decides():
    assert SlotTrials(1000).next(LIMITS, 8, [LINE] * 8, 9 * LINE) == 10


def test_when_the_number_that_was_given_is_taken_back_there_are_as_many_as_at_the_beginning():
    assert SlotTrials(100).next(LIMITS, 0, (), 0.0) == 4


def test_settings_that_change_during_a_trial_end_it():
    trials = SlotTrials(100)
    assert trials.next(LIMITS, 4, [LINE] * 4, 4 * LINE) == 5
    low = UploadLimits(slots_min=2, slots_max=3)
    assert trials.next(low, 5, [LINE] * 5, 4 * LINE) == 3
    assert trials.next(LIMITS, 4, [LINE] * 4, 9 * LINE) == 5, "of which nothing was expected"


@pytest.mark.parametrize("pieces", [100, 1000])
def test_there_are_never_more_than_the_limits_say(pieces):
    counts = after(20, SlotTrials(pieces), UploadLimits(slots_max=3), line=9 * LINE, each=LINE)
    assert counts == [3] * 21
