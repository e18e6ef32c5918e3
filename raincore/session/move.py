"""Handing a torrent to another server, in rain's form, so that it may be one of rain.

The torrent goes on here until the other side has all of it; content stays on disk.
"""

from __future__ import annotations

import json
from contextlib import aclosing, contextmanager, suppress
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.base.session_errors import MetadataNotReady, SessionError
from raincore.documents.session_records import TorrentStatus
from raincore.formats import metainfo as metainfos
from raincore.session import move_record
from raincore.storage import content_transfer
from raincore.storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

    from raincore.net.http_client import HttpClient, HttpReply
    from raincore.session.managed_torrent import ManagedTorrent

__all__ = ["BOUNDARY", "Moves", "send", "written"]

ASK_SECONDS = 30.0
MAX_STATE = 32 * 1024 * 1024
OK = 200
REFUSALS = (401, 403)
BOUNDARY = "rain-move-torrent"


class Moves:
    """The torrents of a session that are on their way in or out; each is but once."""

    def __init__(self) -> None:
        self._busy: dict[str, trio.CancelScope | None] = {}

    @contextmanager
    def alone(self, id: str, scope: trio.CancelScope | None = None) -> Iterator[None]:
        """Move a torrent; nobody else does meanwhile.

        Args:
            scope: Ends it if the torrent is removed.

        Raises:
            SessionError: It is being moved.
        """
        if id in self._busy:
            raise SessionError("that torrent is being moved")
        self._busy[id] = scope
        try:
            yield
        finally:
            del self._busy[id]

    def end(self, id: str) -> None:
        """A torrent is being removed: hand it over no longer."""
        scope = self._busy.get(id)
        if scope is not None:
            scope.cancel()


async def send(
    torrent: ManagedTorrent, target: str, moves: Moves, forget: Callable[[], Awaitable[None]]
) -> None:
    """Hand a torrent to the server at a URL, and forget it here; see `Session.move`.

    Args:
        forget: Removes it here, without its content.
    """
    scope = trio.CancelScope()
    with moves.alone(torrent.id, scope):
        started = torrent.status is not TorrentStatus.STOPPED
        torrent.life.hold()  # it is still to run here if we are killed meanwhile
        try:
            with scope:
                with trio.move_on_after(ASK_SECONDS), suppress(SessionError):
                    await torrent.wait_stopped()
                await transfer(torrent, target, started=started)
            if scope.cancelled_caught:
                raise SessionError("torrent was removed")
        except BaseException:
            # Unless somebody has stopped it meanwhile.
            if started and torrent.life.record.started and not torrent.life.removed:
                with trio.CancelScope(shield=True):
                    await torrent.start()
            raise
    await forget()


async def transfer(torrent: ManagedTorrent, target: str, *, started: bool) -> None:
    """Send it; the other side has all of it when this returns."""
    id, http = torrent.id, torrent.life.commons.services.http
    url = f"{target.rstrip('/')}/move-torrent?id={id}"
    try:
        metainfo = torrent.metainfo()
    except MetadataNotReady:
        metainfo = b""
    record = move_record.encode(torrent, torrent.stats(), metainfo, started=started)
    content = nothing()
    if metainfo:
        layout = Layout.of(metainfos.parse(metainfo).info, torrent.directory)
        content = packed(layout, await there(http, url))
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    async with aclosing(written(id, record, content)) as form:
        reply = await http.post(url, form, {"Content-Type": kind})
    if reply.status != OK:
        raise http_error(reply)


async def there(http: HttpClient, url: str) -> dict[str, int]:
    """How much of each file the other side has; rain cannot say, and has nothing."""
    try:
        reply = await http.get(url, seconds=ASK_SECONDS, max_bytes=MAX_STATE)
        value = json.loads(reply.body) if reply.status == OK else {}
    except (FormatError, ValueError, RecursionError):
        return {}
    if reply.status in REFUSALS:
        raise http_error(reply)  # before anything is sent in vain
    if not isinstance(value, dict):
        return {}
    return {n: v for n, v in value.items() if type(v) is int and 0 <= v < 2**63}


async def written(id: str, record: bytes, content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Give a form piece by piece: the id, the record, and the content as it comes."""
    for name, data in (("id", id.encode()), ("metadata", record)):
        yield head(name) + data + b"\r\n"
    yield head("data")
    async with aclosing(content):
        async for part in content:
            yield part
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def head(name: str) -> bytes:
    """How a part of the form begins."""
    shown = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return shown.encode()


def http_error(reply: HttpReply) -> SessionError:
    """What the other side said instead of taking it."""
    said = printable(reply.body[:200].strip())
    return SessionError(f"http error: {reply.status}" + (f": {said}" if said else ""))


async def nothing() -> AsyncGenerator[bytes]:
    """An archive with nothing in it."""
    yield bytes(1024)


async def packed(layout: Layout, there: dict[str, int]) -> AsyncGenerator[bytes]:
    """The content as an archive, without what is there already."""
    parts = content_transfer.pack(layout, there)
    try:
        while (part := await trio.to_thread.run_sync(next, parts, None)) is not None:
            yield part
    finally:
        parts.close()
