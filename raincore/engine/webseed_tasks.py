"""One task for each range that comes from a web seed; none for idle web seeds.

Bytes go from the connection straight into the piece's buffer. The machine is asked where,
is told how many, and says how far to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError, WebseedError
from raincore.formats import http_url, webseed_url
from raincore.policy import webseed_ranges
from raincore.swarm.commands import FetchRange, ResumeFetch
from raincore.swarm.range_events import RangeArrived, RangeEnded, RangeFailure

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from raincore.engine.torrent import Torrent
    from raincore.net.webseed_body import WebseedBody
    from raincore.policy.webseed_ranges import Part
    from raincore.swarm.commands import StopFetch

__all__ = ["WebseedTasks"]

READ_LENGTH = 256 * 1024
"""Bytes read at once: longer reads would make peers wait."""


class _Task:
    """One fetch under way."""

    def __init__(self, command: FetchRange) -> None:
        self.command = command
        self.scope = trio.CancelScope()
        self.resumed = trio.Event()
        self.file_index: int | None = None
        """The file being asked for."""


class WebseedTasks:
    """One torrent's fetches from web seeds.

    Args:
        torrent: Whose machine decides, and whose buffers are filled.
    """

    __slots__ = ("_tasks", "_torrent")

    def __init__(self, torrent: Torrent) -> None:
        self._torrent = torrent
        self._tasks: dict[int, _Task] = {}

    def execute(self, command: FetchRange | ResumeFetch | StopFetch) -> None:
        """Do as the machine says. Never waits."""
        if isinstance(command, FetchRange):
            self.fetch(command)
        elif isinstance(command, ResumeFetch):
            self.resume(command.fetch)
        else:
            self.stop(command.fetch)

    def fetch(self, command: FetchRange) -> None:
        """Begin to fetch a range. Never waits."""
        task = self._tasks[command.fetch] = _Task(command)
        self._torrent.start_soon(self._run, task)

    def resume(self, fetch: int) -> None:
        """Let a fetch go on that waited for memory."""
        if fetch in self._tasks:
            self._tasks[fetch].resumed.set()

    def stop(self, fetch: int) -> None:
        """End a fetch."""
        if fetch in self._tasks:
            self._tasks[fetch].scope.cancel()

    async def _run(self, task: _Task) -> None:
        failure = None
        with task.scope:
            try:
                await self._fetch(task)
            except WebseedError as error:
                failure = RangeFailure(
                    f"{error}{self._named(task)}",
                    error.retry_seconds,
                    task.file_index if error.is_missing else None,
                    is_final=error.is_missing and task.file_index is None,
                )
            except RainError as error:
                failure = RangeFailure(str(error))
        del self._tasks[task.command.fetch]
        self._torrent.dispatch(RangeEnded(task.command.fetch, failure))

    def _named(self, task: _Task) -> str:
        """The file being asked for, if there are several."""
        info = self._torrent.info
        if task.file_index is None or info is None or not info.is_multi_file:
            return ""
        return f": {'/'.join(info.files[task.file_index].path)}"

    async def _fetch(self, task: _Task) -> None:
        """Ask for one file or piece after the other, as far as the machine wants."""
        info, door = self._torrent.info, self._torrent.machine.webseeds
        assert info is not None
        key = task.command.fetch
        while (end := door.end_of(key)) and (position := door.position(key)) < end:
            part = next(webseed_ranges.parts(info, position, end))
            if task.command.by_piece:
                piece = position // info.geometry.piece_length
                length = info.geometry.length_of(piece)
                async with self._piece(task, piece, length) as body:
                    await self._take(task, position + length, body)
            elif part.is_padding:
                await self._take(task, position + part.length, None)
            else:
                async with self._file(task, part) as body:
                    await self._take(task, position + part.length, body)

    def _file(self, task: _Task, part: Part) -> AbstractAsyncContextManager[WebseedBody]:
        info = self._torrent.info
        assert info is not None
        task.file_index = part.file_index
        url = webseed_url.of_file(task.command.url, info, part.file_index)
        client = self._torrent.world.webseeds
        return client.open_file(
            url,
            part.offset,
            part.length,
            part.file_length,
            public_only=http_url.has_query(task.command.url),
        )

    def _piece(
        self, task: _Task, piece: int, length: int
    ) -> AbstractAsyncContextManager[WebseedBody]:
        url = webseed_url.of_piece(task.command.url, self._torrent.info_hash, piece, length)
        return self._torrent.world.webseeds.open_piece(
            url, length, public_only=http_url.has_query(task.command.url)
        )

    async def _take(self, task: _Task, end: int, body: WebseedBody | None) -> None:
        """Move bytes to where they belong until all have come or no more are wanted.

        Args:
            end: Content offset behind the last.
            body: Where they come from; None for zeros.
        """
        torrent, key = self._torrent, task.command.fetch
        door, down = torrent.machine.webseeds, torrent.rates.limiter_of_url(task.command.url)
        while (goal := min(end, door.end_of(key))) and (position := door.position(key)) < goal:
            allowed = READ_LENGTH if body is None else await down.wait(READ_LENGTH)
            task.resumed = trio.Event()
            got = self._read(key, min(allowed, end - position), body)
            if body is not None:
                down.give_back(allowed - (got or 0))
            if got is None:
                await self._wait(task, body)
                continue
            torrent.dispatch(RangeArrived(key, got if body is not None else 0))
            await trio.lowlevel.checkpoint()

    def _read(self, key: int, most: int, body: WebseedBody | None) -> int | None:
        """One read, of at most `most` bytes; None if none have come or there is no room."""
        torrent = self._torrent
        door = torrent.machine.webseeds
        room = door.room(key)
        if room is None:
            return None
        most = min(most, room.length)
        if room.direct:
            view = torrent.piece_io.place(room.piece, room.begin, most)
        else:
            most = min(most, len(torrent.world.scratch))
            view = torrent.world.scratch[:most]
        if body is None:
            view[:] = bytes(most)
        got = most if body is None else body.take_into(view)
        if not got:
            return None
        for begin, length in door.accept(key, got):
            if not room.direct:
                target = torrent.piece_io.place(room.piece, begin, length)
                target[:] = view[begin - room.begin : begin - room.begin + length]
        return got

    async def _wait(self, task: _Task, body: WebseedBody | None) -> None:
        """Wait for memory, or for bytes; not if no more are wanted."""
        door, key = self._torrent.machine.webseeds, task.command.fetch
        if door.room(key) is not None:
            if body is not None:
                await body.wait()
        elif door.end_of(key) > door.position(key):
            await task.resumed.wait()
