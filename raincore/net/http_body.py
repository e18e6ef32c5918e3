"""Large bodies of HTTP answers, read past the HTTP library into the caller's memory.

The library copies each byte four times, which costs more than hashing it. So where the
head of an answer says how long its body is, the library is shown a head that says 0, and
whoever fetches reads the body from the socket. All other bodies come by the library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import trio

from raincore.base.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from raincore.net.interface import Stream

__all__ = ["Body", "HeadSplitter", "PlainSource", "RawSource", "SecuredSource"]

MAX_HEAD = 64 * 1024
"""Beyond this the library gets what there is, and complains."""
READ_LENGTH = 64 * 1024
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*(?=\r?$)")
OTHER_FRAMING = re.compile(rb"(?im)^transfer-encoding[ \t]*:")
NO_BODY = re.compile(rb"HTTP/1\.[01] (1[0-9][0-9]|204|304)")
INTERIM = re.compile(rb"HTTP/1\.[01] 1[0-9][0-9]")


class HeadSplitter:
    """Cuts what arrives on a connection into the head of an answer and the rest.

    Tell it by `begin` that a request has been sent.
    """

    def __init__(self) -> None:
        self.rest = b""
        """What came behind the head."""
        self.length: int | None = None
        """Bytes in the body that the library was not told of; None if it was."""
        self._heading = False
        self._held = bytearray()

    def begin(self) -> None:
        """Expect a head next."""
        self._heading = True
        self._held.clear()
        self.rest = b""
        self.length = None

    def feed(self, data: bytes) -> bytes:
        """Take what arrived; give what the library may see, b"" if nothing yet.

        b"" in, the end of the connection, lets go of what was held back.
        """
        if not self._heading:
            return data
        self._held += data
        end = END_OF_HEAD.search(self._held)
        if end is None:
            if data and len(self._held) <= MAX_HEAD:
                return b""
            head, self._held = bytes(self._held), bytearray()
            return head
        head, rest = bytes(self._held[: end.end()]), bytes(self._held[end.end() :])
        self._held.clear()
        if INTERIM.match(head):  # the real one follows
            return head + (self.feed(rest) if rest else b"")
        self._heading = False
        return self._shown(head, rest)

    def _shown(self, head: bytes, rest: bytes) -> bytes:
        lengths = LENGTH.findall(head)
        if len(lengths) != 1 or OTHER_FRAMING.search(head) or NO_BODY.match(head):
            return head + rest
        self.length = int(lengths[0])
        self.rest = rest
        return LENGTH.sub(b"Content-Length: 0", head)


class RawSource(Protocol):
    """A connection from which a body is read."""

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
    """A RawSource out of a TLS stream, which can only be waited for."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
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
        """What came behind a body."""
        return bool(self._came)


class Body:
    """One body, taken piece by piece.

    Args:
        source: Where to read it; used only if `length` is known.
        length: Its bytes; None if only the library knows where it ends.
        parts: It, as it comes from the library, if `length` is None.
        first: Its beginning, which came along with the head.
    """

    def __init__(
        self,
        source: RawSource,
        length: int | None,
        parts: AsyncIterator[bytes],
        first: bytes = b"",
    ) -> None:
        self.left = length
        """Bytes still to come, if that is known."""
        self.parts = parts
        """For who would rather have the library's."""
        self._source = source
        self._pending = memoryview(first)
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
                raise NetworkError(f"the connection ended {self.left} bytes early")
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
        if self.left is not None:
            await self._source.wait()
            return
        part = await anext(self.parts, None)
        if part is None:
            self._ended = True
        else:
            self._pending = memoryview(part)

    @property
    def is_followed(self) -> bool:
        """Whether something came behind it that nobody has asked for."""
        return bool(self._pending) or self._source.has_more

    async def finish(self) -> None:
        """Let the connection be used again if all was taken; never waits for more."""
        if self.left == 0 or self._ended:
            async for _ in self.parts:
                pass
