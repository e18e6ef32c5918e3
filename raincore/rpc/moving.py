"""Torrents that another server hands over; `session.move` is the other side.

What arrives lies in a directory of its own, ".moving-ID", until all of it has come and its
hashes are right; if the transfer breaks, ours goes on from there.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError, RainError, StorageError, the_one
from raincore.base.session_errors import SessionError
from raincore.formats import metainfo as metainfos
from raincore.rpc import leftovers, settling
from raincore.rpc.body import Refused
from raincore.rpc.move_form import MAX_ID, MAX_RECORD, Form
from raincore.session import move_record
from raincore.session.add_options import AddOptions, checked_id
from raincore.session.commons import places
from raincore.storage import content_transfer, verification
from raincore.storage.directory_tree import Modes
from raincore.storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from raincore.base.config import Config
    from raincore.formats.metainfo import Metainfo
    from raincore.session.move_record import MoveRecord
    from raincore.session.session import Session

__all__ = ["Moving"]

log = logging.getLogger(__name__)


class Moving:
    """Receives torrents.

    Args:
        session: Whose torrents these are.
        config: Where content is put.
    """

    def __init__(self, session: Session, config: Config) -> None:
        self._session = session
        self._data_dir, _ = places(config)
        self._modes = Modes.of(config.session.file_mode)
        self._own_directory = config.session.data_dir_includes_torrent_id

    async def weed(self, scope: trio.CancelScope) -> None:
        """Remove what broken moves have left, if nobody has gone on with them for long.

        Args:
            scope: Ends it, without waiting for the disk.
        """
        run = partial(trio.to_thread.run_sync, abandon_on_cancel=True)
        facts: dict[str, object]
        with scope:
            try:
                stale = await run(leftovers.stale, self._data_dir, time.time())
            except RuntimeError as error:  # the system gives no thread: next time, then
                facts = {"error": error}
                log.warning("what moves have left was not looked for", extra={"facts": facts})
                return
            for id in stale:
                facts = {"id": id}
                try:
                    with self._session.moves.alone(id):
                        await run(leftovers.remove, self._staging(id))
                except (RainError, RuntimeError) as error:
                    facts["error"] = error
                    log.warning("what a move has left was not removed", extra={"facts": facts})
                else:
                    log.info("what a move has left was removed", extra={"facts": facts})

    async def there(self, id: str) -> dict[str, int]:
        """How much of each file has come in a transfer that broke; by path."""
        staging = self._staging(_checked(id))
        return await trio.to_thread.run_sync(_lengths_below, staging)

    async def receive(self, content_type: str, parts: AsyncIterator[bytes]) -> None:
        """Take a torrent over. One of the same id is replaced when all of it has come.

        Raises:
            Refused: It is not taken, with the status and the reason for the sender.
        """
        form = Form(content_type, parts)
        id = (await form.small("id", MAX_ID)).decode("utf-8", "replace")
        if not id:
            raise Refused(400, "id required")
        _checked(id)
        try:
            with self._session.moves.alone(id):
                record = move_record.decode(await form.small("metadata", MAX_RECORD))
                await form.begin("data")
                await self._take(id, record, form)
        except RainError as error:
            # The sender may tell nobody but that it was refused.
            log.warning("a torrent was not taken over", extra={"facts": {"id": id, "error": error}})
            raise Refused(500, str(error)) from error

    async def _take(self, id: str, record: MoveRecord, form: Form) -> None:
        staging = self._staging(id)
        home = self._data_dir / id if self._own_directory else self._data_dir
        if record.metainfo:
            metainfo = metainfos.parse(record.metainfo)
            layout = Layout.of(metainfo.info, staging)
            await self._see_free(id, layout)  # before hours of transfer, too
            await _unpacked(form, layout, self._modes)
            await trio.to_thread.run_sync(_verify, metainfo, layout, record.is_whole)
            await self._see_free(id, layout)
        await self._session.remove(id, keep_data=False)
        if record.metainfo:
            mode, replaces = self._modes.directory, self._own_directory
            await trio.to_thread.run_sync(settling.settle, staging, home, replaces, mode)
        options = AddOptions(
            id=id,
            stopped=not record.started,
            name=record.name,
            peers=record.peers,
            options=record.options,
            before=record.before,
        )
        if record.metainfo:
            await self._session.add_torrent(record.metainfo, options)
        else:
            await self._session.add_uri(record.magnet, options)

    async def _see_free(self, id: str, layout: Layout) -> None:
        """Refuse what has no place in a directory of all torrents."""
        if not self._own_directory:
            names = {file.parts[0] for file in layout.files if not file.is_padding}
            old = self._names_of(id)
            await trio.to_thread.run_sync(settling.see_free, names, self._data_dir, old)

    def _names_of(self, id: str) -> frozenset[str]:
        """What goes from the directory of all torrents when that one is removed."""
        try:
            old = self._session.get(id)
            info = metainfos.parse(old.metainfo()).info
        except SessionError:
            return frozenset()  # there is none, or nothing of it
        if old.directory != self._data_dir:
            return frozenset()
        return frozenset(file.disk_path[0] for file in info.files if not file.is_padding)

    def _staging(self, id: str) -> Path:
        return self._data_dir / f"{leftovers.PREFIX}{id}"


def _checked(id: str) -> str:
    try:
        return checked_id(id)
    except FormatError as error:
        raise Refused(400, str(error)) from error


async def _unpacked(form: Form, layout: Layout, modes: Modes) -> None:
    """Write what comes, in a thread that reads it from a pipe."""
    reader, writer = os.pipe()

    def unpack() -> None:
        with open(reader, "rb", buffering=0) as file:
            content_transfer.unpack(file, layout, modes)

    failures: list[RainError | Refused] = []

    async def run() -> None:
        try:
            await trio.to_thread.run_sync(unpack)  # the end of the pipe ends it, whatever happens
        except RainError as error:
            failures.append(error)

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            try:
                await form.copy(writer)
            except Refused as error:
                failures.insert(0, error)  # then the archive is cut off, too
    except BaseExceptionGroup as group:
        raise the_one(group) from None  # the sender has left
    if failures:
        raise failures[0]


def _verify(metainfo: Metainfo, layout: Layout, is_whole: bool) -> None:
    """See whether what has come is what the sender has.

    Raises:
        StorageError: It is not; what has come is deleted, so that nobody goes on from there.
    """
    found = verification.verify(metainfo, layout)
    wrong = len(found.good) - found.good.count() if is_whole else 0
    if wrong:
        _delete(layout)
        raise StorageError(f"{wrong} of {len(found.good)} pieces did not arrive as they are")


def _delete(layout: Layout) -> None:
    shutil.rmtree(layout.root, ignore_errors=True)


def _lengths_below(root: Path) -> dict[str, int]:
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            found[str(path.relative_to(root))] = path.lstat().st_size
    return found
