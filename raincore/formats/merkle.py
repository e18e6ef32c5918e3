"""SHA-256 trees over 16 KiB leaves: roots and piece layers (BEP 52).

A file's leaves are the hashes of its 16 KiB blocks; the last block may be shorter. The
leaves are filled up with zero hashes to a power of two, and each pair of neighbours hashes
to its parent, up to the root. The layer where one hash covers one piece is the piece layer.
"""

from __future__ import annotations

import hashlib
from functools import cache

from raincore.base.geometry import BLOCK_LENGTH

__all__ = ["HASH_LENGTH", "leaves", "piece_layer", "root", "root_of_layer", "zero_hash"]

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
    sha256 = hashlib.sha256
    while len(hashes) > HASH_LENGTH or height < total_height:
        if len(hashes) // HASH_LENGTH % 2:
            hashes += zero_hash(height)
        hashes = b"".join(
            [
                sha256(hashes[start : start + 2 * HASH_LENGTH]).digest()
                for start in range(0, len(hashes), 2 * HASH_LENGTH)
            ]
        )
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
    height = _height(piece_length)
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
    return root(layer, _height(piece_length))


def _height(piece_length: int) -> int:
    return (piece_length // BLOCK_LENGTH).bit_length() - 1
