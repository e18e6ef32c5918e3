import pytest
import trio

from raincore.base.errors import ConnectError, TimedOut, TrackerError
from raincore.net.turns import Turns

HOST = "t.example"


class Asking:
    """Tasks that ask a host for a second each; what became of them."""

    def __init__(self, turns: Turns, error: Exception | None = None) -> None:
        self.turns = turns
        self.error = error
        self.now = 0
        self.most = 0
        self.asked = 0
        self.failures: list[Exception] = []

    async def ask(self, host: str = HOST) -> None:
        try:
            async with self.turns.of(host):
                self.asked += 1
                self.now += 1
                self.most = max(self.most, self.now)
                try:
                    await trio.sleep(1)
                    if self.error is not None:
                        raise self.error
                finally:
                    self.now -= 1
        except (ConnectError, TimedOut, TrackerError) as error:
            self.failures.append(error)


async def test_a_few_ask_one_host_and_some_more_all_hosts(autojump_clock) -> None:
    asking = Asking(Turns(10, 4))
    async with trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(asking.ask, f"host {number % 2}")
    assert asking.most == 8
    other = Asking(Turns(10, 4))
    async with trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(other.ask, f"host {number}")
    assert other.most == 10
    assert asking.asked == other.asked == 60


@pytest.mark.parametrize("kind", [ConnectError, TimedOut])
async def test_a_dead_host_is_asked_by_a_few_and_the_others_hear_of_it(
    autojump_clock, kind: type[ConnectError | TimedOut]
) -> None:
    asking = Asking(Turns(50, 4), kind("nobody there", HOST))
    async with trio.open_nursery() as nursery:
        for _ in range(300):
            nursery.start_soon(asking.ask)
    assert asking.asked <= 8
    assert len(asking.failures) == 300
    assert {(type(error), str(error)) for error in asking.failures} == {(kind, "nobody there")}
    assert trio.current_time() <= 3


async def test_who_comes_later_asks_again(autojump_clock) -> None:
    asking = Asking(Turns(50, 1), ConnectError("nobody there", HOST))
    await asking.ask()
    await trio.sleep(1)
    asking.error = None
    await asking.ask()
    assert (asking.asked, len(asking.failures)) == (2, 1)


async def test_a_refusal_is_the_matter_of_who_was_refused(autojump_clock) -> None:
    asking = Asking(Turns(50, 1), TrackerError("unregistered"))
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(asking.ask)
    assert asking.asked == 5


async def test_who_waits_hears_of_a_failure_although_somebody_still_asks(autojump_clock) -> None:
    turns = Turns(50, 2)
    asked = []

    async def ask(seconds: float, *, fails: bool = False) -> None:
        async with turns.of(HOST):
            await trio.sleep(seconds)
            asked.append(seconds)
            if fails:
                raise ConnectError("nobody there", HOST)

    async def fail() -> None:
        with pytest.raises(ConnectError):
            await ask(1, fails=True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, 5)
        nursery.start_soon(fail)
        await trio.sleep(0.5)
        nursery.start_soon(fail)  # hears of it at 1 s, and so frees its turn at once
        await trio.sleep(4)
        nursery.start_soon(ask, 1)
        await trio.sleep(0.1)
        nursery.start_soon(ask, 2)
    assert asked == [1, 5, 1, 2]


async def test_nothing_is_left_behind(autojump_clock) -> None:
    turns = Turns(50, 1)
    asking = Asking(turns)
    with trio.move_on_after(0.5):
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(asking.ask)
    assert not turns._lines
    assert turns.all.value == 50
