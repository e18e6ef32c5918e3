import math
from dataclasses import fields

import pytest

from raincore.swarm.timers import Timers


@pytest.mark.parametrize("name", [field.name for field in fields(Timers)])
def test_the_earliest_of_all_timers_counts(name: str) -> None:
    timers = Timers()
    assert timers.earliest() == math.inf
    setattr(timers, name, 7.0)
    assert timers.earliest() == 7.0
