"""Which thread hashes a piece: one for all that have a SHA-1, two side by side for trees.

hashlib lets go of the interpreter once for a piece, but for each leaf of a tree (BEP 52):
a thread that hashes leaves waits 64 times a MiB until the event loop lets it go on. Two
wait side by side. (v2 over loopback on 2 busy cores: 427 MiB/s and 2.0 CPU-s/GiB, with one
thread 365 and 2.3; a third one brought nothing more.) They are for what web seeds and
earlier runs bring; what links bring is hashed as it comes, and needs no such thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.net.offload import Offload

__all__ = ["TREE_HASHERS", "worker"]

TREE_HASHERS = 2


def worker(offload: Offload, *, trees: bool, restoring: bool) -> str:
    """Name the worker that is to hash a piece next.

    Args:
        offload: Knows how many there are of each kind.
        trees: Whether a tree is to be hashed.
        restoring: Whether a thread may still be putting back what an earlier run had of
            the piece: "hash" does that (`Keeping`), so it hashes the piece behind it.
    """
    return offload.lane("tree") if trees and not restoring else "hash"
