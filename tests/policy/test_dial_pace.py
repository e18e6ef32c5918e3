import pytest

from raincore.policy.dial_pace import DialPace


def dials(pace: DialPace, now: float, most: int = 1000) -> int:
    """How many may be made at once."""
    for count in range(most):
        if pace.when(now) > now:
            return count
        pace.dialled()
    return most


def test_the_start_is_boosted_and_then_there_are_thirty_a_second() -> None:
    pace = DialPace()
    assert dials(pace, 100.0) == 60
    assert pace.when(100.0) == pytest.approx(100.0 + 1 / 30)
    assert dials(pace, 100.5) == 15
    assert dials(pace, 101.5) == 30


def test_no_more_is_saved_up_than_a_second_is_worth() -> None:
    pace = DialPace(per_second=10, boost=0)
    assert dials(pace, 0.0) == 10
    assert dials(pace, 3600.0) == 10


def test_a_boost_that_was_not_used_is_not_lost() -> None:
    pace = DialPace(per_second=10, boost=5)
    pace.when(0.0)
    assert dials(pace, 50.0) == 15


def test_waiting_as_long_as_told_is_enough() -> None:
    pace, now, made = DialPace(per_second=3, boost=0), 0.0, 0
    while now < 20:
        if pace.when(now) == now:
            pace.dialled()
            made += 1
        else:
            now = pace.when(now) + 1e-9
    assert made == pytest.approx(3 + 60, abs=2)
