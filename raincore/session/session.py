"""Many torrents in one process: what rain-serve stands on, and programs that use rain.

    from raincore import Config, Session

    async with Session(Config(data_dir="downloads")) as session:
        torrent = await session.add_uri("magnet:?xt=urn:btih:…")
        await torrent.wait_complete()

Several sessions may be open in one process, each with a database of its own. Whatever reads
answers from memory and never waits, so it is no coroutine; whatever changes something is
one, and has been made durable when it returns.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Self

import trio

from raincore.base.printable import printable
from raincore.base.session_errors import DuplicateId, SessionError, TorrentNotFound
from raincore.session import (
    adding,
    durable,
    enrolment,
    move,
    reconfiguring,
    removing,
    session_stats,
)
from raincore.session.add_options import AddOptions, checked_id, new_id
from raincore.session.changes import since as changes_since
from raincore.session.commons import home
from raincore.session.managed_torrent import ManagedTorrent
from raincore.session.move import Moves
from raincore.session.opening import open_commons
from raincore.session.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from raincore.base.config import Config
    from raincore.documents.session_records import Changes, SessionEvent, SessionStats
    from raincore.session.adding import Adding
    from raincore.session.changes import Changed
    from raincore.session.commons import Commons, MakeStorage
    from raincore.session.torrent_life import TorrentLife
    from raincore.storage.session_store import Loaded

__all__ = ["Session"]

DEFAULTS = AddOptions()


class Session:
    """Torrents, their ports, their database; an async context manager.

    Args:
        config: `data_dir` and `session` say where things are; the rest is for all torrents.
        make_storage: Where content lives, if not in files below `data_dir`: is called in
            a worker thread with the torrent's record and its info dictionary.
        on_warning: Is told what needs attention, a line each; must not block.

    Raises:
        ConfigError: On entering: settings cannot be honoured, or `data_dir` is a file.
        ListenError: On entering: the shared port cannot be had.
        SessionLocked: On entering: another process has the database.
        StorageError: On entering: the database cannot be opened, or is damaged; it is left
            as it is.

    Leaving stops all torrents, trackers told, within some seconds; what was started starts
    again with the next session.
    """

    def __init__(
        self,
        config: Config,
        *,
        make_storage: MakeStorage | None = None,
        on_warning: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.config = config
        self.warnings: list[str] = []
        self.moves = Moves()
        self._make_storage = make_storage
        self._on_warning = on_warning
        self._lives: dict[str, TorrentLife] = {}
        self._taken: set[str] = set()  # ids of torrents that are still to come, or to go
        self._damaged: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._commons: Commons | None = None
        self._upkeep: Upkeep | None = None
        self._began = 0.0

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            opened = open_commons(self.config, self._warn)
            commons, loaded = await stack.enter_async_context(opened)
            commons.make_storage = self._make_storage
            self._commons, self._began = commons, trio.current_time()
            await self._take_up(commons, loaded)
            self._stack = stack.pop_all()
        return self

    async def _take_up(self, commons: Commons, loaded: Loaded) -> None:
        offload = commons.services.world.offload
        known = await offload.run("metainfo", lambda: enrolment.parsed(loaded))
        self._lives.update(enrolment.restore(commons, loaded, known))
        self._damaged = loaded.damaged
        for id, why in self._damaged.items():
            self._warn(f"torrent {printable(id, 40)} cannot be loaded, its record is kept: {why}")
        self._upkeep = Upkeep(commons, self._lives)
        self._upkeep.decide()
        commons.nursery.start_soon(self._upkeep.run)
        self._upkeep.wake()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            with trio.CancelScope(shield=True):
                await self._end()
        finally:
            await self._stack.__aexit__(kind, error, traceback)

    async def _end(self) -> None:
        self._opened.closing = True
        await removing.close_all(self._lives.values())
        self._commons = None

    @property
    def _opened(self) -> Commons:
        if self._commons is None:
            raise SessionError("the session is not open")
        return self._commons

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
        self._on_warning(text)

    async def add_torrent(self, metainfo: bytes, options: AddOptions = DEFAULTS) -> ManagedTorrent:
        """Add a .torrent file; it runs unless `options.stopped`.

        The same torrent may be added several times: each has its own id, port and content.

        Raises:
            FormatError: The file or the id is malformed, or it has too many pieces.
            ConfigError: The options do not fit it.
            DuplicateId: There is a torrent of that id.
            NoFreePort: Every port of the range is taken.
            StorageError: It could not be remembered; then it was not added.
        """
        offload, rules = self._opened.services.world.offload, self.config.session
        return await self._add(await adding.read(metainfo, options, rules, offload), options)

    async def add_uri(self, uri: str, options: AddOptions = DEFAULTS) -> ManagedTorrent:
        """Add a magnet link, or the .torrent file at an http: or https: URL.

        Raises:
            SessionError: Another scheme: "unsupported uri scheme: X".
            FormatError, NetworkError: The link is malformed, or the file cannot be had.
            ConfigError, DuplicateId, NoFreePort, StorageError: As for `add_torrent`.
        """
        uri = adding.stripped(uri)
        if adding.scheme_of(uri) == "magnet":
            return await self._add(adding.from_magnet(uri, options), options)
        self._check_id(options)  # before anybody is asked for anything
        return await self.add_torrent(await self._opened.services.download(uri), options)

    def _check_id(self, options: AddOptions) -> str:
        id = checked_id(options.id) if options.id else new_id()
        if id in self._lives or id in self._taken or id in self._damaged:
            raise DuplicateId(id)
        return id

    async def _add(self, made: Adding, options: AddOptions) -> ManagedTorrent:
        commons, id = self._opened, self._check_id(options)
        self._taken.add(id)
        try:
            place = home(self.config, id, options.data_dir)
            life = await enrolment.enrol(commons, made, id, place, options)
        finally:
            self._taken.discard(id)
        self._lives[id] = life
        life.tell("added")
        life.wake()
        commons.note(id)
        return ManagedTorrent(life)

    def get(self, id: str) -> ManagedTorrent:
        """The torrent of an id.

        Raises:
            TorrentNotFound: There is none.
        """
        life = self._lives.get(id)
        if life is None:
            raise TorrentNotFound(id)
        return ManagedTorrent(life)

    def torrents(self) -> list[ManagedTorrent]:
        """All torrents, in the order in which they were added."""
        return [ManagedTorrent(life) for life in self._lives.values()]

    async def remove(self, id: str, *, keep_data: bool) -> None:
        """Stop and forget a torrent; harmless when there is none of that id.

        Waits until it is forgotten and, unless `keep_data`, its content is deleted: its own
        directory, or only its own files where torrents share one.

        Raises:
            StorageError: It could not be forgotten, and is there still, stopped; or not all
                of its content could be deleted.
        """
        life, commons = self._lives.get(id), self._opened
        if life is None or life.removed:
            return
        self.moves.end(id)  # if it is on its way to another server
        await removing.stop_for_good(life)
        await removing.forget(life)
        del self._lives[id]
        commons.ports.give_back(life.record.port)
        life.tell("removed")
        commons.note(id)
        if keep_data:
            return
        self._taken.add(id)  # or who adds it anew meanwhile loses what it gets
        try:
            await removing.delete_content(life, self._lives.values())
        finally:
            self._taken.discard(id)

    async def move(self, id: str, target: str) -> None:
        """Hand a torrent to the server at a URL, and forget it here; its content stays on disk.

        Waits for the whole transfer; if that fails or is cancelled, the torrent goes on here,
        and another attempt where this one broke. Removing the torrent ends it.

        Raises:
            TorrentNotFound: There is none.
            SessionError: It is being moved, or the other server does not take it.
            NetworkError, FormatError, StorageError: It cannot be reached, or read.
        """
        await move.send(self.get(id), target, self.moves, partial(self.remove, id, keep_data=True))

    async def start_all(self) -> None:
        """Start whatever is stopped."""
        await durable.set_started(list(self._lives.values()), started=True)

    async def stop_all(self) -> None:
        """Stop whatever runs."""
        await durable.set_started(list(self._lives.values()), started=False)

    async def clean_database(self) -> int:
        """Drop the records that could not be loaded; say how many.

        Raises:
            StorageError: The database failed.
        """
        damaged, self._damaged = self._damaged, {}
        for id in damaged:
            await self._opened.ledger.erase(id)
        return len(damaged)

    def stats(self) -> SessionStats:
        """The session in numbers."""
        seconds, lives = int(trio.current_time() - self._began), self._lives.values()
        return session_stats.of(self._opened, lives, seconds, len(self._damaged), self.warnings)

    def changes_since(self, revision: int = 0) -> Changes:
        """Rows of the list that have changed since a revision; 0 for all of it."""
        return self.torrents_since(revision).listed()

    def torrents_since(self, revision: int = 0) -> Changed:
        """The same without the rows, to make them one after another."""
        return changes_since(self._opened.log, self._lives.values(), revision)

    def events(self, since: int | None = None) -> AsyncIterator[SessionEvent]:
        """Follow what happens, from now on or from after a revision.

        A reader that does not keep up, or comes too late, hears "lost" instead of what it
        has missed: nothing waits for it.
        """
        return self._opened.log.follow(since)

    def reconfigure(self, config: Config) -> list[str]:
        """Take over new settings; name those that need a new session, as "group.key"."""
        commons = self._opened
        self.config, fixed = reconfiguring.changed(self.config, config)
        reconfiguring.apply(commons, self.config, self._lives.values())
        assert self._upkeep is not None
        self._upkeep.reconfigure()
        return fixed
