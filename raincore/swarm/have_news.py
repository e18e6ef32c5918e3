"""When peers hear of the pieces that we got.

A fast download stores hundreds of pieces a second, and each HAVE of its own would be a packet
to every peer, which wakes it. Who lacks pieces needs to know soon; a seed can do nothing with
the news, so it gets them seldom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.wire.messages import Have

if TYPE_CHECKING:
    from raincore.swarm.events import PeerKey
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["HaveNews", "last_words", "on_stored", "on_timer", "say"]

INTERVAL_SECONDS = 0.05
"""HAVEs of pieces stored within this time leave together."""

SEED_INTERVAL_SECONDS = 1.0
"""The same for peers that have everything, the first piece included: a small torrent may be there
before the time is over. (256 MiB from 20 seeds over loopback: a sixth of the event loop's time
went into telling them.)"""


@dataclass(slots=True)
class HaveNews:
    """What was stored and not told yet."""

    pieces: list[int] = field(default_factory=list)
    """Nobody knows of these."""
    said_at: float = -math.inf
    late: list[Have] = field(default_factory=list)
    """Seeds do not know of these."""
    owed: dict[PeerKey, int] = field(default_factory=dict)
    """Who is told late, and from which of `late` on."""
    late_said_at: float = -math.inf


def on_stored(state: TorrentState, piece: int, now: float) -> None:
    """Note one more piece, and tell if nothing was told for a while or it was the last one.

    Where all are seeds, nobody is to hear of it before they do.
    """
    news = state.have_news
    news.pieces.append(piece)
    if news.late_said_at == -math.inf:
        news.late_said_at = now
    soon = news.said_at + INTERVAL_SECONDS
    if soon < state.timers.haves:
        late = max(soon, news.late_said_at + SEED_INTERVAL_SECONDS)
        all_seeds = all(peer.is_seed for peer in state.peers.values())
        state.timers.haves = min(state.timers.haves, late if all_seeds else soon)
    if state.finished or state.timers.haves <= now:
        say(state, now)


def say(state: TorrentState, now: float) -> None:
    """Tell every peer which pieces we got since last time, honestly and in one packet."""
    news = state.have_news
    haves = [Have(piece) for piece in news.pieces]
    news.pieces.clear()
    news.said_at = now
    for key, peer in state.peers.items():
        if peer.is_seed:
            news.owed.setdefault(key, len(news.late))
        elif key not in news.owed:
            state.say(peer, *haves)
    news.late += haves
    if now >= news.late_said_at + SEED_INTERVAL_SECONDS:
        say_late(state, now)
    state.timers.haves = news.late_said_at + SEED_INTERVAL_SECONDS if news.owed else math.inf


def say_late(state: TorrentState, now: float) -> None:
    """Tell those who were to be told late, even if they are no seeds any more."""
    news = state.have_news
    for key, start in news.owed.items():
        peer = state.peers.get(key)
        if peer is not None:
            state.say(peer, *news.late[start:])
    news.owed.clear()
    news.late.clear()
    news.late_said_at = now


def last_words(state: TorrentState, peer: PeerState) -> list[Have]:
    """What a seed that is to be left now was to be told late.

    It must not believe that we lack something, or it dials us at once to bring it. (200 torrents
    of 1 MiB from one libtorrent: each was dialled back, a twelfth of what it cost us.)
    """
    news = state.have_news
    owed = news.owed.pop(peer.key, len(news.late))
    if not (news.owed or news.pieces):
        state.timers.haves = math.inf
    return news.late[owed:]


def on_timer(state: TorrentState, now: float) -> None:
    """Say HAVEs that were held back."""
    if state.timers.haves <= now:
        say(state, now)
