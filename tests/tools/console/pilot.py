"""Run the console without a terminal, against a stand-in of a server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from raincore.rpc import address
from raintools.console import columns
from raintools.console.app import Console
from raintools.ctl.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["console", "lines", "on_loop", "until"]

PATIENCE_SECONDS = 30.0


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test on asyncio, which Textual needs; others here run on trio."""

    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    run.__signature__ = __import__("inspect").signature(test)  # pytest reads the fixtures there
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@contextlib.asynccontextmanager
async def console(
    url: str, names: str = columns.DEFAULT, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Console, Any]]:
    """The running app and its pilot."""
    with Server(address.parse(url), timeout_seconds=5) as server:
        app = Console(server, columns.chosen(names), poll_seconds=0.05)
        async with app.run_test(size=size) as pilot:
            yield app, pilot


async def until(pilot: Any, holds: Callable[[], object]) -> None:
    """Wait for something to hold."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "\n".join(lines(pilot.app))
        await pilot.pause(0.02)


def lines(app: Console) -> list[str]:
    """What is on screen, as text."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]
