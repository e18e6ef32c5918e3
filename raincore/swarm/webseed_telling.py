"""What the outside hears of web seeds, and sending one away for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.swarm import webseed_fetches

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import WebseedState

__all__ = ["ban", "refuse", "tell"]


def tell(state: TorrentState, source: WebseedState, name: str, reason: str | None = None) -> None:
    """Publish a change of a web seed's state."""
    source.told = name
    state.publish(
        records.WebseedEvent(
            info_hash=state.info_hash,
            url=source.url,
            state=name,
            reason=reason,
            bytes=source.downloaded,
        )
    )


def refuse(state: TorrentState, source: WebseedState, reason: str, name: str = "refused") -> None:
    """Ask a web seed for nothing any more."""
    if source.refused:
        return
    source.refused = source.said = reason
    for fetch in state.web.fetches.values():
        if fetch.source is source:
            webseed_fetches.stop(state, fetch)
    tell(state, source, name, reason)


def ban(state: TorrentState, source: WebseedState) -> None:
    """Send a web seed away that gave bad data; peers at its address are not meant."""
    if source.told != "banned":
        source.refused = ""
        refuse(state, source, "sent bad data", "banned")
        state.counters.banned += 1
        state.warn("webseed_banned", f"web seed {source.place} sent bad data: banned")
