"""Fetch ranges of files, or whole pieces, from web servers (BEP 19, BEP 17).

Every answer is checked against what was asked for, so that a server that ignores ranges, or
has another file, cannot make us take the wrong bytes for the right ones. Where a server
sends us elsewhere, we go there at once next time, until that fails.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.config import WebPatience
from raincore.base.errors import NetworkError, WebseedError
from raincore.net.http_dialer import Steps
from raincore.net.http_streams import HttpStreams
from raincore.net.webseed_body import WebseedBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from raincore.net.http_body import Body
    from raincore.net.http_streams import HttpAnswer
    from raincore.net.interface import Network

__all__ = ["WebseedClient"]

MAX_REMEMBERED = 1000
"""Redirects that are remembered."""
MAX_SPOKEN = 64
"""Bytes of a body in which a server says how long to stay away (BEP 17)."""
CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
SECONDS = re.compile(r"[0-9]{1,9}")
BUSY = frozenset({429, 503})
REASONS = {
    401: "wants a password",
    403: "forbids it",
    404: "does not have it",
    410: "does not have it any more",
    416: "has no such range",
}


class WebseedClient:
    """Fetches for all torrents of a process, over connections that are kept. Close it.

    Args:
        network: Makes the sockets.
        verify_tls: Whether https servers must prove who they are.
        patience: How long each step of a request may take.
    """

    def __init__(
        self, network: Network, *, verify_tls: bool = True, patience: WebPatience | None = None
    ) -> None:
        self._patience = patience = patience or WebPatience()
        steps = Steps(patience.connect_seconds, patience.tls_seconds, patience.header_seconds)
        self._http = HttpStreams(network, verify_tls=verify_tls, steps=steps)
        self._moved: dict[str, tuple[str, bool]] = {}

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        with trio.CancelScope(shield=True):  # closes by force, so it takes no time
            await self._http.aclose()

    @asynccontextmanager
    async def open_file(
        self,
        url: str,
        offset: int,
        length: int,
        file_length: int,
        *,
        public_only: bool = False,
    ) -> AsyncIterator[WebseedBody]:
        """Ask for a range of a file (RFC 9110, 14).

        Args:
            url: Of the file; hostile. User and password in it are sent to its host.
            offset: Of the first byte.
            length: At least 1.
            file_length: As the torrent says.
            public_only: Refuse addresses that are not on the internet.

        Raises:
            WebseedError: The server answered with something else.
            RainError: As `HttpStreams.open`.
        """
        async with AsyncExitStack() as stack:
            last = offset + length - 1

            async def check(answer: HttpAnswer) -> None:
                count = _check_file(answer, offset, length, file_length)
                await _skip(WebseedBody(answer.body, count, self._patience.read_seconds))

            headers = {"Range": f"bytes={offset}-{last}"}
            answer = await self._ask(url, headers, stack, check, public_only)
            yield WebseedBody(answer.body, length, self._patience.read_seconds)

    @asynccontextmanager
    async def open_piece(
        self, url: str, length: int, *, public_only: bool = False
    ) -> AsyncIterator[WebseedBody]:
        """Ask for a whole piece (BEP 17).

        Args:
            url: Of the piece, with its query; hostile.
            length: Bytes in the piece.
            public_only: As above.

        Raises:
            WebseedError, RainError: As `open_file`.
        """
        async with AsyncExitStack() as stack:
            check = partial(_check_piece, length, self._patience.read_seconds)
            answer = await self._ask(url, {}, stack, check, public_only)
            yield WebseedBody(answer.body, length, self._patience.read_seconds)

    async def _ask(
        self,
        url: str,
        headers: dict[str, str],
        stack: AsyncExitStack,
        check: Callable[[HttpAnswer], Awaitable[None]],
        public_only: bool,
    ) -> HttpAnswer:
        """Ask where the URL led last time, else, or if that fails, at the URL itself."""
        target, from_public = self._moved.get(url, (url, False))
        if target != url:
            try:
                answer = await self._ask_at(target, headers, stack, from_public or public_only)
                await check(answer)
            except NetworkError:  # such links expire, each in its own way
                self._moved.pop(url, None)  # another fetch may have been faster
                await stack.aclose()
            else:
                return answer
        answer = await self._ask_at(url, headers, stack, public_only)
        await check(answer)
        if answer.url != url:
            while len(self._moved) >= MAX_REMEMBERED:
                del self._moved[next(iter(self._moved))]
            self._moved[url] = answer.url, answer.public_only
        return answer

    async def _ask_at(
        self, url: str, headers: dict[str, str], stack: AsyncExitStack, public_only: bool
    ) -> HttpAnswer:
        plain = {"Accept-Encoding": "identity", **headers}
        opened = self._http.open(
            url, seconds=self._patience.head_seconds, headers=plain, public_only=public_only
        )
        return await stack.enter_async_context(opened)


def _check_file(answer: HttpAnswer, offset: int, length: int, file_length: int) -> int:
    """See that an answer is the range that was asked for.

    Returns:
        Bytes to be skipped: a server that ignores ranges may give the whole file, which is
        taken if what is wanted is at its beginning, or not far from it.

    Raises:
        WebseedError: It is not.
    """
    if answer.status not in (200, 206):
        raise _refusal(answer)
    _check_plain(answer)
    left = answer.body.left
    if answer.status == 200:
        if left is not None and left != file_length:
            raise WebseedError(f"has a file of {left} bytes, not {file_length}", is_missing=True)
        if left is None and length != file_length:
            raise WebseedError("ignores ranges", is_missing=True)
        if offset > length:
            raise WebseedError("ignores ranges", is_missing=True)
        return offset
    found = CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if found is None:
        raise WebseedError("does not say which range it gives", is_missing=True)
    if found[3] not in ("*", str(file_length)):
        raise WebseedError(f"has a file of {found[3]} bytes, not {file_length}", is_missing=True)
    given = (int(found[1]), int(found[2]))
    if given != (offset, offset + length - 1) or left not in (None, length):
        raise WebseedError("gives another range than asked for", is_missing=True)
    return 0


async def _check_piece(length: int, seconds: float, answer: HttpAnswer) -> None:
    """See that an answer is a piece of this length.

    Raises:
        WebseedError: It is not.
    """
    if answer.status == 503 and "retry-after" not in answer.headers:
        answer.headers["retry-after"] = await _spoken(answer.body, seconds)
    if answer.status not in (200, 206):
        raise _refusal(answer)
    _check_plain(answer)
    if answer.body.left not in (None, length):
        message = f"gave {answer.body.left} bytes for a piece of {length}"
        raise WebseedError(message, is_missing=True)


def _check_plain(answer: HttpAnswer) -> None:
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise WebseedError("packs what it sends, which was not asked for", is_missing=True)


def _refusal(answer: HttpAnswer) -> WebseedError:
    """What another status than success means."""
    status = answer.status
    text = f"HTTP {status}" + (f": {REASONS[status]}" if status in REASONS else "")
    retry = _retry_seconds(answer.headers.get("retry-after", "")) if status in BUSY else None
    if status in BUSY:
        return WebseedError(f"HTTP {status}: is busy", retry)
    return WebseedError(text, is_missing=status < 500)


def _retry_seconds(text: str) -> float | None:
    """Read a Retry-After, a number of seconds or a date (RFC 9110, 10.2.3)."""
    text = text.strip()
    if SECONDS.fullmatch(text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


async def _skip(skipped: WebseedBody) -> None:
    room = memoryview(bytearray(min(skipped.left, 64 * 1024)))
    while skipped.left:
        if skipped.take_into(room) is None:
            await skipped.wait()


async def _spoken(body: Body, seconds: float) -> str:
    """The beginning of a short body, as text."""
    room = memoryview(bytearray(MAX_SPOKEN))
    with trio.move_on_after(seconds):
        while True:
            got = body.take_into(room)
            if got is not None:
                return bytes(room[:got]).decode("latin-1").strip()
            await body.wait()
    return ""
