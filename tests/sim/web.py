"""Web servers of the simulated internet: files by URL, each with a rate, a life and a taste for lies.

web = SimWeb()
web.files["http://w/a"] = SimFile(content, rate=1e6)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import trio

from raincore.base.errors import ConnectError, NetworkError
from raincore.net.webseed_body import WebseedBody

LATENCY_SECONDS = 0.05
SHARE_SECONDS = 0.05
"""What a server sends in so long comes at once."""


@dataclass(eq=False)
class SimFile:
    """One file on a server.

    Args:
        content: What it gives; it may be wrong.
        rate: Bytes per second of each connection.
        breaks_after: Bytes after which each connection breaks.
    """

    content: bytes
    rate: float = 1e6
    breaks_after: float = float("inf")
    requests: int = 0
    given: int = 0


class SimBody(WebseedBody):
    """Bytes that come as time passes."""

    def __init__(self, file: SimFile, offset: int, length: int) -> None:
        self.left = length
        self._file = file
        self._data = memoryview(file.content)[offset : offset + length]
        self._begun = trio.current_time()

    def _there(self) -> int:
        share = self._file.rate * SHARE_SECONDS
        come = (trio.current_time() - self._begun) // SHARE_SECONDS * share
        return min(len(self._data), int(come))

    def take_into(self, buffer: memoryview) -> int | None:
        taken = len(self._data) - self.left
        got = min(len(buffer), self._there() - taken)
        if taken + got > self._file.breaks_after:
            raise NetworkError("the connection broke")
        if not got:
            return None if self.left else 0
        buffer[:got] = self._data[taken : taken + got]
        self.left -= got
        self._file.given += got
        return got

    async def wait(self) -> None:
        await trio.sleep(SHARE_SECONDS)


class SimWeb:
    """Implements engine.world.WebServers for everybody."""

    def __init__(self) -> None:
        self.files: dict[str, SimFile] = {}

    @asynccontextmanager
    async def open_file(
        self, url: str, offset: int, length: int, file_length: int, *, public_only: bool = False
    ) -> AsyncIterator[SimBody]:
        await trio.sleep(LATENCY_SECONDS)
        file = self.files.get(url)
        if file is None:
            raise ConnectError(f"connection refused: {url}", url)
        file.requests += 1
        await trio.sleep(LATENCY_SECONDS)
        yield SimBody(file, offset, length)

    def open_piece(
        self, url: str, length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[SimBody]:
        return self.open_file(url, 0, length, length)
