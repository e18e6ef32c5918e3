"""Long lists are made in turns."""

import trio

from raincore.rpc.turns import AT_ONCE, gently


async def test_every_item_comes_in_its_order():
    items = list(range(2 * AT_ONCE + 1))
    assert [item async for item in gently(items)] == items
    assert [item async for item in gently([])] == []


async def test_others_have_their_turn():
    turns = []

    async def other():
        while True:
            turns.append(1)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await trio.lowlevel.checkpoint()
        before = len(turns)
        assert len([item async for item in gently(range(10 * AT_ONCE))]) == 10 * AT_ONCE
        assert len(turns) > before + 5
        nursery.cancel_scope.cancel()
