"""What a session of many torrents cannot do; a branch of the tree in `errors`.

    SessionError                 what was asked of a session makes no sense now
    ├─ TorrentNotFound           there is no torrent of that id
    ├─ DuplicateId               there is one already
    ├─ NoFreePort                every port of the range has a torrent
    ├─ MetadataNotReady          the info dictionary is not known yet
    ├─ NotRunning                only a running torrent knows that
    ├─ TorrentIsPrivate          that would tell others of it (BEP 27)
    └─ SessionLocked             another process has the database

The texts are those of rain's API, which its clients may look for.
"""

from __future__ import annotations

from raincore.base.errors import RainError
from raincore.base.printable import printable

__all__ = [
    "DuplicateId",
    "MetadataNotReady",
    "NoFreePort",
    "NotRunning",
    "SessionError",
    "SessionLocked",
    "TorrentIsPrivate",
    "TorrentNotFound",
]


class SessionError(RainError):
    """What was asked of a session cannot be done now."""

    code = "session"


class TorrentNotFound(SessionError):
    """There is no torrent of that id; `id` is the one that was asked for."""

    code = "torrent_not_found"

    def __init__(self, id: str) -> None:
        super().__init__("torrent not found")
        self.id = printable(id)


class DuplicateId(SessionError):
    """A torrent of that id is there already; its data is not touched."""

    code = "duplicate_id"

    def __init__(self, id: str) -> None:
        super().__init__("duplicate torrent id")
        self.id = printable(id)


class NoFreePort(SessionError):
    """Every port of the range has a torrent."""

    code = "no_free_port"

    def __init__(self) -> None:
        super().__init__("no free port")


class MetadataNotReady(SessionError):
    """The info dictionary is not known yet."""

    code = "metadata_not_ready"

    def __init__(self) -> None:
        super().__init__("torrent metadata not ready")


class NotRunning(SessionError):
    """Only a torrent that runs could say; the message tells what."""

    code = "not_running"


class TorrentIsPrivate(SessionError):
    """A magnet link would tell others of a private torrent (BEP 27)."""

    code = "private"

    def __init__(self) -> None:
        super().__init__("torrent is private")


class SessionLocked(SessionError):
    """Another process has the database open."""

    code = "session_locked"
