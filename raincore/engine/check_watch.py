"""Waiting for a check in a worker thread, and looking at how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import trio

from raincore.engine.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.net.offload import Offload

__all__ = ["watched"]

PROGRESS_SECONDS = 0.5
"""How often it is looked at while it goes on."""
WAITING_SECONDS = 8.0
"""How long after its beginning that may be noticed."""

T = TypeVar("T")


async def watched(offload: Offload, check: Callable[[], T], look: Callable[[], bool]) -> T:
    """Check in the worker "check", one torrent at a time.

    Thousands may wait for their turn when a session begins: so there is no task for each that
    looks, and who waits looks ever more seldom.

    Args:
        check: Called in the worker thread.
        look: Called in the event loop now and then; says whether the check has begun.

    Raises:
        Exception: Whatever `check` raises.

    Cancelling stops the waiting, not the check. Leaves no task behind.
    """
    results: list[T | BaseException] = []
    ended = Pulse()

    def done(result: T | BaseException) -> None:
        results.append(result)
        ended.beat()

    offload.submit("check", check, done)
    pause = PROGRESS_SECONDS
    while not results:
        with trio.move_on_after(pause):
            await ended.wait()
        if not results:
            pause = PROGRESS_SECONDS if look() else min(pause * 2, WAITING_SECONDS)
    [result] = results
    if isinstance(result, BaseException):
        raise result
    return result
