"""Say and hear on a stream by waiting, as handshakes do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import NetworkError

if TYPE_CHECKING:
    from raincore.net.interface import Stream

__all__ = ["hear", "say"]


async def say(stream: Stream, data: bytes) -> None:
    """Hand all of `data` to the system; waits for room, not bounded in time.

    Raises:
        NetworkError: The connection broke.
    """
    left = memoryview(data)
    while left:
        try:
            left = left[stream.send([left]) :]
        except BlockingIOError:
            await stream.wait_writable()


async def hear(stream: Stream, count: int) -> bytes:
    """Receive at least one byte and at most `count`; not bounded in time.

    Raises:
        NetworkError: The connection broke or was closed.
    """
    buffer = memoryview(bytearray(count))
    while True:
        try:
            got = stream.receive_into(buffer)
        except BlockingIOError:
            await stream.wait_readable()
            continue
        except NetworkError as error:
            reason = f"broken off during the handshake: {error}"
            raise NetworkError(reason, error.endpoint) from error
        if not got:
            raise NetworkError(f"closed during the handshake: {stream.remote}", str(stream.remote))
        return bytes(buffer[:got])
