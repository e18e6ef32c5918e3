"""Which thread hashes a piece: one for all that have a SHA-1, two side by side for trees.

hashlib lets go of the interpreter once for a piece, but for each leaf of a tree (BEP 52):
a thread that hashes leaves waits 64 times a MiB until the event loop lets it go on. Two
wait side by side. (v2 over loopback on 2 busy cores: 427 MiB/s and 2.0 CPU-s/GiB, with one
thread 365 and 2.3; a third one brought nothing more.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.net.offload import Offload
    from raincore.storage.piece_hashes import PieceHashes

__all__ = ["TREE_HASHERS", "worker"]

TREE_HASHERS = 2


def worker(offload: Offload, hashes: PieceHashes, *, restoring: bool) -> str:
    """Name the worker that is to hash a piece next.

    Args:
        offload: Knows how many there are of each kind.
        hashes: What the pieces must hash to.
        restoring: Whether a thread may still be putting back what an earlier run had of
            the piece: "hash" does that (`Keeping`), so it hashes the piece behind it.
    """
    return offload.lane("tree") if hashes.nodes and not restoring else "hash"
