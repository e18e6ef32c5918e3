from typing import TYPE_CHECKING, cast

import pytest
import trio
import trio.testing

from raincore.base.errors import TimedOut
from raincore.net.webseed_body import WebseedBody

if TYPE_CHECKING:
    from raincore.net.http_body import Body


class Trickle:
    """A body of which a little comes every now and then."""

    left: int | None = None

    def __init__(self, part: int, every: float) -> None:
        self.part, self.every = part, every
        self.ready = False

    def take_into(self, buffer: memoryview) -> int | None:
        got = min(len(buffer), self.part) if self.ready else None
        self.ready = False
        return got

    async def wait(self) -> None:
        await trio.sleep(self.every)
        self.ready = True


async def drained(
    part: int, every: float, length: int, pause: float = 0, most: float = 30.0
) -> None:
    body = WebseedBody(cast("Body", Trickle(part, every)), length, most)
    buffer = memoryview(bytearray(100_000))
    while (got := body.take_into(buffer)) != 0:
        if got is None:
            await body.wait()
        await trio.sleep(pause)


async def test_a_server_that_trickles_is_given_up_as_a_silent_one_is(
    autojump_clock: trio.testing.MockClock,
) -> None:
    with pytest.raises(TimedOut, match="sent only 1 bytes in 30 s"):
        await drained(1, 29, 1000)
    assert trio.current_time() < 31
    with pytest.raises(TimedOut, match="sent nothing in 30 s"):
        await drained(1, 31, 1000)


async def test_a_slow_server_is_borne_and_so_is_a_slow_reader(
    autojump_clock: trio.testing.MockClock,
) -> None:
    await drained(600, 1, 200_000)
    await drained(16 * 1024, 29, 200_000)
    await drained(100, 0.01, 20_000, pause=60)


async def test_a_single_pause_has_a_limit_of_its_own(
    autojump_clock: trio.testing.MockClock,
) -> None:
    with pytest.raises(TimedOut, match="sent nothing for 10 s"):
        await drained(16 * 1024, 11, 200_000, most=10.0)
    await drained(16 * 1024, 9, 200_000, most=10.0)
    with pytest.raises(TimedOut, match="sent only 4 bytes in 30 s"):
        await drained(1, 7, 1000, most=10.0)
    await drained(16 * 1024, 50, 200_000, most=60.0)
