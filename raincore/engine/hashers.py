"""Who hashes a piece: one thread if it has a SHA-1, two side by side for trees, or no thread.

hashlib lets go of the interpreter once for a piece, but for each leaf of a tree (BEP 52):
a thread that hashes leaves waits 64 times a MiB until the event loop lets it go on. Two
wait side by side. (v2 over loopback on 2 busy cores: 427 MiB/s and 2.0 CPU-s/GiB, with one
thread 365 and 2.3; a third one brought nothing more.) They are for what web seeds and
earlier runs bring; what links bring is hashed as it comes, and needs no such thread.

Short pieces need none where there is no processor to spare: see `small_piece`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.net.offload import Offload

__all__ = ["TREE_HASHERS", "small_piece", "worker"]

TREE_HASHERS = 2
FEW_PROCESSORS = 2
SMALL_PIECE = 1024 * 1024


def small_piece(processors: int) -> int:
    """Bytes of the longest piece that the event loop hashes itself; 0 for none.

    With two processors a thread that hashes takes the one on which the system, or whoever
    sends, works for us, and each piece pays for two switches of threads. (v1 over loopback,
    medians of 20 rounds: 384 MiB/s and 3.0 CPU-s/GiB, with a thread 334 and 3.2.) A longer
    piece would keep everybody else waiting: 1 MiB takes 0.6 ms.

    Args:
        processors: How many we may use.
    """
    return SMALL_PIECE if processors <= FEW_PROCESSORS else 0


def worker(offload: Offload, *, trees: bool, restoring: bool) -> str:
    """Name the worker that is to hash a piece next.

    Args:
        offload: Knows how many there are of each kind.
        trees: Whether a tree is to be hashed.
        restoring: Whether a thread may still be putting back what an earlier run had of
            the piece: "hash" does that (`Keeping`), so it hashes the piece behind it.
    """
    return offload.lane("tree") if trees and not restoring else "hash"
