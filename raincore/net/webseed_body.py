"""The bytes that a web seed was asked for, as they come, and not too slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, TimedOut

if TYPE_CHECKING:
    from raincore.net.http_body import Body

__all__ = ["WebseedBody"]

PATIENCE_SECONDS = 30.0
"""For each `ENOUGH_BYTES`."""
ENOUGH_BYTES = 16 * 1024
"""A block: who takes longer over it than a peer may, holds up what others could bring."""


class WebseedBody:
    """Bytes that were asked for, as they come.

    Args:
        body: Theirs.
        length: Bytes that were asked for; what comes behind them is not looked at.
    """

    def __init__(self, body: Body, length: int) -> None:
        self.left = length
        """Bytes still to come."""
        self._body = body
        self._patience = PATIENCE_SECONDS
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
            self._came, self._patience = 0, PATIENCE_SECONDS
        return got

    async def wait(self) -> None:
        """Wait until `take_into` gives something; for 16 KiB no longer than 30 s in all.

        Only time spent here counts: a server does not answer for a reader that is slow.

        Raises:
            NetworkError: The connection broke.
            TimedOut: Nothing came, or too little.
        """
        began = trio.current_time()
        with trio.move_on_after(self._patience):
            await self._body.wait()
            self._patience -= trio.current_time() - began
            return
        what = f"only {self._came} bytes" if self._came else "nothing"
        raise TimedOut(f"sent {what} in {PATIENCE_SECONDS:g} s")
