"""One connection to a web server, over which one question goes at a time (RFC 9112).

h11 writes the questions and reads the answers, a fresh one for each question: what lies
behind an answer is then seen, and never taken for the next.

HOSTILE INPUT: heads without end, and what else a server may send. How long it may take is
for the caller to bound.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import h11
import trio

from raincore.base.errors import NetworkError
from raincore.net.conversation import say
from raincore.net.http_body import Body, PlainSource, SecuredSource

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from raincore.base.endpoint import Endpoint
    from raincore.formats.http_url import HttpUrl
    from raincore.net.http_body import RawSource
    from raincore.net.interface import Stream
    from raincore.net.tls_records import TlsRecords

__all__ = ["Broken", "HttpConnection", "HttpHead"]

MAX_HEAD = 64 * 1024
MAX_INTERIM = 20
"""Answers that only say that the real one will come (RFC 9110, 15.2)."""
READ_LENGTH = 16 * 1024
WITHOUT_BODY = (204, 304)
END = h11.EndOfMessage()


class Broken(NetworkError):
    """The connection ended before an answer began, or what came is none."""


@dataclass(slots=True, eq=False)
class HttpHead:
    """The head of an answer.

    Args:
        status: 200 and so on.
        headers: By name in lower case; the last counts.
        body: Still to come.
    """

    status: int
    headers: dict[str, str]
    body: Body


class HttpConnection:
    """A connection. Whoever holds it closes it, and does so when anything has failed.

    Args:
        stream: Connected; nobody else may use it.
        remote: Where it leads.
        place: The server, as people name it.
        secured: Speaks TLS over the stream.
    """

    def __init__(
        self,
        stream: Stream,
        remote: Endpoint,
        place: str,
        secured: trio.SSLStream[TlsRecords] | None = None,
    ) -> None:
        self.remote = remote
        self._stream = stream
        self._place = place
        self._secured = secured
        self._source: RawSource = PlainSource(stream)
        if secured is not None:
            self._source = SecuredSource(secured, secured.transport_stream)
        self._talk: h11.Connection
        self._body: Body | None = None

    async def ask(
        self,
        there: HttpUrl,
        fields: list[tuple[str, str]],
        content: AsyncGenerator[bytes] | None = None,
    ) -> None:
        """Send a question: a GET, or a POST if there is content.

        If they close before all of it is sent, what they have said by then is still to be
        heard: why, maybe.

        Raises:
            Broken: It is no question that could be sent.
        """
        self._talk = h11.Connection(h11.CLIENT, MAX_HEAD)
        self._body = None
        try:
            await self._send_all(there.target, fields, content)
        except trio.BrokenResourceError:
            pass
        except h11.LocalProtocolError as error:
            raise self._broken() from error

    async def hear(self) -> HttpHead:
        """Wait for the answer, whatever its status.

        Raises:
            Broken: There is none.
        """
        await self._feed()  # of a fresh talk there is nothing yet
        for _ in range(MAX_INTERIM + 1):
            event = await self._event()
            if type(event) is h11.Response:
                break
        else:
            raise self._broken()
        headers = {
            name.decode("latin-1").lower(): value.decode("utf-8", "surrogateescape")
            for name, value in event.headers.raw_items()
        }
        length = None
        if event.status_code in WITHOUT_BODY:
            length = 0
        elif "transfer-encoding" not in headers and "content-length" in headers:
            length = int(headers["content-length"])  # the library has seen to that
        if length is None:
            body = Body(self._source, None, part=self._part, place=self._place)
        else:
            first, _ = self._talk.trailing_data
            body = Body(self._source, length, first=first, place=self._place)
        self._body = body
        return HttpHead(event.status_code, headers, body)

    @property
    def is_free(self) -> bool:
        """Whether another question may be asked: the last was answered, and nothing more."""
        if self._body is None or self._talk.our_state is not h11.DONE:  # "close", said either side
            return False
        return self._body.is_over and not self._body.is_followed and not self._has_more

    @property
    def has_ended(self) -> bool:
        """Whether a free one has been closed by the server, or speaks out of turn."""
        try:
            self._stream.receive_into(memoryview(bytearray(1)))
        except BlockingIOError:
            return False
        except NetworkError:
            pass
        return True  # nothing is due

    def close(self) -> None:
        """Close at once; harmless when repeated."""
        self._stream.close()

    @property
    def _has_more(self) -> bool:
        """Whether something lies behind a body that the library has read."""
        return self._talk.their_state is h11.DONE and self._talk.trailing_data != (b"", False)

    async def _part(self) -> bytes:
        """The next part of a body of unknown length; b"" at its end."""
        while True:
            event = await self._event()
            if type(event) is h11.Data and event.data:
                return bytes(event.data)
            if type(event) is h11.EndOfMessage:
                return b""

    async def _event(self) -> h11.Event:
        try:
            while (event := self._talk.next_event()) is h11.NEED_DATA:
                await self._feed()
        except h11.RemoteProtocolError as error:
            raise self._broken() from error
        assert isinstance(event, h11.Event)  # it pauses only when an answer is over
        return event

    async def _feed(self) -> None:
        """Wait for bytes, or for the end."""
        room, got = memoryview(bytearray(READ_LENGTH)), None
        try:
            while got is None:
                await self._source.wait()
                got = self._source.take_into(room)
        except NetworkError as error:
            raise self._broken() from error
        self._talk.receive_data(bytes(room[:got]))

    async def _send_all(
        self,
        target: str,
        fields: list[tuple[str, str]],
        content: AsyncGenerator[bytes] | None,
    ) -> None:
        talk, send = self._talk, self._send
        method = "GET" if content is None else "POST"
        checked = _checked(tuple(fields)).headers
        head = talk.send(h11.Request(method=method, target=target, headers=checked))
        if content is None:
            await send(head + talk.send(END))
            return
        await send(head)
        async with aclosing(content):
            async for part in content:
                await send(talk.send(h11.Data(part)))
                await trio.lowlevel.checkpoint()  # whoever has much to say is not alone here
        await send(talk.send(END))

    async def _send(self, data: bytes) -> None:
        """Hand all of it to the system; mostly at once, since waiting for the answer comes next.

        Raises:
            trio.BrokenResourceError: The connection broke.
        """
        if self._secured is not None:
            await self._secured.send_all(data)
            return
        try:
            await say(self._stream, data)
        except NetworkError as error:
            raise trio.BrokenResourceError(str(error)) from error

    def _broken(self) -> Broken:
        return Broken(f"the connection broke: {self._place}", self._place)


@lru_cache(maxsize=64)
def _checked(fields: tuple[tuple[str, str], ...]) -> h11.Request:
    """A question with these fields, which were found to be good: a thousand torrents send them."""
    return h11.Request(method="GET", target="/", headers=list(fields))
