"""Bodies of requests are bounded in length, time and sum."""

import pytest
import trio

from raincore.rpc.body import BodyReader, Refused


async def parts(*given):
    for part in given:
        await trio.lowlevel.checkpoint()
        yield part


async def test_a_body_is_read_to_its_end():
    assert await BodyReader(10).read({}, parts(b"12345", b"67890")) == b"1234567890"


@pytest.mark.parametrize("headers", [{"content-length": "11"}, {"content-length": "9" * 99}, {}])
async def test_a_body_that_is_too_long_is_refused(headers):
    with pytest.raises(Refused) as caught:
        await BodyReader(10).read(headers, parts(b"12345", b"678901"))
    assert caught.value.refusal.status == 413


async def test_all_bodies_together_are_bounded(autojump_clock):
    reader = BodyReader(10)
    found = []

    async def endless():
        yield b"1234567890"
        await trio.sleep(5)

    async def read():
        found.append(await reader.read({}, endless()))

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(Refused) as caught:
            await reader.read({}, parts(b"1"))
    assert caught.value.refusal.status == 503
    assert len(found) == 4
    assert await reader.read({}, parts(b"1")) == b"1"


async def test_a_body_that_does_not_come_is_not_waited_for(autojump_clock):
    async def silent():
        yield b"1"
        await trio.sleep_forever()

    with pytest.raises(Refused) as caught:
        await BodyReader(10).read({}, silent())
    assert caught.value.refusal.status == 408
