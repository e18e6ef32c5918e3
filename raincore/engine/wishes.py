"""What a running torrent is asked to fetch, and when: selections, limits, streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from raincore.policy import file_selection
from raincore.swarm.wish_events import SettingsChanged, WishesChanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import Config
    from raincore.engine.announcers import Announcers
    from raincore.engine.streams import ContentStream, Streams
    from raincore.engine.torrent_rates import TorrentRates
    from raincore.policy.file_selection import Selection
    from raincore.policy.priorities import Priority
    from raincore.swarm.events import Event
    from raincore.swarm.machine import TorrentMachine

__all__ = ["Wishes"]


class Wishes(ABC):
    """The part of `engine.torrent.Torrent` that may be used at any time while it runs."""

    __slots__ = ("config",)

    announcers: Announcers
    config: Config
    machine: TorrentMachine
    streams: Streams
    rates: TorrentRates

    @abstractmethod
    def dispatch(self, event: Event) -> None:
        """Tell the machine what has happened."""

    def set_selection(
        self, select: Selection, priorities: Mapping[int, Priority] | None = None
    ) -> None:
        """Want these files, all alike or by new priorities; those before are forgotten.

        Files that are wanted no more stay as they are on disk. Bytes that were kept for
        files which come to be wanted are put into them. A torrent that seeds goes back to
        downloading if it lacks anything now.

        Raises:
            ConfigError: There is no such file; nothing has changed. Before the metadata is
                known nobody can tell: then the torrent ends with that.
        """
        state = self.machine.state
        if state.info is not None:
            file_selection.choose(select, state.info, priorities)
        self.dispatch(WishesChanged(select=select, priorities=dict(priorities or {})))

    def set_order(self, *, sequential: bool | None = None, edges_first: bool | None = None) -> None:
        """Fetch pieces in another order; None: as before.

        Args:
            sequential: In that of the content, instead of the rarest first.
            edges_first: The beginning and the end of each file before what is between.
        """
        self.dispatch(WishesChanged(sequential=sequential, edges_first=edges_first))

    def set_limits(self, *, down: int | None = None, up: int | None = None) -> None:
        """Change how fast this torrent may go, at once; the limits of the process hold, too.

        Args:
            down: Bytes per second, 0 for no limit; None to leave it as it is.
            up: Likewise.

        Raises:
            ValueError: A limit is negative; a bug in the caller.
        """
        self.rates.set(down=down, up=up)

    def reconfigure(self, config: Config) -> None:
        """Go by other settings, as far as they can change while it runs (session.reconfiguring)."""
        self.config = config
        self.announcers.stop_seconds = config.trackers.stop_timeout_seconds
        self.dispatch(SettingsChanged(config))

    def open_stream(self, begin: int, end: int) -> ContentStream:
        """Read the content from one offset to before another, verified and in order.

        What of it is not there yet is fetched before all else. Close it when done.
        """
        return self.streams.open(begin, end)
