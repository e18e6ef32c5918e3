"""Saying waits for room, hearing waits for bytes, and both tell when it is over."""

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError
from raincore.net.conversation import hear, say
from tests.sim.network import SimNetwork

HERE = Endpoint("10.0.0.2", 6881)


class Pair:
    """Both ends of a simulated connection."""

    def __init__(self, seed: int) -> None:
        self.network = SimNetwork(seed)
        self.accepted = []

    async def __aenter__(self):
        self.manager = trio.open_nursery()
        self.nursery = await self.manager.__aenter__()
        self.nursery.start_soon(self.network.run)
        self.network.host(HERE.host).listen(HERE, self.accepted.append)
        self.near = await self.network.host("10.0.0.1").connect(HERE)
        while not self.accepted:
            await trio.sleep(0.01)
        [self.far] = self.accepted
        return self

    async def __aexit__(self, *error):
        self.nursery.cancel_scope.cancel()
        await self.manager.__aexit__(*error)


@pytest.fixture
def pair(seed) -> Pair:
    return Pair(seed)


async def test_hearing_takes_what_is_there_and_no_more_than_asked(pair, autojump_clock):
    async with pair:
        await say(pair.near, b"hello")
        await trio.sleep(1)
        assert await hear(pair.far, 3) == b"hel"
        assert await hear(pair.far, 100) == b"lo"


async def test_hearing_waits_for_the_first_byte(pair, autojump_clock):
    async with pair:
        pair.nursery.start_soon(say, pair.near, b"x")
        assert await hear(pair.far, 100) == b"x"


async def test_saying_waits_for_room(pair, autojump_clock):
    pair.network.configure("10.0.0.1", HERE.host, window=4)
    async with pair:
        pair.nursery.start_soon(say, pair.near, b"long story")
        heard = b""
        while len(heard) < 10:
            heard += await hear(pair.far, 100)
        assert heard == b"long story"


async def test_a_closed_connection_says_when_it_was_closed(pair, autojump_clock):
    async with pair:
        pair.near.close()
        with pytest.raises(NetworkError, match=r"closed during the handshake: 10\.0\.0\.1"):
            await hear(pair.far, 1)


async def test_a_reset_says_when_it_came(pair, autojump_clock):
    async with pair:
        await say(pair.far, b"unread")
        await trio.sleep(1)
        pair.near.close()
        with pytest.raises(NetworkError, match="broken off during the handshake: connection reset"):
            await hear(pair.far, 1)
        with pytest.raises(NetworkError, match="reset"):
            await say(pair.far, b"x")
