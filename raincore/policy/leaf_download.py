"""The leaf hashes of one piece, put together from what a peer proves (BEP 52, "hash request").

They say of each block by itself whether it is good, so a piece that failed need not be got
again as a whole, and who sent a bad block is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.formats import merkle
from raincore.policy.layer_download import LayerRun

if TYPE_CHECKING:
    from raincore.policy.piece_tree import PieceTree

__all__ = ["LEAVES_MAX", "LeafDownload"]

RUN_LENGTH = 512
"""Hashes asked for at once; nobody need answer more (BEP 52)."""

LEAVES_MAX = 4096
"""Of a piece for which this is done: 64 MiB, which is 8 runs."""


class LeafDownload:
    """Waits for every run of one piece; each is believed by itself.

    Args:
        tree: The piece, of `LEAVES_MAX` leaves at most.
    """

    def __init__(self, tree: PieceTree) -> None:
        self._tree = tree
        self._length = min(1 << tree.height, RUN_LENGTH)
        self._runs: dict[LayerRun, bytes | None] = {
            LayerRun(tree.pieces_root, tree.first_leaf + start, self._length, tree.height - 1): None
            for start in range(0, tree.leaf_count, self._length)
        }

    @property
    def missing(self) -> list[LayerRun]:
        """The runs that are not known yet, in order."""
        return [run for run, hashes in self._runs.items() if hashes is None]

    def receive(self, run: LayerRun, hashes: bytes) -> bool | None:
        """Take an answer.

        Args:
            run: What it says it answers.
            hashes: The run and its uncles up to the node of the piece.

        Returns:
            Whether it proves what it says; None if nobody waits for it.
        """
        if run not in self._runs or self._runs[run] is not None:
            return None
        own = self._length * merkle.HASH_LENGTH
        levels = self._length.bit_length() - 1
        if len(hashes) != own + (self._tree.height - levels) * merkle.HASH_LENGTH:
            return False
        node = merkle.root(hashes[:own])
        position = (run.index - self._tree.first_leaf) // self._length
        if merkle.climb(node, position, hashes[own:]) != self._tree.node:
            return False
        self._runs[run] = hashes[:own]
        return True

    def leaves(self, count: int) -> tuple[bytes, ...]:
        """The leaf hashes of the first `count` blocks, once nothing is missing.

        Blocks that only fill the piece up have the hash of zeros that stands for them.
        """
        known = b"".join(hashes or b"" for hashes in self._runs.values())
        size = merkle.HASH_LENGTH
        filled = known[: count * size].ljust(count * size, b"\0")
        return tuple(filled[at : at + size] for at in range(0, count * size, size))
