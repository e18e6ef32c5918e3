from dataclasses import FrozenInstanceError

import pytest

from raincore.swarm.range_events import RangeArrived, RangeEnded, RangeFailure


def test_what_happens_to_a_range_is_a_value() -> None:
    assert RangeEnded(1) == RangeEnded(1, None)
    failure = RangeFailure("HTTP 503: is busy", 30.0)
    assert (failure.missing_file, failure.is_final) == (None, False)
    with pytest.raises(FrozenInstanceError):
        RangeArrived(1, 5).length = 6  # type: ignore[misc]
