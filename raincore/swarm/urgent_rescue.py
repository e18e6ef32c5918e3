"""Blocks that are due soon and going to be late: faster peers are asked for them as well.

Looked at a few times a second, for the pieces that are due within one. Whoever is late is
judged by what it has brought so far; nothing is asked twice that the second could not bring
much sooner. The first answer cancels the other request, as in endgame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import urgent_blocks, webseed_reserve
from raincore.wire.messages import Request

if TYPE_CHECKING:
    from raincore.policy.piece_download import PieceDownload
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import Fetch, WebseedState

__all__ = ["rescue"]

HORIZON_SECONDS = 1.0
"""So long before a piece is due its blocks are looked at."""

RESCUES_MAX = 64
"""Blocks that are asked of one peer more at a time."""


WORTH_IT = 0.7
"""Nothing is asked twice that would not come in this part of the time."""


def rescue(state: TorrentState, now: float) -> None:
    """Ask the fastest peers for what is due soon and is going to be late."""
    Rescue(state, now).run()


def may_help(peer: PeerState, now: float) -> bool:
    """Whether a peer could be asked for something now, and is known to bring it."""
    asks = peer.we_interested and not peer.they_choke and not peer.leaving
    rests = peer.snubbed or now < peer.rest_until
    return asks and not rests and peer.download.per_second(now) > 0


class Rescue:
    """One look at what is due."""

    def __init__(self, state: TorrentState, now: float) -> None:
        self.state = state
        self.now = now
        self.helpers = [peer for peer in state.peers.values() if may_help(peer, now)]
        self.asked: dict[PeerState, list[Request]] = {}
        self.left = RESCUES_MAX
        self._places: dict[PeerState, dict[int, int]] = {}

    def run(self) -> None:
        """Look at every piece that is due soon."""
        deadlines = self.state.deadlines
        for piece, due in zip(deadlines.order, deadlines.times, strict=True):
            if due > self.now + HORIZON_SECONDS or self.left <= 0:
                break
            able = [peer for peer in self.helpers if peer.has is not None and peer.has[piece]]
            if able:
                self.look_at(piece, due - self.now + urgent_blocks.SLACK_SECONDS, able)
        for peer, requests in self.asked.items():
            peer.pipeline.requested(self.now)
            self.state.say(peer, *requests)

    def look_at(self, piece: int, in_time: float, able: list[PeerState]) -> None:
        """See to it that one piece comes within `in_time` seconds, if that can be."""
        state = self.state
        assert state.geometry is not None
        best, seconds = self.fastest(able)
        fetch = self.reserved_by(piece)
        if fetch is not None:
            if self.seconds_to(fetch, state.geometry.offset_of(piece)) <= in_time + seconds:
                return
            webseed_reserve.give_up(state, fetch, piece)
        if in_time < seconds < math.inf:  # or `urgent_blocks.choose` has its turn with it
            self.take_late(piece, best)
        download = state.downloads.get(piece)
        if download is not None:
            self.duplicate(download, in_time, able)

    def take_late(self, piece: int, best: PeerState) -> None:
        """Ask the fastest peer for blocks that nobody is fast enough for."""
        state = self.state
        assert state.picker is not None
        if state.picker.open_pieces[piece] or piece in state.open_downloads:
            requests = self.asked.setdefault(best, [])
            before = len(requests)
            urgent_blocks.take(state, best, piece, self.left, requests)
            self.left -= len(requests) - before

    def duplicate(self, download: PieceDownload, in_time: float, able: list[PeerState]) -> None:
        """Ask once more for blocks of a piece that whoever owes them will not bring in time."""
        assert self.state.geometry is not None
        first = self.state.geometry.first_block(download.piece)
        for number, seconds in self.arrivals(download).items():
            if self.left <= 0:
                break
            others = [peer for peer in able if first + number not in peer.outstanding]
            if seconds <= in_time or not others:
                continue
            best, sooner = self.fastest(others)
            if sooner > seconds * WORTH_IT or number not in download.busy_blocks_for(best.key):
                continue
            download.duplicate(best.key, number)
            request = Request(*self.state.geometry.request_of(first + number))
            best.outstanding[first + number] = request.length
            self.asked.setdefault(best, []).append(request)
            self.left -= 1
            self.state.endgame = True

    def fastest(self, peers: list[PeerState]) -> tuple[PeerState, float]:
        """Who would bring one block more soonest, and in how many seconds."""
        seconds = [urgent_blocks.seconds_for(peer, 1, self.now) for peer in peers]
        least = min(seconds)
        return peers[seconds.index(least)], least

    def arrivals(self, download: PieceDownload) -> dict[int, float]:
        """In how many seconds each block that is asked of somebody can be expected."""
        expected: dict[int, float] = {}
        for key in download.requesters:
            sender = self.state.sender(key)
            for number in download.asked_of(key):
                seconds = self.seconds_from(sender, download.piece, number)
                expected[number] = min(expected.get(number, math.inf), seconds)
        return dict(sorted(expected.items()))

    def seconds_from(self, sender: PeerState | WebseedState, piece: int, number: int) -> float:
        """In how many seconds a sender can be expected to bring a block that it owes."""
        assert self.state.geometry is not None
        peer = self.state.peers.get(sender.key)  # type: ignore[call-overload]
        if peer is None:
            offset = self.state.geometry.offset_of(piece) + number * BLOCK_LENGTH
            fetches = [one for one in self.state.web.fetches.values() if one.source is sender]
            return min((self.seconds_to(one, offset) for one in fetches), default=math.inf)
        if peer not in self._places:
            self._places[peer] = {block: at for at, block in enumerate(peer.outstanding)}
        at = self._places[peer].get(self.state.geometry.first_block(piece) + number)
        return urgent_blocks.seconds_of(peer, 1 + at, self.now) if at is not None else 0.0

    def seconds_to(self, fetch: Fetch, offset: int) -> float:
        """In how many seconds a web seed can be expected to be at a content offset."""
        source = fetch.source
        if offset < fetch.position:
            return math.inf  # that is behind it
        rate = source.download.per_second(self.now)
        if rate:
            return (offset - fetch.position + BLOCK_LENGTH) / rate
        return self.now - source.last_heard

    def reserved_by(self, piece: int) -> Fetch | None:
        """The web seed's fetch that is to bring a piece and has not begun it."""
        for fetch in self.state.web.fetches.values():
            if fetch.begun <= piece < fetch.end:
                return fetch
        return None
