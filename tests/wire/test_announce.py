import pytest

from raincore.wire.announce import bounded_seconds


@pytest.mark.parametrize("nonsense", [None, b"60", 0, -1, [], -(2**70)])
def test_an_interval_that_is_no_positive_number_is_none(nonsense: object) -> None:
    assert bounded_seconds(nonsense) is None


def test_an_interval_is_a_day_at_most() -> None:
    assert bounded_seconds(1800) == 1800.0
    assert bounded_seconds(2**70) == 86400.0
