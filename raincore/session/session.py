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

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from raincore.base.config import Config
    from raincore.documents.session_records import Changes, SessionEvent, SessionStats
    from raincore.session.add_options import AddOptions
    from raincore.session.managed_torrent import ManagedTorrent

__all__ = ["Session"]


class Session:
    """Torrents, their ports, their database; use it as an async context manager.

    Args:
        config: `data_dir` and `session` say where things are; the rest is for all torrents.
        make_storage: Where content lives, if not in files below `data_dir`: is called in
            a worker thread with the torrent's record and its info dictionary.
        on_warning: Is told what needs attention, a line each; must not block.

    Raises:
        ConfigError: On entering: settings cannot be honoured.
        SessionLocked: Another process has the database.
        StorageError: The database cannot be opened, or is damaged; it is left as it is.
    """

    def __init__(self, config: Config, *, on_warning=None, make_storage=None) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def add_torrent(self, metainfo: bytes, options: AddOptions = ...) -> ManagedTorrent:
        """Add a .torrent file; it runs unless `options.stopped`.

        The same torrent may be added several times: each has its own id, port and content.

        Raises:
            FormatError: The file or the id is malformed, or it has too many pieces.
            DuplicateId: There is a torrent of that id.
            NoFreePort: Every port of the range is taken.
            StorageError: It could not be remembered; then it was not added.
        """

    async def add_uri(self, uri: str, options: AddOptions = ...) -> ManagedTorrent:
        """Add a magnet link, or the .torrent file at an http: or https: URL.

        Raises:
            SessionError: Another scheme: "unsupported uri scheme: X".
            FormatError, NetworkError: The link is malformed, or the file cannot be had.
            DuplicateId, NoFreePort, StorageError: As for `add_torrent`.
        """

    def get(self, id: str) -> ManagedTorrent:
        """The torrent of an id.

        Raises:
            TorrentNotFound: There is none.
        """

    def torrents(self) -> list[ManagedTorrent]:
        """All torrents, in the order in which they were added."""

    async def remove(self, id: str, *, keep_data: bool) -> None:
        """Stop and forget a torrent; harmless when there is none of that id.

        Waits until it is forgotten and, unless `keep_data`, its content is deleted: its
        own directory, or only its own files where torrents share one.
        """

    async def start_all(self) -> None:
        """Start whatever is stopped."""

    async def stop_all(self) -> None:
        """Stop whatever runs."""

    async def clean_database(self) -> int:
        """Drop the records that could not be loaded; say how many."""

    def stats(self) -> SessionStats:
        """The session in numbers."""

    def changes_since(self, revision: int = 0) -> Changes:
        """Rows of the list that have changed since a revision; 0 for all of it."""

    def events(self, since: int | None = None) -> AsyncIterator[SessionEvent]:
        """Follow what happens, from now on or from after a revision.

        A reader that does not keep up, or comes too late, hears "lost" instead of what it
        has missed: nothing waits for it.
        """

    def reconfigure(self, config: Config) -> list[str]:
        """Take over new settings; name those that need a new session, as "group.key"."""
