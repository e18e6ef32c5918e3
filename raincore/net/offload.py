"""Run blocking work beside the event loop, on named worker threads.

HOT PATH. Budget: 65 µs for a lone job there and back, which is two switches of threads;
5 µs for each job of a run. A pool of threads that trio manages takes 100 µs for either.

A worker is one thread with a queue, so jobs of one worker run one after another, in
order, and need no locks among themselves. A job that needs two workers (hash, then
write) goes from one to the other without passing through the event loop. Results come
back through a deque and an eventfd that the hub watches.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from raincore.base.errors import StorageError

if TYPE_CHECKING:
    from raincore.net.hub import Hub

__all__ = ["InlineOffload", "Offload", "Step", "result_of"]

T = TypeVar("T")

Step = tuple[str, Callable[..., Any]]
"""Which worker, and what it calls: the first step nothing, later ones the last result."""

Done = Callable[[Any], None]


class _Chain:
    """Steps under way: where they are, and what the last one gave."""

    __slots__ = ("done", "position", "result", "steps")

    def __init__(self, steps: Sequence[Step], done: Done) -> None:
        self.steps = steps
        self.done = done
        self.position = 0
        self.result: Any = None

    def advance(self) -> bool:
        """Do one step; False when the chain has come to its end."""
        job = self.steps[self.position][1]
        try:
            self.result = job(self.result) if self.position else job()
        except BaseException as error:  # a bug in a job must surface in the event loop
            self.result = error
            return False
        self.position += 1
        return self.result is not None and self.position < len(self.steps)


class Offload:
    """Named worker threads, each started by the first job that is sent to it.

    Belongs to one event loop: only its thread may call the methods.

    Args:
        hub: Delivers results, so results come as long as it runs.
        lanes: How many workers there are of a kind that may do several things at once; of
            others there is one.
    """

    _lanes: Mapping[str, int] = {}
    _turn = 0

    def __init__(self, hub: Hub, lanes: Mapping[str, int] | None = None) -> None:
        self._hub = hub
        self._lanes = lanes or {}
        self._queues: dict[str, SimpleQueue[_Chain | None]] = {}
        self._threads: list[threading.Thread] = []
        self._finished: deque[_Chain] = deque()
        self._pending = 0
        self._signalled = False
        self._eventfd = -1

    def lane(self, kind: str) -> str:
        """Name one worker of a kind, another one each time, if there are several."""
        count = self._lanes.get(kind, 1)
        self._turn += 1
        return kind if count <= 1 else f"{kind}-{self._turn % count}"

    def submit(self, worker: str, job: Callable[[], T], done: Callable[[Any], None]) -> None:
        """Run one job in a worker; `submit_chain` with one step.

        Args:
            worker: Any name; "hash" and "write" by convention.
            job: Called in that thread.
            done: Called in the event loop with what `job` returned, or with the
                exception that it raised.
        """
        self.submit_chain(((worker, job),), done)

    def submit_chain(self, steps: Sequence[Step], done: Callable[[Any], None]) -> None:
        """Run steps one after another, each in its worker, and report once.

        A step that returns None ends the chain early, as does one that raises.

        Args:
            steps: At least one. The first is called with nothing, each other one with
                what the step before returned.
            done: Called in the event loop, never before this method has returned, with
                the last step's result, or None if a step ended the chain, or the
                exception that a step raised. An exception from `done` is a bug that
                ends the hub.

        Raises:
            StorageError: The system gives us not even one thread.
        """
        if self._eventfd < 0:
            self._eventfd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self._hub.watch(self._eventfd, self._deliver, None)
        for worker, _ in steps:
            if worker not in self._queues:
                self._start(worker)
        self._pending += 1
        self._queues[steps[0][0]].put(_Chain(steps, done))

    async def run(self, worker: str, job: Callable[[], T]) -> T:
        """Run one job in a worker and wait for it: for jobs that are rare.

        Raises:
            Exception: Whatever `job` raises.

        Cancelling stops the waiting, not the job; what becomes of it is not reported.
        """
        return await result_of(partial(self.submit, worker, job))

    def tell(self, news: Callable[[], None]) -> None:
        """Call something in the event loop soon: for a job under way, in whatever thread.

        What is told before a job ends is heard before its result.
        """
        self._hand_over(_Chain((), lambda _: news()))

    def close(self) -> None:
        """Do all that was submitted, report it, and end the threads.

        Blocks until then. Jobs that are submitted while the last results are reported
        are done as well. Harmless when repeated.
        """
        try:
            while self._pending:
                if not self._finished:
                    os.set_blocking(self._eventfd, True)
                    with suppress(InterruptedError):  # Python does not repeat this call itself
                        os.eventfd_read(self._eventfd)
                        self._signalled = False
                self._report()
        finally:
            for queue in self._queues.values():
                queue.put(None)
            for thread in self._threads:
                thread.join()
            self._queues.clear()
            self._threads.clear()
            self._finished.clear()  # not empty only if a `done` has raised
            self._pending = 0
            if self._eventfd >= 0:
                self._hub.forget(self._eventfd)
                os.close(self._eventfd)
                self._eventfd = -1

    def _start(self, worker: str) -> None:
        """Start a thread; where the system gives no more, a worker that is there does its jobs.

        Raises:
            StorageError: There is none.
        """
        queue: SimpleQueue[_Chain | None] = SimpleQueue()
        # A daemon: a second Ctrl-C must not wait for a slow disk.
        thread = threading.Thread(
            target=self._work, args=(queue,), name=f"rain-{worker}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            if not self._queues:
                raise StorageError("the system does not give us a thread") from error
            queue = next(iter(self._queues.values()))
        else:
            self._threads.append(thread)
        self._queues[worker] = queue

    def _work(self, queue: SimpleQueue[_Chain | None]) -> None:
        """Be a worker: the only method that runs outside the event loop's thread."""
        while (chain := queue.get()) is not None:
            if chain.advance():
                self._queues[chain.steps[chain.position][0]].put(chain)
            else:
                self._hand_over(chain)
            del chain  # or an idle worker keeps the last job's piece in memory

    def _hand_over(self, chain: _Chain) -> None:
        self._finished.append(chain)
        # One signal for many results. `_deliver` takes the flag down before it
        # looks at the deque: who sees it up has appended in time to be found.
        if not self._signalled:
            self._signalled = True
            os.eventfd_write(self._eventfd, 1)

    def _deliver(self) -> None:
        os.eventfd_read(self._eventfd)
        self._signalled = False
        self._report()

    def _report(self) -> None:
        finished = self._finished
        while finished:
            chain = finished.popleft()
            self._pending -= bool(chain.steps)
            chain.done(chain.result)


async def result_of(begin: Callable[[Callable[[T | BaseException], None]], None]) -> T:
    """Begin something that tells its result by a call, and wait for that.

    Raises:
        Exception: What it tells instead.

    Cancelling stops the waiting alone.
    """
    results: list[T | BaseException] = []
    finished = trio.Event()

    def done(result: T | BaseException) -> None:
        results.append(result)
        finished.set()

    begin(done)
    await finished.wait()
    [result] = results
    if isinstance(result, BaseException):
        raise result
    return result


class InlineOffload(Offload):
    """The same without threads, for simulated worlds: a job runs when it is submitted.

    Under a virtual clock, waiting for a thread counts as idle and every timeout would
    fire at once. Results are reported by one task of the event loop, in the order of
    submission, at the present (virtual) time, and never before `submit` has returned.
    No hub is needed; a bug in `done` ends the whole run with trio.TrioInternalError.
    """

    def __init__(self) -> None:
        self._finished = deque()
        self._pending = 0
        self._flushing = False

    def submit_chain(self, steps: Sequence[Step], done: Callable[[Any], None]) -> None:
        """Run all steps now; report from the event loop."""
        chain = _Chain(steps, done)
        while chain.advance():
            pass
        self._pending += 1
        self._hand_over(chain)

    def _hand_over(self, chain: _Chain) -> None:
        self._finished.append(chain)
        if not self._flushing:
            self._flushing = True
            trio.lowlevel.spawn_system_task(self._flush)

    def close(self) -> None:
        """Report what is still to be reported."""
        self._report()

    async def _flush(self) -> None:
        self._flushing = False
        self._report()
