"""Many alarms ring in time, and none keeps others waiting or is remembered for ever."""

import math

import trio

from raincore.engine.alarm_clock import AlarmClock


class Ringer:
    """An alarm that notes when it rang, and may be set anew then."""

    def __init__(self, clock: AlarmClock, *due: float) -> None:
        self.clock = clock
        self.due = list(due)
        self.rang: list[float] = []
        self.armed = math.inf

    def set(self, armed: float) -> None:
        self.armed = armed
        self.clock.set(self)

    def ring(self, now: float) -> None:
        self.rang.append(now)
        self.armed = math.inf
        if self.due:
            self.set(self.due.pop(0))


async def test_each_rings_when_it_is_due_and_only_then(autojump_clock):
    start, clock = trio.current_time(), AlarmClock()
    early, late, again = Ringer(clock), Ringer(clock), Ringer(clock, start + 4, start + 4)
    late.set(start + 9)
    again.set(start + 2)
    early.set(start + 1)
    await trio.sleep(20)
    assert (early.rang, late.rang) == ([start + 1], [start + 9])
    assert again.rang == [start + 2, start + 4, start + 4]
    early.set(start + 30)
    await trio.sleep(20)
    assert early.rang[1:] == [start + 30], "its task had ended"


async def test_one_that_was_moved_does_not_ring_at_the_old_time(autojump_clock):
    start, clock = trio.current_time(), AlarmClock()
    moved = Ringer(clock)
    moved.set(start + 5)
    moved.set(start + 3)
    await trio.sleep(4)
    assert moved.rang == [start + 3]
    moved.set(start + 50)
    moved.armed = math.inf
    await trio.sleep(100)
    assert moved.rang == [start + 3]


async def test_one_that_is_always_due_leaves_others_their_turn(autojump_clock):
    clock = AlarmClock()
    busy = Ringer(clock, *[trio.current_time()] * 1000)
    busy.set(trio.current_time())
    await trio.testing.wait_all_tasks_blocked()
    assert len(busy.rang) == 1001
    busy.due = [trio.current_time()] * 1000
    busy.set(trio.current_time())
    for _ in range(3):
        await trio.lowlevel.checkpoint()
    assert 0 < len(busy.rang) - 1001 < 100


async def test_times_that_do_not_hold_any_more_are_forgotten(autojump_clock):
    start, clock = trio.current_time(), AlarmClock()
    clock.alarms = 2
    steady, restless = Ringer(clock), Ringer(clock)
    steady.set(start + 500)
    for second in range(1000, 500, -1):
        restless.set(start + second)
        assert len(clock._heap) < 100
    await trio.sleep(2000)
    assert steady.rang == [start + 500]
    assert restless.rang == [start + 501]
