"""Time of a job there and back: one at a time, in runs, as a chain; trio's pool beside it.

python -m tests.bench.bench_offload
"""

import time
from collections.abc import Awaitable, Callable

import trio

from raincore.net.hub import Hub
from raincore.net.offload import Offload

JOBS = 20_000
RUN = 32


def job(*_: object) -> int:
    return 1


async def one_at_a_time(offload: Offload) -> None:
    finished = trio.Event()
    left = JOBS

    def done(_: object) -> None:
        nonlocal left
        left -= 1
        if left:
            offload.submit("hash", job, done)
        else:
            finished.set()

    offload.submit("hash", job, done)
    await finished.wait()


async def in_runs(offload: Offload, chained: bool = False) -> None:
    steps = (("hash", job), ("write", job)) if chained else (("hash", job),)
    finished = trio.Event()
    left, flying = JOBS, 0

    def done(_: object) -> None:
        nonlocal left, flying
        left, flying = left - 1, flying - 1
        if not left:
            finished.set()
        elif not flying:
            start()

    def start() -> None:
        nonlocal flying
        flying = min(RUN, left)
        for _ in range(flying):
            offload.submit_chain(steps, done)

    start()
    await finished.wait()


async def chains(offload: Offload) -> None:
    await in_runs(offload, chained=True)


async def awaited(offload: Offload) -> None:
    for _ in range(JOBS):
        await offload.run("hash", job)


async def trio_pool(_: Offload) -> None:
    for _ in range(JOBS):
        await trio.to_thread.run_sync(job)


async def measure(what: Callable[[Offload], Awaitable[None]]) -> tuple[float, float]:
    """Wall and CPU seconds per job."""
    hub = Hub()
    offload = Offload(hub)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        wall, cpu = time.perf_counter(), time.process_time()
        await what(offload)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        nursery.cancel_scope.cancel()
    offload.close()
    hub.close()
    return wall / JOBS, cpu / JOBS


def main() -> None:
    for what in (one_at_a_time, in_runs, chains, awaited, trio_pool):
        wall, cpu = trio.run(measure, what)
        print(f"{what.__name__:14} {wall * 1e6:7.1f} µs a job, {cpu * 1e6:7.1f} µs of CPU")


if __name__ == "__main__":
    main()
