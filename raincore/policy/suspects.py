"""Which peer sent the bad block.

A piece whose blocks all came from one peer and whose hash fails convicts that peer. If
several peers sent it, the digest of each block is remembered with its sender, and the
piece goes on parole: next time it should be asked of one peer alone. When it passes at
last, exactly those are convicted whose remembered version of a block differs from the
good one. A peer that sent two versions of one block needs no further proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy.piece_download import UNKNOWN_SENDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.policy.piece_download import PeerKey

__all__ = ["Suspects"]

NO_SUSPECTS = frozenset([UNKNOWN_SENDER])
"""Who sent a block in an earlier run is not known: that convicts nobody."""

REMEMBERED_BLOCKS_MAX = 32_768
"""About 6 MiB; beyond it the piece that has been suspected longest is forgotten."""


class Suspects:
    """Remembered versions of blocks of pieces that failed their hash.

    Peer keys must never be used again for another peer: a conviction may name one that
    left long ago.

    Args:
        max_blocks: How many (block, sender) pairs to remember. The latest piece is
            kept even if it alone is more.
    """

    __slots__ = ("_count", "_max_blocks", "_versions")

    def __init__(self, max_blocks: int = REMEMBERED_BLOCKS_MAX) -> None:
        self._max_blocks = max_blocks
        # piece → (block number, sender) → digest; pieces in the order of their last failure
        self._versions: dict[int, dict[tuple[int, PeerKey], bytes]] = {}
        self._count = 0

    def wants_digests(self, piece: int) -> bool:
        """Whether `passed` needs block digests of a piece; `failed` always does."""
        return piece in self._versions

    def parole(self, piece: int) -> bool:
        """Whether a piece should be asked of one peer alone, to convict or clear it."""
        return piece in self._versions

    def suspects(self, piece: int) -> set[PeerKey]:
        """Everybody who sent a block of a piece that failed and has not passed since.

        Sort it before deciding anything by its order.
        """
        return {sender for _, sender in self._versions.get(piece, ())}

    def failed(
        self, piece: int, senders: Sequence[PeerKey], block_digests: Sequence[bytes]
    ) -> set[PeerKey]:
        """Note that a piece does not match its hash.

        Args:
            piece: Piece index.
            senders: Who sent each block.
            block_digests: Any digest of each block as received, by the same function
                every time.

        Returns:
            Peers convicted at once: who sent the whole piece, or a block in two versions.
        """
        if len(set(senders)) == 1:
            return {senders[0]} - NO_SUSPECTS
        versions = self._versions.pop(piece, {})
        self._versions[piece] = versions  # last in line to be forgotten
        known = len(versions)
        convicted = set()
        for number, (sender, digest) in enumerate(zip(senders, block_digests, strict=True)):
            if versions.setdefault((number, sender), digest) != digest:
                convicted.add(sender)
        self._count += len(versions) - known
        self._forget_oldest()
        return convicted - NO_SUSPECTS

    def passed(self, piece: int, block_digests: Sequence[bytes]) -> set[PeerKey]:
        """Note that a piece matches its hash, and settle its case.

        Args:
            piece: Piece index.
            block_digests: Digest of each good block; not looked at, and may be empty,
                unless `wants_digests(piece)`.

        Returns:
            Peers convicted: those that once sent one of its blocks in another version.
        """
        versions = self._versions.pop(piece, None)
        if versions is None:
            return set()
        self._count -= len(versions)
        return {
            sender
            for (number, sender), digest in versions.items()
            if block_digests[number] != digest
        } - NO_SUSPECTS

    def _forget_oldest(self) -> None:
        while self._count > self._max_blocks and len(self._versions) > 1:
            oldest = next(iter(self._versions))
            self._count -= len(self._versions.pop(oldest))
