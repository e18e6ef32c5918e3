"""When something is to be done about a disk that refuses."""

import math

from raincore.swarm.disk_state import DiskState


def test_a_disk_that_works_needs_nothing() -> None:
    assert DiskState().next_timer == math.inf


def test_whatever_is_due_first_counts() -> None:
    assert DiskState(until=9, next_try=5).next_timer == 5
    assert DiskState(until=9).next_timer == 9
