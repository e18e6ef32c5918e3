import gc
import math
import weakref

import pytest
import trio

from raincore.engine.alarm import Alarm
from raincore.engine.alarm_clock import AlarmClock


class Sleeper:
    """Wants to be woken at some times."""

    def __init__(self, *times: float, clock: AlarmClock | None = None) -> None:
        self.times = list(times)
        self.woken: list[float] = []
        self.alarm = Alarm(
            clock or AlarmClock(), lambda: min(self.times, default=math.inf), self.wake
        )

    def wake(self, now: float) -> None:
        self.woken.append(now)
        self.times.remove(min(self.times))


async def test_a_machine_is_woken_when_it_wants_to_be(autojump_clock):
    start = trio.current_time()
    sleeper = Sleeper(start + 5, start + 7)
    with trio.move_on_after(100):
        await sleeper.alarm.run()
    assert sleeper.woken == [start + 5, start + 7]


async def test_a_timer_may_come_nearer_and_go_away(autojump_clock):
    start = trio.current_time()
    sleeper = Sleeper(start + 50)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sleeper.alarm.run)
        await trio.sleep(1)
        sleeper.times.append(start + 3)
        sleeper.alarm.look()
        await trio.sleep(9)
        assert sleeper.woken == [start + 3]
        sleeper.times[:] = [start + 60]
        sleeper.alarm.look()
        await trio.sleep(45)
        assert sleeper.woken == [start + 3], "not at the old time"
        await trio.sleep(10)
        assert sleeper.woken == [start + 3, start + 60]
        nursery.cancel_scope.cancel()


async def test_it_ends_when_it_is_stopped(autojump_clock):
    sleeper = Sleeper(trio.current_time() + 50)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sleeper.alarm.run)
        await trio.sleep(1)
        sleeper.alarm.stop()
    assert sleeper.woken == []
    with trio.fail_after(1):
        await sleeper.alarm.run()


async def test_what_is_due_may_be_done_at_once_and_wakes_nobody(autojump_clock):
    start = trio.current_time()
    sleeper = Sleeper(start + 50)
    sleeper.alarm.catch_up()
    assert sleeper.woken == [], "it does not run yet"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sleeper.alarm.run)
        await trio.sleep(1)
        sleeper.alarm.catch_up()
        assert sleeper.woken == [], "nothing is due"
        sleeper.times.append(start + 1)
        sleeper.alarm.look()
        sleeper.alarm.catch_up()
        assert sleeper.woken == [start + 1]
        await trio.sleep(45)
        assert sleeper.woken == [start + 1]
        await trio.sleep(10)
        assert sleeper.woken == [start + 1, start + 50]
        nursery.cancel_scope.cancel()


async def test_a_bug_in_what_is_due_ends_it_and_nobody_else(autojump_clock):
    start = trio.current_time()
    clock = AlarmClock()

    def fail(now: float) -> None:
        raise ZeroDivisionError

    other = Sleeper(start + 2, clock=clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other.alarm.run)
        with pytest.raises(ZeroDivisionError):
            await Alarm(clock, lambda: start + 1, fail).run()
        await trio.sleep(5)
        assert other.woken == [start + 2]
        other.alarm.stop()


async def test_it_may_be_stopped_while_it_is_cancelled(autojump_clock):
    sleeper = Sleeper(trio.current_time() + 50)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sleeper.alarm.run)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
        sleeper.alarm.stop()
    await trio.sleep(100)
    assert sleeper.woken == []


async def test_who_was_cancelled_is_woken_for_nothing_and_forgotten(autojump_clock):
    sleeper = Sleeper(trio.current_time() + 50)
    alarm = sleeper.alarm
    forgotten = weakref.ref(sleeper)
    with trio.move_on_after(1):
        await alarm.run()
    del sleeper
    gc.collect()
    assert forgotten() is None
    alarm.look()
    alarm.catch_up()
    await trio.sleep(100)
    assert alarm.armed == math.inf
