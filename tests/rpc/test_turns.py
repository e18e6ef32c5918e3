"""Long replies are made in turns."""

import trio

from raincore.rpc.turns import MOST_SECONDS, Turn, gently


class Clock:
    """Goes on by so much with each look at it."""

    def __init__(self, step):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now


async def turns_of_others(work):
    turns = []

    async def other():
        while True:
            turns.append(1)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await trio.lowlevel.checkpoint()
        before = len(turns)
        await work()
        nursery.cancel_scope.cancel()
        return len(turns) - before


async def test_every_item_comes_in_its_order():
    assert [item async for item in gently(range(500))] == list(range(500))
    assert [item async for item in gently([])] == []


async def test_others_have_their_turn_when_time_has_passed():
    async def work():
        clock = Clock(MOST_SECONDS / 10)
        assert len([item async for item in gently(range(200), clock)]) == 200

    assert 10 < await turns_of_others(work) < 30


async def test_what_is_quick_is_not_interrupted():
    async def work():
        turn = Turn(Clock(0.0))
        for _ in range(200):
            await turn.step()

    assert await turns_of_others(work) <= 1
