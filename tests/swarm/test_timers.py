"""The next thing to do is the one that is due first."""

import math
from dataclasses import fields

import pytest

from raincore.swarm.timers import Timers


def test_at_first_nothing_is_to_be_done() -> None:
    assert Timers().earliest() == math.inf


@pytest.mark.parametrize("name", [field.name for field in fields(Timers)])
def test_every_timer_counts(name: str) -> None:
    assert Timers(**{name: 5.0}).earliest() == 5.0
