"""The form in which a torrent comes: three parts, in rain's order, read as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError
from raincore.rpc.body import Refused
from raincore.wire.multipart import Multipart, Part, boundary_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Form"]

MAX_ID = 200
MAX_RECORD = 128 * 1024 * 1024  # an info dictionary of 30 MiB, twice, in base64
SILENCE_SECONDS = 120.0


class Form:
    """Reads parts one after another.

    Args:
        content_type: Of the request.
        parts: Its body.

    Raises:
        Refused: (From every method.) It is no such form, or nothing comes any more.
    """

    def __init__(self, content_type: str, parts: AsyncIterator[bytes]) -> None:
        try:
            self._form = Multipart(boundary_of(content_type))
        except FormatError as error:
            raise Refused(400, str(error)) from error
        self._body = parts
        self._ready: list[Part | bytes] = []

    async def small(self, name: str, limit: int) -> bytes:
        """Read a whole part, which must be of this name."""
        await self.begin(name)
        found = bytearray()
        while (data := await self._data()) is not None:
            found += data
            if len(found) > limit:
                raise Refused(413, f"{name} is too long")
        return bytes(found)

    async def begin(self, name: str) -> None:
        """Go to the next part, which must be of this name."""
        part = await self._next()
        if not isinstance(part, Part) or part.name != name:
            raise Refused(400, f"{name} expected in multipart form")
        self._ready.pop(0)

    async def copy(self, descriptor: int) -> None:
        """Write the rest of a part into a pipe, which is closed at its end or before."""
        async with trio.lowlevel.FdStream(descriptor) as pipe:
            while (data := await self._data()) is not None:
                try:
                    await pipe.send_all(data)
                except trio.BrokenResourceError:
                    return  # whoever reads has had enough, and says why
        if not self._form.ended:
            raise Refused(400, "the form has no end")

    async def _data(self) -> bytes | None:
        """The next bytes of a part; None at its end."""
        found = await self._next()
        if isinstance(found, bytes):
            self._ready.pop(0)
            return found
        return None

    async def _next(self) -> Part | bytes | None:
        """What comes next, which stays; None at the end of the form."""
        while not self._ready and not self._form.ended:
            with trio.move_on_after(SILENCE_SECONDS) as patience:
                data = await anext(self._body, None)
            if patience.cancelled_caught:
                raise Refused(408, f"nothing came for {SILENCE_SECONDS:g} s")
            if data is None:
                return None
            try:
                found = self._form.feed(data)
            except FormatError as error:
                raise Refused(400, str(error)) from error
            self._ready += [part if isinstance(part, Part) else part.data for part in found]
        return self._ready[0] if self._ready else None
