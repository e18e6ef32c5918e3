"""A check is waited for, and looked at while it goes on."""

import pytest
import trio

from raincore.engine.check_watch import PROGRESS_SECONDS, WAITING_SECONDS, watched


class Offload:
    """A worker that is done when the test says so."""

    def submit(self, worker, job, done) -> None:
        assert worker == "check"
        self.job, self.done = job, done

    def work(self) -> None:
        try:
            result = self.job()
        except OSError as error:
            result = error
        self.done(result)


async def looks_until(seconds: float, *, began: float) -> list[float]:
    """When a check that begins then and ends after so many seconds is looked at."""
    offload, looks, start = Offload(), [], trio.current_time()

    def look() -> bool:
        looks.append(trio.current_time() - start)
        return trio.current_time() - start >= began

    async def end() -> None:
        await trio.sleep(seconds)
        offload.work()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(end)
        assert await watched(offload, lambda: 5, look) == 5
    assert trio.current_time() - start == pytest.approx(seconds)
    return looks


async def test_a_check_that_goes_on_is_looked_at_again_and_again(autojump_clock):
    looks = await looks_until(3.1, began=0)
    assert looks == pytest.approx([PROGRESS_SECONDS * number for number in range(1, 7)])


async def test_one_that_waits_is_looked_at_ever_more_seldom(autojump_clock):
    looks = await looks_until(100, began=1000)
    assert len(looks) < 20
    assert looks[-1] - looks[-2] == pytest.approx(WAITING_SECONDS)


async def test_its_beginning_is_noticed(autojump_clock):
    looks = await looks_until(60, began=50)
    assert sum(look > 50 + WAITING_SECONDS for look in looks) >= 2


async def test_one_that_is_over_at_once_is_not_looked_at(autojump_clock):
    assert await looks_until(0, began=0) == []


async def test_its_failure_is_raised(autojump_clock):
    offload = Offload()

    def check() -> None:
        raise OSError("no")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 1)
        nursery.start_soon(later, offload)
        with pytest.raises(OSError, match="no"):
            await watched(offload, check, lambda: True)


async def later(offload: Offload) -> None:
    await trio.sleep(0.1)
    offload.work()
