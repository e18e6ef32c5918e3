"""Torrents handed from one server to another: who sends, and who receives.

rain's form, so that either side may be rain. What arrives lies in a directory of its own,
".moving-ID", until all of it has come and its hashes are right; if the transfer breaks, ours
goes on from there. The sender keeps its content on disk.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError, RainError, StorageError
from raincore.base.printable import printable
from raincore.base.session_errors import MetadataNotReady, SessionError
from raincore.documents.session_records import TorrentStatus
from raincore.formats import metainfo as metainfos
from raincore.rpc import move_form, move_record
from raincore.rpc.body import Refused
from raincore.rpc.move_form import MAX_ID, MAX_RECORD, Form
from raincore.session.add_options import AddOptions, checked_id
from raincore.session.commons import places
from raincore.storage import content_transfer, verification
from raincore.storage.layout import Layout
from raincore.storage.torrent_record import TorrentOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from raincore.base.config import Config
    from raincore.formats.metainfo import Metainfo
    from raincore.net.http_client import HttpClient, HttpReply
    from raincore.rpc.move_record import MoveRecord
    from raincore.session.managed_torrent import ManagedTorrent
    from raincore.session.session import Session

__all__ = ["Moving"]

log = logging.getLogger(__name__)
ASK_SECONDS = 30.0
MAX_STATE = 32 * 1024 * 1024
OK = 200
REFUSALS = (401, 403)


class Moving:
    """Sends and receives torrents.

    Args:
        session: Whose torrents these are.
        config: Where content is put.
    """

    def __init__(self, session: Session, config: Config) -> None:
        self._session = session
        self._data_dir, _ = places(config)
        self._own_directory = config.session.data_dir_includes_torrent_id
        self._busy: set[str] = set()

    # --- sending --------------------------------------------------------------------------

    async def send(self, id: str, target: str) -> None:
        """Hand a torrent to the server at a URL, and forget it here; its content stays.

        Waits for the whole transfer. If that fails or is cancelled, the torrent goes on here.

        Raises:
            TorrentNotFound: There is none.
            SessionError: The other server does not take it.
            NetworkError, FormatError, StorageError: It cannot be reached, or read.
        """
        torrent = self._session.get(id)
        with self._alone(id):
            started = torrent.status is not TorrentStatus.STOPPED
            torrent.life.hold()  # it is still to run here if we are killed meanwhile
            try:
                with trio.move_on_after(ASK_SECONDS), suppress(SessionError):
                    await torrent.wait_stopped()
                await self._transfer(torrent, target, started=started)
            except BaseException:
                if started and torrent.life.record.started:  # nobody has stopped it meanwhile
                    with trio.CancelScope(shield=True):
                        await torrent.start()
                raise
            await self._session.remove(id, keep_data=True)

    async def _transfer(self, torrent: ManagedTorrent, target: str, *, started: bool) -> None:
        id, http = torrent.id, torrent.life.commons.services.http
        url = f"{target.rstrip('/')}/move-torrent?id={id}"
        try:
            metainfo = torrent.metainfo()
        except MetadataNotReady:
            metainfo = b""
        record = move_record.encode(torrent, torrent.stats(), metainfo, started=started)
        content = _nothing()
        if metainfo:
            layout = Layout.of(metainfos.parse(metainfo).info, torrent.directory)
            content = _packed(layout, await self._there(http, url))
        kind = f"multipart/form-data; boundary={move_form.BOUNDARY}"
        async with aclosing(move_form.written(id, record, content)) as form:
            reply = await http.post(url, form, {"Content-Type": kind})
        if reply.status != OK:
            raise _http_error(reply)

    async def _there(self, http: HttpClient, url: str) -> dict[str, int]:
        """How much of each file the other side has; rain cannot say, and has nothing."""
        try:
            reply = await http.get(url, seconds=ASK_SECONDS, max_bytes=MAX_STATE)
            value = json.loads(reply.body) if reply.status == OK else {}
        except (FormatError, ValueError, RecursionError):
            return {}
        if reply.status in REFUSALS:
            raise _http_error(reply)  # before anything is sent in vain
        if not isinstance(value, dict):
            return {}
        return {n: v for n, v in value.items() if type(v) is int and 0 <= v < 2**63}

    # --- receiving ------------------------------------------------------------------------

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
            with self._alone(id):
                record = move_record.decode(await form.small("metadata", MAX_RECORD))
                await form.begin("data")
                await self._take(id, record, form)
        except RainError as error:
            # The sender may tell nobody but that it was refused.
            log.warning("a torrent was not taken over", extra={"facts": {"id": id, "error": error}})
            raise Refused(500, str(error)) from error

    async def _take(self, id: str, record: MoveRecord, form: Form) -> None:
        staging = self._staging(id)
        if record.metainfo:
            metainfo = metainfos.parse(record.metainfo)
            layout = Layout.of(metainfo.info, staging)
            await _unpacked(form, layout)
            await trio.to_thread.run_sync(_verify, metainfo, layout, record.is_whole)
        await self._session.remove(id, keep_data=False)
        if record.metainfo:
            home = self._data_dir / id if self._own_directory else self._data_dir
            await trio.to_thread.run_sync(_settle, staging, home, self._own_directory)
        options = AddOptions(
            id=id,
            stopped=not record.started,
            name=record.name,
            options=TorrentOptions(
                stop_after_download=record.stop_after_download,
                stop_after_metadata=record.stop_after_metadata,
                sequential=record.sequential,
            ),
        )
        if record.metainfo:
            await self._session.add_torrent(record.metainfo, options)
        else:
            await self._session.add_uri(record.magnet, options)

    def _staging(self, id: str) -> Path:
        return self._data_dir / f".moving-{id}"

    @contextmanager
    def _alone(self, id: str) -> Iterator[None]:
        if id in self._busy:
            raise SessionError("that torrent is being moved")
        self._busy.add(id)
        try:
            yield
        finally:
            self._busy.discard(id)


def _checked(id: str) -> str:
    try:
        return checked_id(id)
    except FormatError as error:
        raise Refused(400, str(error)) from error


def _http_error(reply: HttpReply) -> SessionError:
    said = printable(reply.body[:200].strip())
    return SessionError(f"http error: {reply.status}" + (f": {said}" if said else ""))


async def _nothing() -> AsyncGenerator[bytes]:
    yield bytes(1024)  # an archive with nothing in it


async def _packed(layout: Layout, there: dict[str, int]) -> AsyncGenerator[bytes]:
    parts = content_transfer.pack(layout, there)
    try:
        while (part := await trio.to_thread.run_sync(next, parts, None)) is not None:
            yield part
    finally:
        parts.close()


async def _unpacked(form: Form, layout: Layout) -> None:
    """Write what comes, in a thread that reads it from a pipe."""
    reader, writer = os.pipe()

    def unpack() -> None:
        with open(reader, "rb", buffering=0) as file:
            content_transfer.unpack(file, layout)

    failures: list[RainError | Refused] = []

    async def run() -> None:
        try:
            await trio.to_thread.run_sync(unpack)  # the end of the pipe ends it, whatever happens
        except RainError as error:
            failures.append(error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        try:
            await form.copy(writer)
        except Refused as error:
            failures.insert(0, error)  # then the archive is cut off, too
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


def _settle(staging: Path, home: Path, is_own: bool) -> None:
    """Put what has come to its place.

    Args:
        is_own: Whether nothing else belongs into `home`: what is there is of an earlier
            torrent of that id, and makes way.

    Raises:
        StorageError: Something is there that may be anybody's.
    """
    if not staging.is_dir():
        return
    home.mkdir(parents=True, exist_ok=True)
    for entry in staging.iterdir():
        target = home / entry.name
        if os.path.lexists(target):
            if not is_own:
                raise StorageError(f"something is there already: {entry.name}", str(target))
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink()
        entry.rename(target)
    staging.rmdir()


def _lengths_below(root: Path) -> dict[str, int]:
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            found[str(path.relative_to(root))] = path.lstat().st_size
    return found
