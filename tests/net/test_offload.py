"""Jobs run in their worker's thread, in order, and report to the event loop's."""

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator

import pytest
import trio

from raincore.base.errors import StorageError
from raincore.net.hub import Hub
from raincore.net.offload import InlineOffload, Offload


class World:
    """A hub in a nursery's task, and a list that can be waited for."""

    def __init__(self, kind: str) -> None:
        self.hub = Hub()
        self.offload = Offload(self.hub) if kind == "threads" else InlineOffload()
        self.results = []
        self._changed = trio.Event()

    def done(self, result) -> None:
        self.results.append(result)
        self._changed.set()
        self._changed = trio.Event()

    async def wait_for(self, count: int) -> list:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.hub.run)
            while len(self.results) < count:
                await self._changed.wait()
            nursery.cancel_scope.cancel()
        return self.results


@pytest.fixture(params=["threads", "inline"])
def world(request) -> Iterator[World]:
    world = World(request.param)
    yield world
    world.offload.close()
    world.hub.close()


@pytest.fixture
def threads() -> Iterator[World]:
    world = World("threads")
    yield world
    world.offload.close()
    world.hub.close()


def workers() -> int:
    """How many threads of workers there are; other tests may have left threads that end now."""
    return sum(thread.name.startswith("rain-") for thread in threading.enumerate())


async def test_a_result_reaches_done(world):
    world.offload.submit("hash", lambda: 42, world.done)
    assert await world.wait_for(1) == [42]


async def test_done_is_never_called_before_submit_returns(world):
    world.offload.submit("hash", lambda: 1, world.done)
    assert not world.results
    await world.wait_for(1)


async def test_jobs_of_one_worker_report_in_order(world):
    for number in range(50):
        world.offload.submit("hash", lambda number=number: number, world.done)
    assert await world.wait_for(50) == list(range(50))


async def test_a_chain_hands_each_result_to_the_next_step(world):
    steps = [("hash", lambda: 2), ("write", lambda n: n * 10), ("hash", lambda n: n + 1)]
    world.offload.submit_chain(steps, world.done)
    assert await world.wait_for(1) == [21]


async def test_none_ends_a_chain_early(world):
    def never(_: object) -> None:
        raise AssertionError("called")

    world.offload.submit_chain([("hash", lambda: None), ("write", never)], world.done)
    assert await world.wait_for(1) == [None]


@pytest.mark.parametrize("at", [0, 1])
async def test_an_exception_reaches_done_and_ends_the_chain(world, at):
    def fail(*_: object) -> int:
        raise ZeroDivisionError

    steps = [("hash", lambda: 1), ("write", lambda n: n), ("write", lambda n: n)]
    steps[at] = (steps[at][0], fail)
    world.offload.submit_chain(steps, world.done)
    [error] = await world.wait_for(1)
    assert isinstance(error, ZeroDivisionError)


async def test_a_worker_survives_a_job_that_raises(world):
    world.offload.submit("hash", lambda: 1 // 0, world.done)
    world.offload.submit("hash", lambda: "alive", world.done)
    assert (await world.wait_for(2))[1] == "alive"


def no_more_threads(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


async def test_where_the_system_gives_no_more_threads_those_that_are_there_do_it(
    threads, monkeypatch
):
    threads.offload.submit("hash", lambda: 1, threads.done)
    no_more_threads(monkeypatch)
    threads.offload.submit_chain([("disk", lambda: 2), ("hash", lambda n: n * 3)], threads.done)
    threads.offload.submit("write", lambda: 7, threads.done)
    assert sorted(await threads.wait_for(3)) == [1, 6, 7]
    threads.offload.close()
    assert not workers()


async def test_without_any_thread_a_job_is_refused_and_nothing_else_breaks(threads, monkeypatch):
    with monkeypatch.context() as patch:
        no_more_threads(patch)
        with pytest.raises(StorageError, match="does not give us a thread"):
            threads.offload.submit("hash", lambda: 1, threads.done)
        threads.offload.close()
    threads.offload.submit("hash", lambda: 1, threads.done)
    assert await threads.wait_for(1) == [1]


async def test_done_may_submit_again(world):
    def again(_: object) -> None:
        world.offload.submit("write", lambda: "second", world.done)

    world.offload.submit("hash", lambda: "first", again)
    assert await world.wait_for(1) == ["second"]


async def test_run_returns_the_result(world):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.hub.run)
        assert await world.offload.run("hash", lambda: 7) == 7
        nursery.cancel_scope.cancel()


async def test_run_raises_what_the_job_raised(world):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.hub.run)
        with pytest.raises(ZeroDivisionError):
            await world.offload.run("hash", lambda: 1 // 0)
        nursery.cancel_scope.cancel()


async def test_a_job_tells_of_itself_before_it_is_done(world):
    def job() -> str:
        world.offload.tell(lambda: world.done("half"))
        return "all"

    world.offload.submit("hash", job, world.done)
    assert await world.wait_for(2) == ["half", "all"]


async def test_news_are_no_jobs_that_an_end_would_wait_for(world):
    world.offload.submit("hash", lambda: world.offload.tell(lambda: None), world.done)
    world.offload.close()
    assert world.results == [None]


async def test_close_reports_what_is_under_way(world):
    world.offload.submit_chain([("hash", lambda: 1), ("write", lambda n: n + 1)], world.done)
    world.offload.close()
    assert world.results == [2]


async def test_close_finishes_jobs_submitted_while_it_drains(world):
    def again(_: object) -> None:
        world.offload.submit("new", lambda: "second", world.done)

    world.offload.submit("hash", lambda: "first", again)
    world.offload.close()
    assert world.results == ["second"]


async def test_close_twice_is_harmless(world):
    world.offload.submit("hash", lambda: 1, world.done)
    world.offload.close()
    world.offload.close()


async def test_jobs_run_beside_the_event_loop_in_named_threads(threads):
    names = ["hash", "write", "hash"]
    for name in names:
        threads.offload.submit(name, lambda: threading.current_thread().name, threads.done)
    assert sorted(await threads.wait_for(3)) == ["rain-hash", "rain-hash", "rain-write"]


async def test_done_runs_in_the_event_loops_thread(threads):
    threads.offload.submit(
        "hash", lambda: 1, lambda _: threads.done(threading.current_thread().name)
    )
    assert await threads.wait_for(1) == [threading.current_thread().name]


async def test_workers_do_not_wait_for_each_other(threads):
    release = threading.Event()
    threads.offload.submit("hash", release.wait, lambda _: None)
    threads.offload.submit("write", lambda: "passed", threads.done)
    assert await threads.wait_for(1) == ["passed"]
    release.set()


async def test_threads_start_with_the_first_job_and_end_with_close(threads):
    before = workers()
    threads.offload.submit("hash", lambda: 1, threads.done)
    await threads.wait_for(1)
    assert workers() == before + 1
    threads.offload.close()
    assert workers() == before


async def test_close_reports_the_rest_after_a_done_that_raised_ended_the_hub(threads):
    def fail(_: object) -> None:
        raise ZeroDivisionError

    threads.offload.submit("hash", lambda: 1, fail)
    with pytest.raises(ZeroDivisionError):
        await threads.hub.run()
    threads.offload.submit("hash", lambda: 2, threads.done)
    threads.offload.close()
    assert threads.results == [2]


async def test_close_goes_on_after_a_signal(threads):
    release = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: release.set())
    try:
        threads.offload.submit("hash", release.wait, threads.done)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        threads.offload.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert threads.results == [True]


async def test_threads_end_even_if_a_done_raises_during_close(threads):
    def fail(_: object) -> None:
        raise ZeroDivisionError

    before = workers()
    threads.offload.submit("hash", lambda: 1, fail)
    threads.offload.submit("hash", lambda: 2, fail)
    with pytest.raises(ZeroDivisionError):
        threads.offload.close()
    assert workers() == before
    threads.offload.close()


async def test_an_idle_worker_keeps_nothing_of_its_last_job(threads):
    class Piece:
        pass

    piece = Piece()
    gone = weakref.ref(piece)
    threads.offload.submit("hash", lambda piece=piece: id(piece), threads.done)
    del piece
    await threads.wait_for(1)
    deadline = time.monotonic() + 20
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        await trio.lowlevel.checkpoint()
    assert gone() is None


async def test_close_gives_the_descriptor_back(threads):
    threads.offload.submit("hash", lambda: 1, threads.done)
    fd = threads.offload._eventfd
    await threads.wait_for(1)
    threads.offload.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


async def test_inline_results_come_in_order_of_submission_at_the_same_instant(autojump_clock):
    offload = InlineOffload()
    results = []
    started = trio.current_time()
    for number in range(5):
        offload.submit(f"worker {number % 2}", lambda number=number: number, results.append)
    await trio.sleep(1)
    assert results == list(range(5))
    offload.submit("hash", trio.current_time, results.append)
    await trio.sleep(0)
    await trio.sleep(0)
    assert results[-1] == started + 1


async def test_of_some_kinds_there_are_several_workers():
    hub = Hub()
    offload = Offload(hub, {"read": 2, "write": 1})
    both, results = threading.Barrier(2, timeout=20), []
    for _ in range(2):  # each waits for the other, so they must be two
        offload.submit(offload.lane("read"), both.wait, results.append)
    offload.close()
    assert sorted(results) == [0, 1]
    assert {offload.lane("read") for _ in range(4)} == {"read-0", "read-1"}
    assert {offload.lane(kind) for kind in ("write", "hash")} == {"write", "hash"}
    assert InlineOffload().lane("read") == "read"
    hub.close()
