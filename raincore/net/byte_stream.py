"""A net.interface.Stream as trio's own kind of stream, for what is written against that (TLS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from raincore.net.interface import Stream

__all__ = ["ByteStream"]

READ_LENGTH = 64 * 1024


class ByteStream(trio.abc.Stream):
    """Reads and writes whole; closes the stream that it was given.

    Args:
        stream: Connected; nobody else may use it.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Wait for bytes; b"" at the end.

        Raises:
            trio.BrokenResourceError: The connection broke.
        """
        buffer = bytearray(max_bytes or READ_LENGTH)
        await trio.lowlevel.checkpoint()
        while True:
            try:
                return bytes(buffer[: self._stream.receive_into(memoryview(buffer))])
            except BlockingIOError:
                await self._waited(self._stream.wait_readable())
            except NetworkError as error:
                raise trio.BrokenResourceError(str(error)) from error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Hand everything to the system.

        Raises:
            trio.BrokenResourceError: The connection broke.
        """
        left = memoryview(data)
        await trio.lowlevel.checkpoint()
        while left:
            try:
                left = left[self._stream.send([left]) :]
            except BlockingIOError:
                await self.wait_send_all_might_not_block()
            except NetworkError as error:
                raise trio.BrokenResourceError(str(error)) from error

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the system takes bytes again."""
        await self._waited(self._stream.wait_writable())

    async def aclose(self) -> None:
        """Close at once."""
        self._stream.close()
        await trio.lowlevel.checkpoint()

    async def _waited(self, condition: Awaitable[None]) -> None:
        try:
            await condition
        except NetworkError as error:
            raise trio.BrokenResourceError(str(error)) from error
