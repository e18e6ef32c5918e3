"""Reassembling the info dictionary from 16 KiB parts of several peers (BEP 9).

Nobody but the info-hash vouches for a part, and it speaks only when all are there. So
parts are first collected from everybody together, which is fast; if that fails its
hash, each peer is made to deliver a whole copy of its own, which names the liar.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.policy.piece_download import PeerKey

__all__ = ["PART_LENGTH", "MetadataDownload"]

PART_LENGTH = 16 * 1024
OWN_COPIES_MAX = 4
_TOGETHER = -1


class _Copy:
    """The parts of one copy of the metadata, from one peer or from many."""

    __slots__ = ("asked", "free", "missing", "parts", "senders")

    def __init__(self, part_count: int) -> None:
        self.parts: list[bytes | None] = [None] * part_count
        self.missing = part_count
        self.free = list(range(part_count))  # a heap: parts asked of nobody
        self.asked: list[list[PeerKey]] = [[] for _ in range(part_count)]
        self.senders: dict[PeerKey, None] = {}

    def take(self, peer: PeerKey, *, idle: bool) -> int | None:
        """A part to ask a peer for; an idle peer may double one that others owe.

        Not to be called on a copy that is whole.
        """
        if self.free:
            part = heapq.heappop(self.free)
        elif idle:
            # It is asked for nothing, so whatever is missing is owed by others.
            _, part = min(
                (len(asked), number)
                for number, asked in enumerate(self.asked)
                if self.parts[number] is None
            )
        else:
            return None
        self.asked[part].append(peer)
        return part

    def release(self, peer: PeerKey, part: int) -> None:
        """Forget that a part is asked of a peer, who was asked for it."""
        self.asked[part].remove(peer)
        if not self.asked[part] and self.parts[part] is None:
            heapq.heappush(self.free, part)

    def receive(self, peer: PeerKey, part: int, data: bytes) -> bool:
        """Keep a part that was asked of a peer; False if another was faster."""
        self.asked[part].remove(peer)
        if self.parts[part] is not None:
            return False
        self.parts[part] = data
        self.missing -= 1
        self.senders[peer] = None
        return True


class MetadataDownload:
    """One attempt at metadata of one claimed size.

    Args:
        size: Bytes, at least 1. The caller has bounded it.
    """

    __slots__ = ("_apart", "_copies", "_owed", "_refusing", "part_count", "size")

    size: int
    part_count: int

    def __init__(self, size: int) -> None:
        self.size = size
        self.part_count = -(-size // PART_LENGTH)
        self._apart = False
        # One copy from all together, or one per peer once that has failed.
        self._copies: dict[PeerKey, _Copy] = {}
        self._owed: dict[PeerKey, set[int]] = {}
        self._refusing: set[PeerKey] = set()

    # -- asking ------------------------------------------------------------------------

    def take(self, peer: PeerKey) -> int | None:
        """Choose a part to ask a peer for, and mark it as asked.

        Free parts come first, in order. A peer with nothing outstanding may be asked
        for a part that others owe, so that a silent one cannot hold it.

        Returns:
            A part index, or None: nothing to ask, or the peer has refused before, or
            copies are taken from as many other peers as memory allows.
        """
        if peer in self._refusing or self.is_complete:
            return None
        copy = self._copy_for(peer)
        if copy is None:
            return None
        part = copy.take(peer, idle=not self._owed.get(peer))
        if part is not None:
            self._owed.setdefault(peer, set()).add(part)
        return part

    def outstanding(self, peer: PeerKey) -> int:
        """How many parts a peer owes us."""
        return len(self._owed.get(peer, ()))

    @property
    def is_engaged(self) -> bool:
        """Whether anybody owes us a part."""
        return any(self._owed.values())

    @property
    def best_length(self) -> int:
        """Bytes of the copy of which most has arrived."""
        parts = max((self.part_count - copy.missing for copy in self._copies.values()), default=0)
        return min(parts * PART_LENGTH, self.size)

    def _copy_name(self, peer: PeerKey) -> PeerKey:
        return peer if self._apart else _TOGETHER

    def _copy_for(self, peer: PeerKey) -> _Copy | None:
        name = self._copy_name(peer)
        copy = self._copies.get(name)
        if copy is None and len(self._copies) < OWN_COPIES_MAX:
            copy = self._copies[name] = _Copy(self.part_count)
        return copy

    # -- answers -----------------------------------------------------------------------

    def receive(self, peer: PeerKey, index: int, data: bytes) -> bool:
        """Take one part (BEP 9, "data").

        Args:
            peer: Who sent it.
            index: Its index as the peer says; hostile.
            data: Its bytes; kept, not copied. A peer that sends a wrong length is
                treated as if it had rejected the request.

        Returns:
            True if the part is new and kept; False if it was not asked for, came from
            somebody else meanwhile, or has the wrong length.
        """
        owed = self._owed.get(peer)
        if owed is None or index not in owed:
            return False
        if len(data) != min(PART_LENGTH, self.size - index * PART_LENGTH):
            self.reject(peer, index)
            return False
        owed.discard(index)
        return self._copies[self._copy_name(peer)].receive(peer, index, data)

    def reject(self, peer: PeerKey, index: int) -> None:
        """Note that a peer will not give a part (BEP 9, "reject"); ask it for no more.

        Everything it owes is asked of others. An index that it was not asked for is
        ignored.
        """
        if index in self._owed.get(peer, ()):
            self.release(peer)
            self._refusing.add(peer)

    def release(self, peer: PeerKey) -> None:
        """Give back what a peer owes, without blaming it: it is slow.

        If it was delivering a copy of its own, that is dropped, and another peer may
        begin one instead.
        """
        owed = self._owed.pop(peer, ())
        if self._apart:
            self._copies.pop(peer, None)
        else:
            for part in sorted(owed):
                self._copies[_TOGETHER].release(peer, part)

    def peer_left(self, peer: PeerKey) -> None:
        """Give back what a peer owes, and forget it."""
        self.release(peer)
        self._refusing.discard(peer)

    # -- the whole ---------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether some copy is whole and waits to be checked."""
        return self._whole() is not None

    @property
    def senders(self) -> tuple[PeerKey, ...]:
        """Who sent the whole copy, by first part; empty while there is none."""
        whole = self._whole()
        return () if whole is None else tuple(self._copies[whole].senders)

    def assemble(self) -> bytes:
        """The whole copy, to be compared with the info-hash; call when `is_complete`."""
        whole = self._whole()
        assert whole is not None, "metadata is not complete"
        return b"".join(part for part in self._copies[whole].parts if part is not None)

    def fail(self) -> PeerKey | None:
        """Throw away the whole copy, which does not match the info-hash.

        Returns:
            The liar, if one peer sent all of it; else None, and from now on every peer
            has to deliver a copy of its own.
        """
        whole = self._whole()
        assert whole is not None, "metadata is not complete"
        senders = self.senders
        if self._apart:
            self.release(whole)
        else:
            self._copies.clear()
            self._owed.clear()
        if len(senders) > 1:
            self._apart = True
            return None
        self._refusing.add(senders[0])
        return senders[0]

    def _whole(self) -> PeerKey | None:
        for name, copy in self._copies.items():
            if copy.missing == 0:
                return name
        return None
