"""The ends of a connection to the server: who is there, and how long it is waited for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Client", "Ends", "Patient"]

SEND_SECONDS = 30.0  # for a client to take a part of a reply
REQUEST_SECONDS = 1.0  # in which what has been heard of a request may become all of one
LINGER_SECONDS = 2.0  # for a client that still sends to see that it was answered already
HTTP_2 = b"PRI * HTTP/2.0"
"""Would be spoken without being asked for, and without a limit of time between requests."""
BODY_FIELDS = (b"content-length", b"transfer-encoding")


class Client:
    """One connection: what ends it, and how many answers are on their way.

    Args:
        stream: To it.
        context: Of the HTTP library; once `terminated`, no further request is answered.

    Attributes:
        has_more: Whether it may still be sending a request that was answered already.
        is_gone: Nobody hears what it asks for, so nothing of it is done.
    """

    def __init__(self, stream: trio.SocketStream, context: Any) -> None:
        self.stream = stream
        self.context = context
        self.heard_at = -math.inf
        self.has_more = False
        self.is_gone = False
        self._running = 0

    def begin(self, scope: dict[str, Any]) -> None:
        """A request is being answered (its ASGI scope)."""
        self._running += 1
        self.has_more = any(
            name in BODY_FIELDS and value != b"0" for name, value in scope.get("headers", ())
        )

    async def hear(self, receive: Callable[[], Awaitable[Any]]) -> Any:
        """Hear the next part of it."""
        event = await receive()
        if event["type"] == "http.request":
            self.has_more = event.get("more_body", False)
        return event

    def end(self) -> None:
        """It was answered."""
        self._running -= 1
        self.heard_at = -math.inf

    def is_idle(self, now: float) -> bool:
        """Whether it asks for nothing; what has just arrived may be a whole request."""
        return not self._running and now - self.heard_at >= REQUEST_SECONDS


class Ends:
    """A stream, of TLS or not, that tells when its other end is heard, and when it is done.

    Who is still sending when it is closed is listened to a little longer: the system would
    take back an answer that has not been read when it closes what has not been read either
    (RFC 9112, 9.6).
    """

    def __init__(self, stream: Any, client: Client) -> None:
        self._stream = stream
        self._client = client
        self._patience = trio.CancelScope()
        self._lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def receive_some(self, max_bytes: int) -> bytes:
        """Hear the client; b"" when it has left, or asks for what is not spoken here."""
        try:
            data = await self._heard(max_bytes)
        except BaseException:
            await self._client.context.terminated.set()
            raise
        if data.startswith(HTTP_2):
            data = b""
        if not data:
            await self._client.context.terminated.set()
        if self._client.is_gone:
            await self._client.context.terminated.set()
            raise trio.ClosedResourceError("it gave way to another connection")
        self._client.heard_at = trio.current_time()
        return data

    async def aclose(self) -> None:
        """Close, unless the client has to see its answer; then that is what reading waits for."""
        if self._client.has_more and not self._lingers:
            self._lingers = True
            self._patience.deadline = trio.current_time() + LINGER_SECONDS
            return
        await self._stream.aclose()

    async def _heard(self, max_bytes: int) -> bytes:
        with self._patience:
            data = bytes(await self._stream.receive_some(max_bytes))
            while data and self._lingers:
                data = bytes(await self._stream.receive_some(max_bytes))
        self._patience = trio.CancelScope(deadline=self._patience.deadline)
        if self._lingers:
            raise trio.ClosedResourceError("it was answered")
        return data


class Patient(trio.abc.HalfCloseableStream):
    """A stream that waits for its other end so long and no longer."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.socket = stream.socket

    async def send_all(self, data: Any) -> None:
        """Send everything; part by part, so that a slow client that takes something may."""
        rest = memoryview(data)
        while rest:
            with trio.move_on_after(SEND_SECONDS) as patience:
                await self.stream.send_all(rest[:65536])
            if patience.cancelled_caught:
                await trio.aclose_forcefully(self.stream)
                raise trio.BrokenResourceError("nothing of the reply is taken")
            rest = rest[65536:]

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room."""
        await self.stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Hear the other end."""
        return bytes(await self.stream.receive_some(max_bytes))

    async def send_eof(self) -> None:
        """Say that nothing more is sent."""
        await self.stream.send_eof()

    async def aclose(self) -> None:
        """Close."""
        await self.stream.aclose()
