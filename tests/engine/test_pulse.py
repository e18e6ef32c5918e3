import trio

from raincore.engine.pulse import Pulse


async def test_all_who_wait_are_woken_by_the_next_beat(autojump_clock):
    pulse, woken = Pulse(), []

    async def wait(name: str) -> None:
        await pulse.wait()
        woken.append(name)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, "a")
        nursery.start_soon(wait, "b")
        await trio.sleep(1)
        assert woken == []
        pulse.beat()
    assert sorted(woken) == ["a", "b"]


async def test_a_beat_that_nobody_waits_for_is_over(autojump_clock):
    pulse = Pulse()
    pulse.beat()
    with trio.move_on_after(5) as patience:
        await pulse.wait()
    assert patience.cancelled_caught


async def test_who_gives_up_leaves_others_waiting(autojump_clock):
    pulse, woken = Pulse(), []

    async def wait() -> None:
        await pulse.wait()
        woken.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        with trio.move_on_after(1):
            await pulse.wait()
        pulse.beat()
    assert len(woken) == 1
