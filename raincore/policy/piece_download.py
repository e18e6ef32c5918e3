"""Block bookkeeping of one piece: free, asked of one peer or more, received from one.

Runs for every block of a download, so a block is a byte in an array and not an object:
taking or receiving one costs about 0.3 µs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UNKNOWN_SENDER", "PeerKey", "PieceDownload"]

PeerKey = int
"""How the policies name a peer: opaque, not negative, never used again for another."""

FREE = b"\0"
RECEIVED = b"\2"
_FREE, _ASKED, _RECEIVED = 0, 1, 2
_NOBODY = -1
UNKNOWN_SENDER = -2
"""Whoever sent a block in an earlier run."""


class PieceDownload:
    """The blocks of one piece that is being downloaded.

    Block numbers count within the piece. A block is asked of one peer, and in endgame
    of several (`duplicate`); whoever delivers first is its sender.

    Args:
        piece: Piece index, only carried along.
        block_count: Blocks of the piece, at least 1.
        exclusive: Parole: the only peer that may be asked, so that a piece which failed
            its hash before can convict or clear somebody; None for everybody.
    """

    __slots__ = (
        "_also_asked",
        "_asked",
        "_missing",
        "_senders",
        "_states",
        "exclusive",
        "free_count",
        "piece",
    )

    piece: int
    free_count: int
    """Blocks that are neither received nor asked of anybody."""
    exclusive: PeerKey | None

    def __init__(self, piece: int, block_count: int, *, exclusive: PeerKey | None = None) -> None:
        self.piece = piece
        self.exclusive = exclusive
        self.free_count = block_count
        self._missing = block_count
        self._states = bytearray(block_count)
        self._asked: list[PeerKey] = [_NOBODY] * block_count
        self._also_asked: dict[int, list[PeerKey]] = {}  # endgame: number to further peers
        self._senders: list[PeerKey] = [_NOBODY] * block_count

    @property
    def block_count(self) -> int:
        """Blocks of the piece."""
        return len(self._states)

    @property
    def requested_count(self) -> int:
        """Blocks that are asked of somebody and have not arrived."""
        return self._missing - self.free_count

    @property
    def is_shared(self) -> bool:
        """Whether any block was ever asked of more than one peer."""
        return bool(self._also_asked)

    @property
    def missing_count(self) -> int:
        """Blocks that have not arrived."""
        return self._missing

    @property
    def received_count(self) -> int:
        """Blocks that have arrived."""
        return len(self._states) - self._missing

    @property
    def is_complete(self) -> bool:
        """Whether every block has arrived."""
        return self._missing == 0

    @property
    def first_missing(self) -> int:
        """The first block that has not arrived; `block_count` if all have."""
        return len(self._states) - len(self._states.lstrip(RECEIVED))

    @property
    def received(self) -> tuple[int, ...]:
        """The blocks that have arrived, ascending."""
        return tuple(number for number, one in enumerate(self._states) if one == _RECEIVED)

    def has(self, number: int) -> bool:
        """Whether a block has arrived."""
        return self._states[number] == _RECEIVED

    # -- asking ------------------------------------------------------------------------

    def take(self, peer: PeerKey, limit: int) -> list[int]:
        """Mark free blocks as asked of a peer.

        The first gap that holds `limit` blocks in a row is taken; if there is none, the
        first free blocks wherever they are: runs keep disks and hashing sequential.

        Args:
            peer: Whom the caller is going to ask.
            limit: How many blocks at most.

        Returns:
            Block numbers, ascending; empty when none is free or the piece is reserved
            for another peer.
        """
        limit = min(limit, self.free_count)
        if limit <= 0 or (self.exclusive is not None and self.exclusive != peer):
            return []
        states, asked = self._states, self._asked
        self.free_count -= limit
        start = states.find(FREE * limit)
        if start >= 0:
            stop = start + limit
            states[start:stop] = b"\1" * limit
            asked[start:stop] = [peer] * limit
            return list(range(start, stop))
        numbers = []
        number = -1
        for _ in range(limit):
            number = states.find(FREE, number + 1)
            states[number] = _ASKED
            asked[number] = peer
            numbers.append(number)
        return numbers

    def busy_blocks_for(self, peer: PeerKey) -> Iterator[int]:
        """Blocks asked of others, not of this peer, and not received: endgame material.

        Ascending; empty when the piece is reserved for another peer. Call `duplicate`,
        even while iterating, for those that are really asked.
        """
        if self.exclusive is not None and self.exclusive != peer:
            return
        for number, state in enumerate(self._states):
            if state == _ASKED and not self._is_asked(number, peer):
                yield number

    def duplicate(self, peer: PeerKey, number: int) -> None:
        """Mark a busy block as asked of one more peer."""
        assert self._states[number] == _ASKED, "only a busy block is asked twice"
        assert not self._is_asked(number, peer), "asked of this peer already"
        self._also_asked.setdefault(number, []).append(peer)

    def asked_of(self, peer: PeerKey) -> list[int]:
        """Blocks outstanding at a peer, ascending."""
        return [
            number
            for number, state in enumerate(self._states)
            if state == _ASKED and self._is_asked(number, peer)
        ]

    def _is_asked(self, number: int, peer: PeerKey) -> bool:
        return self._asked[number] == peer or peer in self._also_asked.get(number, ())

    # -- giving back -------------------------------------------------------------------

    def release(self, peer: PeerKey, number: int) -> bool:
        """Forget that a block is asked of a peer: it was rejected, cancelled or too late.

        Returns:
            True if the block is free again; False if another peer is asked for it too,
            it has arrived, or it was never asked of this peer.
        """
        if self._states[number] != _ASKED:
            return False
        others = self._also_asked.get(number, [])
        if self._asked[number] != peer:
            if peer in others:
                others.remove(peer)
            return False
        if others:
            self._asked[number] = others.pop(0)
            return False
        self._asked[number] = _NOBODY
        self._states[number] = _FREE
        self.free_count += 1
        return True

    def release_peer(self, peer: PeerKey) -> list[int]:
        """Forget everything that is asked of a peer: it choked us, snubbed us or left.

        Returns:
            The blocks that are free again, ascending.
        """
        return [number for number in self.asked_of(peer) if self.release(peer, number)]

    # -- arrivals ----------------------------------------------------------------------

    def receive(self, peer: PeerKey, number: int) -> bool:
        """Note that a block has arrived, asked for or not.

        Returns:
            True if it is the first copy, and the peer is now its sender; False for a
            duplicate, whose bytes must not be kept.
        """
        states = self._states
        state = states[number]
        if state == _RECEIVED:
            return False
        if state == _FREE:
            self.free_count -= 1
        states[number] = _RECEIVED
        self._senders[number] = peer
        self._missing -= 1
        return True

    def receive_run(self, peer: PeerKey, first: int, stop: int) -> None:
        """Note that the blocks from `first` to before `stop` have arrived, none before.

        As `receive` of each, at the price of one.
        """
        states, count = self._states, stop - first
        assert states.find(RECEIVED, first, stop) < 0, "a run is received once"
        self.free_count -= states.count(FREE, first, stop)
        states[first:stop] = RECEIVED * count
        self._senders[first:stop] = [peer] * count
        self._missing -= count

    def other_requesters(self, number: int, peer: PeerKey) -> list[PeerKey]:
        """Peers other than `peer` of whom a block is or was asked, to cancel it there."""
        first = self._asked[number]
        others = [] if first in (_NOBODY, peer) else [first]
        if number in self._also_asked:
            others += [also for also in self._also_asked[number] if also != peer]
        return others

    @property
    def requesters(self) -> list[PeerKey]:
        """Everybody who is asked for a block that has not arrived, ascending."""
        asked = set()
        for number, state in enumerate(self._states):
            if state == _ASKED:
                asked.add(self._asked[number])
                asked.update(self._also_asked.get(number, ()))
        return sorted(asked)

    @property
    def senders(self) -> tuple[PeerKey, ...]:
        """Who sent each block, by block number; -1 for a block that has not arrived."""
        return tuple(self._senders)
