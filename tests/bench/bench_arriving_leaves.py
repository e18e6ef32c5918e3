"""Time of hashing a block as it arrives, beside its SHA-256 alone, by how many a read brings.

python -m tests.bench.bench_arriving_leaves
"""

import hashlib
import os
import time
from collections.abc import Callable

from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.formats import merkle
from raincore.storage.arriving_leaves import ArrivingLeaves
from raincore.storage.piece_hashes import PieceHashes

PIECE_LENGTH = 1024 * 1024
PIECES = 64
ROUNDS = 5
DATA = memoryview(os.urandom(PIECE_LENGTH))


def plain() -> None:
    for _ in range(PIECES):
        for at in range(0, PIECE_LENGTH, BLOCK_LENGTH):
            hashlib.sha256(DATA[at : at + BLOCK_LENGTH]).digest()


def arriving(leaves: ArrivingLeaves, step: int) -> None:
    for piece in range(PIECES):
        for begin in range(0, PIECE_LENGTH, step):
            leaves.add(piece, begin, DATA[begin : begin + step])
        assert leaves.prove(piece)


def measure(case: Callable[[], None]) -> float:
    """Least CPU seconds of a block."""
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        case()
        least = min(least, time.thread_time() - start)
    return least / PIECES / (PIECE_LENGTH // BLOCK_LENGTH)


def main() -> None:
    node = merkle.root(merkle.leaves(DATA))
    geometry = Geometry(PIECE_LENGTH, [PIECES * PIECE_LENGTH])
    leaves = ArrivingLeaves(PieceHashes(geometry, b"", [node] * PIECES))
    print(f"SHA-256 alone      {measure(plain) * 1e6:6.2f} µs a block")
    for blocks in (1, 4, 16, 32):
        seconds = measure(lambda blocks=blocks: arriving(leaves, blocks * BLOCK_LENGTH))  # type: ignore[misc]
        print(f"{blocks:2} blocks a read   {seconds * 1e6:6.2f} µs a block, tree included")


if __name__ == "__main__":
    main()
