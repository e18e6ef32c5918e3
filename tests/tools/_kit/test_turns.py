"""One who finds, and one who uses what was found."""

import pytest

from raincore.base.errors import Incomplete
from raintools._kit.turns import Turns


def test_nobody_waits_while_no_turn_is_taken() -> None:
    turns = Turns()
    turns.wait(lambda: pytest.fail("asked"))
    turns.take()
    with turns.ending():
        pass
    turns.wait(lambda: pytest.fail("asked"))


def test_waiting_ends_with_the_turn() -> None:
    turns, asked = Turns(), []
    turns.take()

    def stop() -> bool:
        asked.append(1)
        with turns.ending():
            return False

    turns.wait(stop)
    assert asked == [1]


def test_waiting_can_be_stopped() -> None:
    turns = Turns()
    turns.take()
    with pytest.raises(Incomplete):
        turns.wait(lambda: True)
