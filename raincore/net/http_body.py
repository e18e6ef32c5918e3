"""Bodies of HTTP answers, taken into the caller's memory as they come.

Where the head says how long a body is, it is read from the socket, past the HTTP library,
which copies each byte several times: that costs more than hashing it. All others come by
the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import trio

from raincore.base.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from raincore.net.interface import Stream
    from raincore.net.tls_records import TlsRecords

__all__ = ["Body", "PlainSource", "RawSource", "SecuredSource"]

READ_LENGTH = 64 * 1024


class RawSource(Protocol):
    """A connection, as what is read from it."""

    def take_into(self, buffer: memoryview) -> int | None:
        """Move bytes that have come; None if there are none now, 0 at the end.

        Raises:
            NetworkError: The connection broke.
        """

    async def wait(self) -> None:
        """Wait until `take_into` gives something.

        Raises:
            NetworkError: The connection broke.
        """

    @property
    def has_more(self) -> bool:
        """Whether bytes were fetched that nobody has taken."""


class PlainSource:
    """A RawSource out of one of our own streams."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def take_into(self, buffer: memoryview) -> int | None:
        """Move what the system has, straight into `buffer`."""
        try:
            return self._stream.receive_into(buffer)
        except BlockingIOError:
            return None

    async def wait(self) -> None:
        """Wait for the system."""
        await self._stream.wait_readable()

    @property
    def has_more(self) -> bool:
        """Never: they stay with the system."""
        return False


class SecuredSource:
    """A RawSource out of a TLS stream, which can only be waited for.

    Args:
        stream: Decrypts.
        records: What it decrypts, if there may be more of that than was asked for.
    """

    def __init__(self, stream: trio.abc.ReceiveStream, records: TlsRecords | None = None) -> None:
        self._stream = stream
        self._records = records
        self._came: memoryview | None = None

    def take_into(self, buffer: memoryview) -> int | None:
        """Move what `wait` has fetched."""
        came = self._came
        if came is None:
            return None
        got = min(len(buffer), len(came))
        buffer[:got] = came[:got]
        self._came = came[got:] if got < len(came) else None
        return got

    async def wait(self) -> None:
        """Fetch what comes next."""
        if self._came is None:
            try:
                self._came = memoryview(await self._stream.receive_some(READ_LENGTH))
            except (trio.BrokenResourceError, OSError) as error:
                raise NetworkError("the connection broke") from error

    @property
    def has_more(self) -> bool:
        """What came behind a body, decrypted or not."""
        return bool(self._came) or (self._records is not None and self._records.has_more)


class Body:
    """One body, taken piece by piece.

    Args:
        source: Where to read it; used only if `length` is known.
        length: Its bytes; None if only the library knows where it ends.
        first: Its beginning, which came along with the head, if `length` is known.
        part: Gives the next part of it, b"" at its end, if `length` is None.
        place: Whose it is, for messages.
    """

    def __init__(
        self,
        source: RawSource,
        length: int | None,
        *,
        first: bytes = b"",
        part: Callable[[], Awaitable[bytes]] | None = None,
        place: str = "",
    ) -> None:
        self.left = length
        """Bytes still to come, if that is known."""
        self._source = source
        self._pending = memoryview(first)
        self._part = part
        self._place = place
        self._ended = False

    def take_into(self, buffer: memoryview) -> int | None:
        """Move the next bytes into `buffer`, which is not empty; never waits.

        Returns:
            Bytes moved; 0 at the end of the body; None if there are none yet: `wait`.

        Raises:
            NetworkError: The connection broke, or ended before the body did.
        """
        if self._ended or self.left == 0:
            return 0
        room = buffer if self.left is None else buffer[: self.left]
        if self._pending:
            got: int | None = min(len(room), len(self._pending))
            room[:got] = self._pending[:got]
            self._pending = self._pending[got:]
        elif self.left is None:
            return None
        else:
            got = self._source.take_into(room)
            if got == 0:
                text = f"the connection ended {self.left} bytes early: {self._place}"
                raise NetworkError(text, self._place)
        if self.left is not None and got is not None:
            self.left -= got
        return got

    async def wait(self) -> None:
        """Wait until `take_into` gives something; does not time out.

        Raises:
            NetworkError: The connection broke.
        """
        if self._pending or self._ended:
            return
        if self._part is None:
            await self._source.wait()
            return
        part = await self._part()
        self._ended = not part
        self._pending = memoryview(part)

    @property
    def is_over(self) -> bool:
        """Whether all of it was taken."""
        return self._ended or self.left == 0

    @property
    def is_followed(self) -> bool:
        """Whether something came behind it that nobody has asked for."""
        return bool(self._pending) or self._source.has_more
