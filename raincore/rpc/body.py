"""The body of a request, read within bounds of length, time and memory of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.rpc.access import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

__all__ = ["BodyReader", "Refused"]

AT_ONCE = 4
"""How many bodies of the greatest length may be in memory."""
PATIENCE_SECONDS = 30.0


class Refused(Exception):
    """A body is not taken; `refusal` says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(status, reason)


class BodyReader:
    """Reads bodies, all of which together stay within a budget.

    Args:
        max_length: Of one, in bytes.
    """

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length
        self._left = AT_ONCE * max_length

    async def read(self, headers: Mapping[str, str], parts: AsyncIterator[bytes]) -> bytes:
        """Read one body to its end.

        Raises:
            Refused: It is too long or too slow, or too much is being read already.
        """
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self.max_length:
            raise self._too_long()
        found = bytearray()
        taken = 0
        try:
            with trio.move_on_after(PATIENCE_SECONDS):
                async for part in parts:
                    if len(part) > self._left:
                        raise Refused(503, "too many requests at once")
                    self._left -= len(part)
                    taken += len(part)
                    found += part
                    if len(found) > self.max_length:
                        raise self._too_long()
                return bytes(found)
            raise Refused(408, f"the body did not arrive within {PATIENCE_SECONDS:g} s")
        finally:
            self._left += taken

    def _too_long(self) -> Refused:
        return Refused(413, f"the body is longer than {self.max_length} bytes")
