"""One torrent of a session, from when it is added until it is removed, running or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from raincore.documents.session_records import (
        FileStatsView,
        FileView,
        PeerView,
        TorrentStats,
        TorrentStatus,
        TorrentSummary,
        TrackerView,
        WebseedView,
    )
    from raincore.storage.torrent_record import TorrentOptions

__all__ = ["ManagedTorrent"]


class ManagedTorrent:
    """A torrent of a session; made by `Session.add_torrent` and `add_uri`."""

    id: str
    name: str
    info_hash: str
    """40 hex digits by which the swarm knows it."""
    port: int
    added_at: float
    """Seconds since 1970."""
    revision: int
    status: TorrentStatus
    error: str
    options: TorrentOptions
    directory: Path
    """Of its content: the parent of its name."""

    def summary(self) -> TorrentSummary:
        """Its row in the list."""

    async def start(self) -> None:
        """Run, also after a restart; a stop that is under way is followed by a start."""

    async def stop(self) -> None:
        """Stop, also after a restart. Does not wait for it: `wait_stopped` does."""

    async def verify(self) -> None:
        """Hash everything that is there, then stay stopped. Does not wait for it.

        Raises:
            MetadataNotReady: It is not known yet what there should be.
        """

    async def announce(self) -> None:
        """Ask for peers before the time, as far as trackers allow."""

    async def add_peer(self, address: str) -> None:
        """Dial a peer, "host:port"; a host name is looked up beside everything else.

        Raises:
            FormatError: It is no address.
        """

    async def add_tracker(self, url: str) -> None:
        """Add a tracker as the last tier; one that is there is not added twice.

        Raises:
            FormatError: It is no URL.
            SessionError: "unsupported tracker scheme: X".
        """

    async def remove_tracker(self, url: str) -> None:
        """Forget a tracker; harmless when it is not there."""

    async def set_options(self, options: TorrentOptions) -> None:
        """Replace what is wanted of it: `replace(torrent.options, sequential=True)`.

        Raises:
            ConfigError: A selection that fits no file, or a limit that makes no sense.
        """

    def stats(self) -> TorrentStats:
        """The torrent in numbers."""

    def trackers(self) -> list[TrackerView]:
        """Its trackers, tier by tier."""

    def peers(self) -> list[PeerView]:
        """Its connected peers, the oldest first."""

    def webseeds(self) -> list[WebseedView]:
        """Its web seeds."""

    def files(self) -> list[FileView]:
        """Its files. Raises MetadataNotReady."""

    def file_stats(self) -> list[FileStatsView]:
        """How much of each file is there.

        Raises:
            MetadataNotReady: It is not known what files there are.
            NotRunning: It was not checked yet.
        """

    def magnet(self) -> str:
        """A magnet link. Raises TorrentIsPrivate."""

    def metainfo(self) -> bytes:
        """A .torrent file with its present trackers. Raises MetadataNotReady."""

    def explain(self) -> list[str]:
        """Why it is not moving, a line for each cause; empty if it is."""

    async def wait_complete(self) -> None:
        """Wait until everything wanted is there.

        Raises:
            RainError: Why it stopped before; SessionError if it was told to, or removed.
        """

    async def wait_metadata(self) -> None:
        """Wait until its info dictionary is known; raises as `wait_complete`."""

    async def wait_stopped(self) -> None:
        """Wait until it does not run. Raises: the error that it stopped with."""
