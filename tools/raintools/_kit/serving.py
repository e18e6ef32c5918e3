"""A session for one command, and one torrent served in it."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ConnectError, the_one
from raincore.documents.events import Status
from raincore.session.one_shot import open_one_shot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from raincore.documents.events import Event
    from raincore.session.job import Job
    from raincore.session.one_shot import OneShot
    from raintools._kit.explaining import Explainer
    from raintools._kit.network import Network
    from raintools._kit.options import Common

__all__ = ["running", "serve"]

STDOUT = 1
GC_THRESHOLD = 50_000  # new containers between two looks at the youngest


@asynccontextmanager
async def running(
    network: Network, common: Common, stop: trio.Event, explainer: Explainer
) -> AsyncIterator[OneShot]:
    """Open a session that ends when `stop` is set or the reader of stdout goes away."""
    # A transfer makes millions of small tuples that never form cycles. Looking through
    # them, and through all imported modules, cost a quarter of the event loop's time.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    opened = open_one_shot(network.config, network.port, common.warn)
    async with opened as session, trio.open_nursery() as nursery:

        async def stop_session() -> None:
            await stop.wait()
            session.stop()

        explainer.session = session
        nursery.start_soon(explainer.listen)
        nursery.start_soon(stop_session)
        session.call_when_closed(STDOUT, stop.set)
        yield session
        nursery.cancel_scope.cancel()


async def serve(
    session: OneShot,
    job: Job,
    take: Callable[[Event], None],
    on_seeding: Callable[[], Awaitable[None]],
) -> bool:
    """Run a job; when it comes to serve others, call `on_seeding` beside it.

    Returns:
        Whether it reached its goal; False if it was stopped before.

    Raises:
        RainError: Why the job failed.
    """
    seeding = trio.Event()
    reached = False

    def on_record(record: Event) -> None:
        take(record)
        if isinstance(record, Status) and record.status == "seeding":
            seeding.set()

    async def announce() -> None:
        await seeding.wait()
        await on_seeding()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(announce)
            reached = await session.run(job, on_record)
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        error = the_one(group)
        if isinstance(error, ConnectError) and not (job.peers or job.trackers or any(job.web)):
            raise ConnectError(f"{error}; name one by --peer HOST:PORT") from error
        raise error from None
    return reached
