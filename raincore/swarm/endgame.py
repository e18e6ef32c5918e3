"""The end: idle peers are asked for what others owe us, so that nobody waits for the slowest.

Who would be done last is helped first. Both are to be done at the same time: so of what it
owes us, counted from the end, the idle peer gets the part that it brings meanwhile. What the
other will hardly have begun to send is taken back from it; for the rest, the first answer
cancels the other request.
"""

from __future__ import annotations

import math
from itertools import chain, islice
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import trusting
from raincore.swarm.block_choice import budget_allows_piece
from raincore.swarm.events import PeerKey
from raincore.swarm.peer_state import PeerState
from raincore.wire.messages import Cancel, Request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from raincore.policy.piece_download import PieceDownload
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import WebseedState

__all__ = ["duplicate_blocks"]

COPIES = 2
"""Peers that may owe us the same block at once, slow ones not counted. With 3, twenty
leechers of one seed sent a third more than with 2, and were a fifth slower."""

KEPT = 2
"""Of what somebody owes us, so many blocks may be on their way: they are not taken back."""

SOON_SECONDS = 0.05
"""Who will be done by then needs no help."""


def duplicate_blocks(
    state: TorrentState,
    peer: PeerState,
    limit: int,
    requests: list[Request],
    now: float,
    *,
    only_silent: bool = False,
) -> None:
    """Ask an idle peer for blocks that others were asked for but have not sent.

    Reached only when this peer has nothing outstanding and nothing unasked is left for
    it. Does nothing while pieces wait to be started that the budget covers: this peer
    has none of them yet, and what it could send of the others is on its way already. Nor
    while the disk has pieces whose memory will serve for others: a slow one would have us
    fetch everything twice. Where other pieces wait for memory, blocks are taken over, but
    none is asked of two peers that are about as fast.
    With `only_silent`, only for blocks that nobody owes us but the snubbed.
    """
    assert state.geometry is not None
    assert state.picker is not None
    startable = state.picker.unstarted and (state.checking or budget_allows_piece(state))
    if (startable and not only_silent) or trusting.is_on_parole(peer):
        return
    helped = Helped(state, peer, now)
    copies = 1 if state.picker.unstarted else COPIES
    most = 1 if only_silent else state.config.peers.endgame_max
    for owner, block in helped.blocks():
        if len(requests) >= limit:
            return
        download, number = helped.may_take(block)
        if download is None:
            continue
        others = [state.sender(key) for key in download.other_requesters(number, peer.key)]
        if owner is not None and others == [owner] and not only_silent:
            download.duplicate(peer.key, number)
            take_back(state, owner, block, download)
        else:
            hoped_for = [one for one in others if not one.snubbed]
            if len(hoped_for) >= most or sum(map(helped.relies_on, hoped_for)) >= copies:
                continue
            download.duplicate(peer.key, number)
            state.endgame = True
        request = Request(*state.geometry.request_of(block))
        peer.outstanding[block] = request.length
        requests.append(request)


def take_back(state: TorrentState, owner: PeerState, block: int, download: PieceDownload) -> None:
    """Have a peer not send a block, of which somebody else was asked."""
    assert state.geometry is not None
    del owner.outstanding[block]
    download.release(owner.key, block - state.geometry.first_block(download.piece))
    state.say(owner, Cancel(*state.geometry.request_of(block)))


class Helped:
    """Those who owe us something, as one idle peer sees them."""

    def __init__(self, state: TorrentState, peer: PeerState, now: float) -> None:
        self._state, self._peer, self._now = state, peer, now
        self._rate = peer.download.per_second(now)

    def blocks(self) -> Iterator[tuple[PeerState | None, int]]:
        """Which blocks the peer could take over, those that would come last first.

        With each comes the peer from which it should be taken back, if it should.
        """
        queues: list[tuple[float, PeerState | WebseedState, Collection[int]]] = []
        for owner, owed in chain(self.owed_by_peers(), self.owed_by_web()):
            seconds = self.seconds(owner, len(owed))
            if seconds > SOON_SECONDS:
                queues.append((seconds, owner, owed))
        queues.sort(key=lambda queue: -queue[0])
        for seconds, owner, owed in queues:
            blocks = list(owed)
            peer = owner if isinstance(owner, PeerState) and not owner.snubbed else None
            count = math.ceil(self.part(owner, seconds, len(blocks)) * len(blocks))
            for place in islice(reversed(range(len(blocks))), count):
                yield peer if place >= KEPT else None, blocks[place]

    def part(self, owner: PeerState | WebseedState, seconds: float, blocks: int) -> float:
        """How much of what an owner would bring in so many seconds the peer brings sooner."""
        rate = self._rate or owner.download.per_second(self._now)
        if seconds == math.inf or not rate:
            return 1.0
        return seconds / (seconds + blocks * BLOCK_LENGTH / rate)

    def owed_by_peers(self) -> Iterator[tuple[PeerState | WebseedState, Collection[int]]]:
        """What each other peer owes us, in the order in which it will come."""
        for other in self._state.peers.values():
            if other.outstanding and other is not self._peer:
                yield other, other.outstanding

    def owed_by_web(self) -> Iterator[tuple[PeerState | WebseedState, Collection[int]]]:
        """The same of web seeds, which bring a piece from its beginning to its end."""
        assert self._state.geometry is not None
        for fetch in self._state.web.fetches.values():
            if fetch.download is not None:
                first = self._state.geometry.first_block(fetch.download.piece)
                yield fetch.source, [first + n for n in fetch.download.asked_of(fetch.source.key)]

    def may_take(self, block: int) -> tuple[PieceDownload | None, int]:
        """The books of a block and its number there; None if the peer cannot be asked for it."""
        state, peer = self._state, self._peer
        assert state.geometry is not None
        assert peer.has is not None
        piece, number = divmod(block, state.geometry.blocks_per_piece)
        if not peer.has[piece] or block in peer.outstanding:
            return None, number
        download = state.downloads[piece]
        self.lift_parole(download)
        if download.exclusive not in (None, peer.key):
            return None, number
        return download, number

    def lift_parole(self, download: PieceDownload) -> None:
        """Let others help with a piece whose only sender holds everybody up at the end."""
        key = download.exclusive
        owner = None if key is None else self._state.peers.get(PeerKey(key))
        if owner is not None and owner.download.per_second(self._now) < self._rate / 2:
            download.exclusive = None

    def relies_on(self, owner: PeerState | WebseedState) -> bool:
        """Whether an owner is not much slower than the peer, as far as one block is concerned."""
        if not self._rate:
            return True
        return self.seconds(owner, 1) <= max(2 * BLOCK_LENGTH / self._rate, SOON_SECONDS)

    def seconds(self, owner: PeerState | WebseedState, blocks: int) -> float:
        """In how many seconds so many blocks can be expected of an owner.

        Who has been silent for some time will be for as long again. Who has sent nothing yet
        is thought to be as fast as the peer.
        """
        rate = owner.download.per_second(self._now) or self._rate
        if owner.snubbed or not rate:
            return math.inf
        silent = owner.pipeline.silent_seconds(self._now) if isinstance(owner, PeerState) else 0.0
        return silent + blocks * BLOCK_LENGTH / rate
