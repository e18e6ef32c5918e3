"""SHA-256 trees over 16 KiB leaves: roots and piece layers (BEP 52).

A file's leaves are the hashes of its 16 KiB blocks; the last block may be shorter. The
leaves are filled up with zero hashes to a power of two, and each pair of neighbours hashes
to its parent, up to the root. The layer where one hash covers one piece is the piece layer.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache

from raincore.base.geometry import BLOCK_LENGTH

__all__ = [
    "HASH_LENGTH",
    "climb",
    "height_of",
    "layers_above",
    "leaves",
    "parents",
    "piece_layer",
    "proof",
    "root",
    "root_of_layer",
    "zero_hash",
]

HASH_LENGTH = 32


@cache
def zero_hash(height: int) -> bytes:
    """The hash over 2**height leaves of zeros, which stand for blocks past the end."""
    if height == 0:
        return bytes(HASH_LENGTH)
    below = zero_hash(height - 1)
    return hashlib.sha256(below + below).digest()


def leaves(data: bytes | memoryview) -> bytes:
    """Hash the blocks of some data that starts on a block boundary.

    Returns:
        One hash of 32 bytes a block, concatenated.
    """
    sha256 = hashlib.sha256
    if len(data) <= BLOCK_LENGTH:  # most files of many are this short
        return sha256(data).digest() if data else b""
    view = memoryview(data)
    return b"".join(
        [
            sha256(view[start : start + BLOCK_LENGTH]).digest()
            for start in range(0, len(view), BLOCK_LENGTH)
        ]
    )


def root(hashes: bytes, height: int = 0, *, total_height: int = 0) -> bytes:
    """Hash one level of a tree up to its root.

    Args:
        hashes: At least one hash of 32 bytes, concatenated.
        height: Levels between these hashes and the leaves, for what fills them up.
        total_height: Least height of the root above the leaves. A piece layer needs it:
            the hash of a short last piece covers as many leaves as any other.

    Returns:
        The root; a single hash of full height is its own.
    """
    while len(hashes) > HASH_LENGTH or height < total_height:
        hashes = parents(hashes, height)
        height += 1
    return hashes


def piece_layer(hashes: bytes, piece_length: int) -> bytes:
    """Hash the leaves of a file up to its piece layer.

    Args:
        hashes: The file's leaves, concatenated.
        piece_length: Bytes, a power of two of at least 16 KiB. The file is longer than
            that; shorter ones have no layer, only a root.

    Returns:
        One hash of 32 bytes a piece, concatenated.
    """
    height = height_of(piece_length)
    size = HASH_LENGTH << height
    return b"".join(
        [
            root(hashes[start : start + size], total_height=height)
            for start in range(0, len(hashes), size)
        ]
    )


def root_of_layer(layer: bytes, piece_length: int) -> bytes:
    """Hash a file's piece layer up to its pieces root.

    Args:
        layer: At least one hash of 32 bytes, concatenated.
        piece_length: Bytes, a power of two of at least 16 KiB.
    """
    return root(layer, height_of(piece_length))


def height_of(piece_length: int) -> int:
    """Levels between the leaves and the layer where one hash covers a piece.

    Args:
        piece_length: Bytes, a power of two of at least 16 KiB.
    """
    return (piece_length // BLOCK_LENGTH).bit_length() - 1


@lru_cache(maxsize=4)
def layers_above(layer: bytes, height: int) -> tuple[bytes, ...]:
    """Give a layer of a file's tree and every one above it, up to the root.

    What fills a layer up is left out. Remembered for a few layers, since proofs for all
    parts of one layer are made of the same hashes.

    Args:
        layer: At least one hash of 32 bytes, concatenated.
        height: Levels between the layer and the leaves.
    """
    layers = [layer]
    while len(layers[-1]) > HASH_LENGTH:
        layers.append(parents(layers[-1], height + len(layers) - 1))
    return tuple(layers)


def proof(layer: bytes, height: int, index: int, length: int, levels: int) -> bytes:
    """Give the uncles that lead from a run of a layer towards the root (BEP 52, "hashes").

    Args:
        layer: All hashes of the layer, 32 bytes each; what fills it up may be left out.
        height: Levels between the layer and the leaves.
        index: Of the run's first hash; a multiple of `length`.
        length: Hashes in the run, a power of two.
        levels: How many levels above the layer to go. The lowest need no uncle, since
            they follow from the run itself; the root needs none and ends it.

    Returns:
        The uncles, the lowest first, 32 bytes each.
    """
    uncles = []
    for level, hashes in enumerate(layers_above(layer, height)[:-1][: levels + 1]):
        if length >> level <= 1:
            start = ((index >> level) ^ 1) * HASH_LENGTH
            uncles.append(hashes[start : start + HASH_LENGTH] or zero_hash(height + level))
    return b"".join(uncles)


def climb(node: bytes, index: int, uncles: bytes) -> bytes:
    """Hash a node and its uncles up to the root that they prove it to be under.

    Args:
        node: 32 bytes.
        index: Of the node, within its layer.
        uncles: As `proof` gives them.
    """
    for start in range(0, len(uncles), HASH_LENGTH):
        uncle = uncles[start : start + HASH_LENGTH]
        node = hashlib.sha256(uncle + node if index & 1 else node + uncle).digest()
        index >>= 1
    return node


def parents(hashes: bytes, height: int) -> bytes:
    """Hash each pair of neighbours of a layer, to the one above.

    Args:
        hashes: 32 bytes each.
        height: Levels between them and the leaves, for what fills an odd number up.
    """
    if len(hashes) // HASH_LENGTH % 2:
        hashes += zero_hash(height)
    return b"".join(
        [
            hashlib.sha256(hashes[start : start + 2 * HASH_LENGTH]).digest()
            for start in range(0, len(hashes), 2 * HASH_LENGTH)
        ]
    )
