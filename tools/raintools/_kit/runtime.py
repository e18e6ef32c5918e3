"""Run an async main under trio: signals, clean cancel, exit codes, logging."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from raincore.base import errors, printable
from raintools._kit.signals import begun_timer, ending

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Awaitable, Callable

    import trio

__all__ = ["log_to_stderr", "run"]

GRACE_SECONDS = 4.0  # then what still runs is cancelled
HARD_SECONDS = 5.0  # then the process ends, whatever hangs
log = logging.getLogger(__name__)
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def run(main: Callable[[trio.Event], Awaitable[int]]) -> int:
    """Run `main` to its end, or to that of the user's patience.

    The first SIGINT or SIGTERM, or SIGHUP where nobody else cares, sets the event that
    `main` is given; it should then tell trackers, save state and return. After 4 s it is
    cancelled, after 5 s the process ends; a second signal ends it at once.

    Args:
        main: Returns the exit code.

    Returns:
        What `main` returned; 128 and its number after a signal.

    Raises:
        BaseException: What `main` raised, taken out of trio's groups where it is one.
    """
    import trio

    patience = _Patience()
    try:
        code = trio.run(patience.supervise, main, strict_exception_groups=True)
    except BaseException as error:
        one = errors.the_one(error)
        if not (patience.code and isinstance(one, errors.RainError)):
            raise one from one.__cause__
        log.warning("not everything could be stopped cleanly", extra={"facts": {"error": one}})
        code = patience.code
    finally:
        if patience.hard_end is not None:
            patience.hard_end.cancel()
    return patience.code or code


class _Patience:
    """The user's: what the signals that came so far demand."""

    def __init__(self) -> None:
        self.code = 0
        self.hard_end: threading.Timer | None = None

    async def supervise(self, main: Callable[[trio.Event], Awaitable[int]]) -> int:
        import trio

        code, stop = 0, trio.Event()
        with trio.open_signal_receiver(*ending()) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.watch, signals, stop, nursery.cancel_scope)
                code = await main(stop)
                nursery.cancel_scope.cancel()
        return code

    async def watch(
        self, signals: AsyncIterator[int], stop: trio.Event, everything: trio.CancelScope
    ) -> None:
        import trio

        async for number in signals:
            end = partial(os._exit, 128 + number)
            if self.code:
                end()
            self.code = 128 + number
            stop.set()
            everything.deadline = trio.current_time() + GRACE_SECONDS
            # A thread, because the event loop itself may be what hangs.
            self.hard_end = begun_timer(HARD_SECONDS, end)


class _Formatter(logging.Formatter):
    """One line: "rain-fetch: warning: peer left reason=frame_too_long"."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self.command = command

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        parts = [record.getMessage(), *(f"{key}={value}" for key, value in facts.items())]
        text = printable.printable(" ".join(parts), limit=1000)
        line = f"{self.command}: {record.levelname.lower()}: {text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def log_to_stderr(command: str, verbose: int = 0, *, quiet: bool = False) -> None:
    """Show log records on stderr: warnings; with -v what happens; with -vv everything.

    Facts of a record come from `extra={"facts": {"peer": …}}` and are shown key=value.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(command))
    level = logging.ERROR if quiet else LEVELS[min(verbose, len(LEVELS) - 1)]
    logging.basicConfig(level=level, handlers=[handler], force=True)
