"""The limit holds over time, bursts are small, and waiting links share fairly."""

import random
from collections import Counter
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from raincore.base.token_bucket import BURST_SECONDS, QUANTUM_SECONDS
from raincore.net.rate_limiter import RateLimiter

RATE = 1_000_000
BLOCK = 16384


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(limiter):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.run)
        yield
        nursery.cancel_scope.cancel()


class Link:
    """Moves as much as it is allowed, for ever, `size` bytes at a time."""

    def __init__(self, limiter: RateLimiter, size: int = BLOCK, log: list | None = None) -> None:
        self.limiter = limiter
        self.size = size
        self.moved = 0
        self.log = log if log is not None else []

    def move(self) -> None:
        self.log.append(self)
        while allowed := self.limiter.take(self.size):
            self.moved += allowed
        self.limiter.call_when_allowed(self.move)


class BlockSender(Link):
    """Sends whole blocks and takes the rest as a debt."""

    def move(self) -> None:
        while allowed := self.limiter.take(4 * BLOCK):
            sent = -(-allowed // BLOCK) * BLOCK
            self.limiter.give_back(allowed - sent)
            self.moved += sent
        self.limiter.call_when_allowed(self.move)


def test_no_limit_allows_everything_at_once():
    limiter = RateLimiter()
    assert [limiter.take(10**9) for _ in range(3)] == [10**9] * 3


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match="rate is negative: -1"):
        RateLimiter(-1)


def test_what_accumulates_is_bounded():
    clock = Clock()
    limiter = RateLimiter(RATE, clock)
    assert limiter.take(RATE) == RATE * BURST_SECONDS
    clock.now += 3600
    assert limiter.take(RATE) == RATE * BURST_SECONDS


def test_nothing_is_allowed_until_time_passes():
    clock = Clock()
    limiter = RateLimiter(RATE, clock)
    limiter.take(RATE)
    assert limiter.take(1) == 0
    clock.now += 0.05
    assert limiter.take(RATE) == pytest.approx(50_000, abs=1)


def test_small_change_is_kept_until_it_is_worth_a_read():
    clock = Clock()
    limiter = RateLimiter(RATE, clock)
    limiter.take(RATE)
    clock.now += 0.001
    assert limiter.take(BLOCK) == 0
    assert limiter.take(10) == 10


def test_what_is_given_back_can_be_taken_again():
    limiter = RateLimiter(RATE, Clock())
    allowed = limiter.take(RATE)
    limiter.give_back(allowed)
    assert limiter.take(RATE) == allowed


def test_a_debt_is_paid_first():
    clock = Clock()
    limiter = RateLimiter(RATE, clock)
    limiter.give_back(limiter.take(RATE) - 2 * RATE)
    clock.now += 0.5
    assert limiter.take(1) == 0


def test_giving_back_without_a_limit_changes_nothing():
    limiter = RateLimiter(0, Clock())
    limiter.give_back(-(10**9))
    limiter.set_rate(RATE)
    assert limiter.take(1) == 1


def test_who_comes_later_does_not_pass_who_waits():
    clock = Clock()
    limiter = RateLimiter(RATE, clock)
    limiter.take(RATE)
    limiter.call_when_allowed(lambda: None)
    clock.now += 10
    assert limiter.take(1) == 0


def test_setting_a_lower_rate_cuts_what_has_accumulated():
    limiter = RateLimiter(RATE, Clock())
    limiter.give_back(0)
    assert limiter.take(1) == 1
    limiter.set_rate(RATE // 10)
    assert limiter.bytes_per_second == RATE // 10
    assert limiter.take(RATE) == RATE // 10 * BURST_SECONDS


@pytest.mark.parametrize(
    ("rate", "size"),
    [(10_000, 1000), (10_000, 1 << 20), (RATE, 1000), (RATE, BLOCK), (100 * RATE, 1 << 20)],
)
@pytest.mark.parametrize("links", [1, 7])
async def test_the_rate_holds_within_five_percent_over_ten_seconds(
    autojump_clock, rate, size, links
):
    limiter = RateLimiter(rate)
    movers = [Link(limiter, size) for _ in range(links)]
    async with running(limiter):
        for link in movers:
            link.move()
        await trio.sleep(10)
    assert sum(link.moved for link in movers) == pytest.approx(10 * rate, rel=0.05)


async def test_whole_blocks_keep_the_rate(autojump_clock):
    limiter = RateLimiter(500_000)
    senders = [BlockSender(limiter) for _ in range(5)]
    async with running(limiter):
        for sender in senders:
            sender.move()
        await trio.sleep(10)
    assert sum(sender.moved for sender in senders) == pytest.approx(5_000_000, rel=0.05)
    assert max(s.moved for s in senders) - min(s.moved for s in senders) <= 10 * BLOCK


async def test_links_get_equal_shares_however_much_they_want(autojump_clock, seed):
    rng = random.Random(seed)
    limiter = RateLimiter(RATE)
    links = [Link(limiter, rng.choice([2000, BLOCK, 1 << 20])) for _ in range(9)]
    async with running(limiter):
        for link in links:
            link.move()
        await trio.sleep(10)
    fair = sum(link.moved for link in links) / len(links)
    assert all(link.moved == pytest.approx(fair, rel=0.1) for link in links)


async def test_links_are_called_back_in_turn(autojump_clock):
    limiter = RateLimiter(RATE)
    log: list[Link] = []
    links = [Link(limiter, 1 << 20, log) for _ in range(50)]
    async with running(limiter):
        for link in links:
            link.move()
        await trio.sleep(5)
    calls = Counter(id(link) for link in log)
    assert max(calls.values()) - min(calls.values()) <= 1
    assert log[50:100] == log[100:150]


async def test_a_callback_waits_once_however_often_it_asks(autojump_clock):
    limiter = RateLimiter(RATE)
    limiter.take(RATE)
    calls = []
    link = Link(limiter)
    link.move = lambda: calls.append(1)
    callback = link.move
    async with running(limiter):
        for _ in range(3):
            limiter.call_when_allowed(callback)
        await trio.sleep(1)
    assert calls == [1]


async def test_lifting_the_limit_serves_everybody_at_once(autojump_clock):
    limiter = RateLimiter(1000)
    limiter.take(10**6)
    calls = []
    async with running(limiter):
        for number in range(5):
            limiter.call_when_allowed(lambda number=number: calls.append(number))
        limiter.give_back(-(10**9))
        await trio.testing.wait_all_tasks_blocked()
        assert not calls
        limiter.set_rate(0)
        await trio.testing.wait_all_tasks_blocked()
        assert calls == [0, 1, 2, 3, 4]


async def test_a_new_rate_holds_for_who_waits_already(autojump_clock):
    limiter = RateLimiter(1000)
    link = Link(limiter)
    async with running(limiter):
        link.move()
        limiter.set_rate(RATE)
        await trio.sleep(10)
    assert link.moved == pytest.approx(10 * RATE, rel=0.05)


async def test_the_task_sleeps_while_nobody_waits(autojump_clock):
    limiter = RateLimiter(RATE)
    async with running(limiter):
        await trio.sleep(10**6)
    assert limiter.take(1) == 1


async def test_an_exception_from_a_callback_ends_the_task(autojump_clock):
    limiter = RateLimiter(RATE)

    def fail() -> None:
        raise ZeroDivisionError

    limiter.call_when_allowed(fail)
    with pytest.raises(ZeroDivisionError):
        await limiter.run()


async def test_a_task_gets_what_there_is_or_waits_for_its_turn(autojump_clock: object) -> None:
    limiter = RateLimiter(1000)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.run)
        moved = 0
        with trio.move_on_after(10):
            while True:
                moved += await limiter.wait(10_000)
        nursery.cancel_scope.cancel()
    assert 9_500 <= moved <= 10_500


async def test_without_a_limit_a_task_never_waits() -> None:
    assert await RateLimiter().wait(12345) == 12345


async def test_tasks_and_callbacks_share(autojump_clock: object) -> None:
    limiter = RateLimiter(10_000)
    moved = {"task": 0, "callback": 0}

    def take() -> None:
        moved["callback"] += limiter.take(5000)
        limiter.call_when_allowed(take)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.run)
        take()
        with trio.move_on_after(10):
            while True:
                moved["task"] += await limiter.wait(5000)
        nursery.cancel_scope.cancel()
    assert 0.3 <= moved["task"] / sum(moved.values()) <= 0.7


async def test_a_task_that_is_cancelled_takes_nothing(autojump_clock: object) -> None:
    limiter = RateLimiter(1000)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.run)
        await limiter.wait(100)
        with trio.move_on_after(0.001):
            await limiter.wait(5000)
        await trio.sleep(10)
        assert await limiter.wait(100) == 100
        nursery.cancel_scope.cancel()


# --- torrents that share ---------------------------------------------------------------------


def start(limiter: RateLimiter, links: int, size: int = BLOCK) -> list[Link]:
    made = [Link(limiter, size) for _ in range(links)]
    for link in made:
        link.move()
    return made


def moved(links: list[Link]) -> int:
    return sum(link.moved for link in links)


async def test_both_limits_hold_that_of_the_torrent_and_that_of_all(autojump_clock):
    whole = RateLimiter(RATE)
    slow, fast = RateLimiter(RATE // 10, behind=whole), RateLimiter(behind=whole)
    async with running(whole):
        slow_links, fast_links = start(slow, 5), start(fast, 5)
        await trio.sleep(10)
    assert moved(slow_links) == pytest.approx(RATE, rel=0.05)
    assert moved(slow_links) + moved(fast_links) == pytest.approx(10 * RATE, rel=0.05)


async def test_a_torrent_with_many_links_does_not_starve_one_with_a_single_link(autojump_clock):
    whole = RateLimiter(RATE)
    greedy, modest = RateLimiter(behind=whole), RateLimiter(behind=whole)
    async with running(whole):
        many, one = start(greedy, 50, 1 << 20), start(modest, 1)
        await trio.sleep(10)
    assert moved(many) + moved(one) == pytest.approx(10 * RATE, rel=0.05)
    assert moved(one) == pytest.approx(5 * RATE, rel=0.1)
    later = [link.moved for link in many[1:]]  # the first one got what had accumulated
    assert max(later) - min(later) <= RATE * QUANTUM_SECONDS


async def test_what_one_torrent_does_not_use_the_others_get(autojump_clock):
    whole = RateLimiter(RATE)
    busy, idle = RateLimiter(behind=whole), RateLimiter(behind=whole)
    async with running(whole):
        links = start(busy, 3)
        idle.call_when_allowed(lambda: None)  # and takes nothing then
        await trio.sleep(10)
    assert moved(links) == pytest.approx(10 * RATE, rel=0.05)


@pytest.mark.parametrize("links", [1, 9])
async def test_a_torrent_alone_keeps_its_own_limit(autojump_clock, links):
    whole = RateLimiter()
    torrent = RateLimiter(300_000, behind=whole)
    async with running(whole):
        movers = start(torrent, links)
        await trio.sleep(10)
    assert moved(movers) == pytest.approx(3_000_000, rel=0.05)


async def test_limits_change_while_links_wait(autojump_clock):
    whole = RateLimiter(1000)
    torrent = RateLimiter(500, behind=whole)
    async with running(whole):
        links = start(torrent, 2)
        await trio.sleep(1)
        torrent.set_rate(0)
        whole.set_rate(RATE)
        before = moved(links)
        await trio.sleep(10)
        assert moved(links) - before == pytest.approx(10 * RATE, rel=0.05)
        torrent.set_rate(100_000)
        before = moved(links)
        await trio.sleep(10)
        assert moved(links) - before == pytest.approx(10 * 100_000, rel=0.05)


async def test_lifting_the_limit_of_all_serves_who_waits_behind_it(autojump_clock):
    whole = RateLimiter(1000)
    torrent = RateLimiter(behind=whole)
    assert torrent.take(10**9) == 100 + 156  # the smallest quantum
    calls = []
    async with running(whole):
        torrent.give_back(-(10**9))
        torrent.call_when_allowed(lambda: calls.append(1))
        await trio.sleep(1)
        assert not calls
        whole.set_rate(0)
        await trio.testing.wait_all_tasks_blocked()
        assert calls == [1]


async def test_a_torrent_does_not_pass_another_that_waits(autojump_clock):
    whole = RateLimiter(RATE)
    first, second = RateLimiter(behind=whole), RateLimiter(behind=whole)
    async with running(whole):
        first.give_back(-2 * RATE)
        first.call_when_allowed(lambda: None)
        await trio.testing.wait_all_tasks_blocked()
        assert second.take(1) == 0


async def test_a_cancelled_wait_leaves_a_turn_to_the_others(autojump_clock):
    whole = RateLimiter(RATE)
    torrent, other = RateLimiter(behind=whole), RateLimiter(behind=whole)
    async with running(whole):
        torrent.give_back(-RATE)
        with trio.move_on_after(0.5):
            await torrent.wait(BLOCK)
        assert not torrent.is_waiting(torrent._call_back)
        links = start(other, 1)
        await trio.sleep(10)
    assert moved(links) >= 9 * RATE


def test_what_is_charged_counts_for_both():
    clock = Clock()
    whole = RateLimiter(RATE, clock)
    torrent = RateLimiter(RATE, clock, behind=whole)
    assert torrent.take(10) == 10
    torrent.charge(RATE)
    assert torrent.take(1) == 0
    assert whole.take(1) == 0
    clock.now += 2
    assert torrent.take(10) == 10


def test_without_any_limit_nothing_is_held_back():
    torrent = RateLimiter(behind=RateLimiter())
    assert not torrent.is_limited
    torrent.call_when_allowed(lambda: None)
    assert torrent.take(10**9) == 10**9


def test_a_torrent_whose_own_tokens_were_charged_away_waits_again():
    clock = Clock()
    whole = RateLimiter(RATE, clock)
    torrent = RateLimiter(RATE, clock, behind=whole)
    torrent.take(RATE)
    calls = []
    torrent.call_when_allowed(lambda: calls.append(1))
    torrent.charge(1000)
    torrent._call_back()  # as if the one behind gave it a turn
    assert not calls
