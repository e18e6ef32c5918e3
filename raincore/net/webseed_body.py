"""The bytes that a web seed was asked for, as they come, and not too slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, TimedOut

if TYPE_CHECKING:
    from raincore.net.http_body import Body

__all__ = ["WebseedBody"]

PATIENCE_SECONDS = 30.0
"""For each `ENOUGH_BYTES`, unless a single pause may be longer."""
ENOUGH_BYTES = 16 * 1024
"""A block: who takes longer over it than a peer may, holds up what others could bring."""


class WebseedBody:
    """Bytes that were asked for, as they come.

    Args:
        body: Theirs.
        length: Bytes that were asked for; what comes behind them is not looked at.
        pause_seconds: How long it may be silent.
    """

    def __init__(self, body: Body, length: int, pause_seconds: float = PATIENCE_SECONDS) -> None:
        self._pause = pause_seconds
        self.left = length
        """Bytes still to come."""
        self._body = body
        self._most = max(PATIENCE_SECONDS, pause_seconds)
        self._patience = self._most
        self._came = 0

    def take_into(self, buffer: memoryview) -> int | None:
        """Move the next bytes into `buffer`, which is not empty; never waits.

        Returns:
            Bytes moved, 0 if all have been; None if there are none yet: `wait`.

        Raises:
            NetworkError: The connection broke, or the body ended early.
        """
        if not self.left:
            return 0
        got = self._body.take_into(buffer[: self.left])
        if got == 0:
            raise NetworkError(f"the answer ended {self.left} bytes early")
        self.left -= got or 0
        self._came += got or 0
        if self._came >= ENOUGH_BYTES:
            self._came, self._patience = 0, self._most
        return got

    async def wait(self) -> None:
        """Wait until `take_into` gives something, as long as a pause may be.

        For 16 KiB no longer than 30 s in all. Only time spent here counts: a server does not
        answer for a reader that is slow.

        Raises:
            NetworkError: The connection broke.
            TimedOut: Nothing came, or too little.
        """
        began = trio.current_time()
        with trio.move_on_after(min(self._pause, self._patience)):
            await self._body.wait()
            self._patience -= trio.current_time() - began
            return
        if self._pause < self._patience:
            raise TimedOut(f"sent nothing for {self._pause:g} s")
        what = f"only {self._came} bytes" if self._came else "nothing"
        raise TimedOut(f"sent {what} in {self._most:g} s")
