import pytest

from raincore.base.config import UploadLimits
from raincore.policy import slots

KIB = 1024.0


def by_rate(*rates: float, least: int = 1, most: int = 1000) -> int:
    return slots.count(UploadLimits(slots_min=least, slots_max=most), [r * KIB for r in rates])


@pytest.mark.parametrize("number", [0, 1, 8, 500])
def test_a_number_that_was_given_holds_whatever_flows(number):
    assert slots.count(UploadLimits(slots=number), [1e9] * 50) == number


def test_a_negative_number_is_none():
    assert slots.count(UploadLimits(slots=-1), ()) == 0


def test_each_further_slot_has_to_carry_more():
    assert by_rate(6, 6, 6, 6) == 3 + 1
    assert by_rate(1, 5, 3) == 2 + 1
    assert by_rate(0.5, 9, 0.5) == 1 + 1


def test_while_nothing_flows_one_is_tried():
    assert by_rate() == 1
    assert by_rate(0.5) == 1


def test_while_all_are_worth_having_a_quarter_more_are_tried():
    assert by_rate(*[1000] * 40) == 50


def test_there_are_never_fewer_and_never_more_than_the_limits_say():
    assert by_rate(least=8) == 8
    assert by_rate(*[10_000] * 90, most=100) == 100
