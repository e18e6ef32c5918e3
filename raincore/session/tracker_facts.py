"""What trackers have told a torrent of a session, as people are told."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from raincore.base.printable import printable
from raincore.documents.session_records import TrackerStatus, TrackerView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.documents import events as records
    from raincore.swarm.state import TorrentState

__all__ = ["TrackerFacts"]


class TrackerFacts:
    """The latest news of each tracker, by its URL; remembered while the torrent is stopped."""

    __slots__ = ("_views",)

    def __init__(self) -> None:
        self._views: dict[str, TrackerView] = {}

    def take(self, record: records.TrackerEvent, today: float) -> None:
        """A tracker answered, or did not; `today` is when, in seconds since 1970."""
        view = self._views.get(record.url) or TrackerView(url=record.url, tier=0)
        news: dict[str, Any] = {"status": TrackerStatus.WORKING, "error": ""}
        if record.error is not None:
            news = {"status": TrackerStatus.NOT_WORKING, "error": printable(record.error)}
        if record.seeds is not None or record.leechers is not None:
            news |= {"seeders": record.seeds or 0, "leechers": record.leechers or 0}
        is_scrape = record.downloads is not None
        if not is_scrape:
            news |= {"last_announce": today, "next_announce": None, "warning": ""}
        if record.next_in is not None:
            news["next_announce"] = today + record.next_in
        self._views[record.url] = replace(view, **news)

    def views(
        self,
        tiers: Sequence[Sequence[str]],
        state: TorrentState | None,
        now: float,
        today: float,
    ) -> list[TrackerView]:
        """All trackers of a torrent, tier by tier.

        Args:
            tiers: Their URLs.
            state: Of the machine, while it runs.
            now: The machine's time.
            today: The same moment in seconds since 1970; clocks may have been put right since
                a tracker answered.
        """
        found = []
        for number, tier in enumerate(tiers):
            for url in tier:
                view = self._views.get(url) or TrackerView(url=url, tier=number)
                known = state.trackers.get(url) if state is not None else None
                if state is None:
                    view = replace(view, next_announce=None)
                elif known is not None and known.schedule.under_way:
                    view = replace(view, status=TrackerStatus.CONTACTING)
                elif known is not None and view.next_announce is not None:
                    due = known.schedule.next_time - now
                    view = replace(view, next_announce=today + due if isfinite(due) else None)
                if view.last_announce is not None:
                    view = replace(view, last_announce=min(view.last_announce, today))
                if known is not None and known.warned:
                    view = replace(view, warning=printable(known.warned[-1]))
                found.append(replace(view, tier=number, current=False))
        current = {view.tier: place for place, view in reversed(list(enumerate(found)))}
        for place in current.values():
            found[place] = replace(found[place], current=True)
        return found

    def forget_times(self) -> None:
        """Trackers know that we are gone: whoever comes back may tell them so at once."""
        for url, view in self._views.items():
            self._views[url] = replace(view, next_announce=None)

    def next_times(self) -> dict[str, float]:
        """When each may be told again, in seconds since 1970, as far as that is known."""
        return {
            url: view.next_announce
            for url, view in self._views.items()
            if view.next_announce is not None and view.status is TrackerStatus.WORKING
        }
