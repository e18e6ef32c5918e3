import math

import trio

from raincore.engine.alarm import Alarm


class Sleeper:
    """Wants to be woken at some times."""

    def __init__(self, *times: float) -> None:
        self.times = list(times)
        self.woken: list[float] = []
        self.alarm = Alarm(lambda: min(self.times, default=math.inf), self.wake)

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
