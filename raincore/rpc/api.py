"""What methods work on: the session and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from raincore.rpc import stats_json, views
from raincore.rpc.rows import Rows
from raincore.wire import jsonrpc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from raincore.documents.session_records import TorrentStats, TorrentSummary
    from raincore.rpc.params import Kind
    from raincore.session.session import Session

__all__ = ["Api", "Method", "Tuning"]


class Tuning(Protocol):
    """Shows and changes the settings of a running server."""

    def shown(self) -> dict[str, Any]:
        """Every setting by its key, without secrets."""

    async def change(self, changes: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Take over some settings until the server ends.

        Returns:
            The keys that hold now, and those that will after a restart.

        Raises:
            ConfigError: One makes no sense; then none was taken over.
        """


@dataclass(frozen=True, slots=True)
class Api:
    """What the handlers of methods are given.

    Args:
        session: Whose torrents these are.
        tuning: Its settings.
        listed: Rows as rain lists torrents.
        shown: Rows with all that we know beside that.
        numbers: Of torrents that stand still, as they were written.
    """

    session: Session
    tuning: Tuning
    listed: Rows[TorrentSummary] = field(
        default_factory=lambda: Rows(lambda row: jsonrpc.written(views.torrent(row)))
    )
    shown: Rows[TorrentSummary] = field(
        default_factory=lambda: Rows(lambda row: jsonrpc.written(views.summary(row)))
    )
    numbers: Rows[TorrentStats] = field(
        default_factory=lambda: Rows(stats_json.of, stats_json.stand_still)
    )


@dataclass(frozen=True, slots=True)
class Method:
    """One row of a table of methods.

    Args:
        shape: What it takes.
        handle: Gives its result, ready for JSON.
    """

    shape: Mapping[str, Kind]
    handle: Callable[[Api, dict[str, Any]], Awaitable[Any]]
