"""The RC4 key stream, by a C library; one door for it.

HOT PATH. Budget: 1.5 CPU-s/GiB, which is what the library itself takes (700 MiB/s): it
works in place, and a call costs 0.5 µs beside, so callers hand over whole reads and sends.

The library is imported by the first key stream, since that takes 40 ms. Where its OpenSSL
has no RC4 (a legacy cipher that a build may leave out), a plain one of our own stands in,
a hundred times slower: enough for a handshake, never to be offered for what follows.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DROPPED", "KeyStream", "PlainKeyStream", "is_fast", "key_stream"]

DROPPED = 1024
"""Bytes at the beginning of each key stream that nobody uses, as they tell of the key."""


class KeyStream(Protocol):
    """What encrypts and decrypts the bytes of one direction, in their order."""

    def apply(self, data: memoryview) -> None:
        """Change bytes in place: plain to encrypted or the other way round.

        Args:
            data: Writable, contiguous. The key stream moves on by its length.
        """


def key_stream(key: bytes) -> KeyStream:
    """Begin a key stream, behind the bytes that are dropped (MSE, "RC4").

    Args:
        key: 20 bytes, a SHA-1.
    """
    make = _library()
    stream = PlainKeyStream(key) if make is None else make(key)
    stream.apply(memoryview(bytearray(DROPPED)))
    return stream


def is_fast() -> bool:
    """Whether the C library does the work; if not, RC4 is for handshakes only."""
    return _library() is not None


@functools.cache
def _library() -> Callable[[bytes], KeyStream] | None:
    """The library's key streams; None if it has none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
    from cryptography.hazmat.primitives.ciphers import Cipher

    class LibraryKeyStream:
        __slots__ = ("_update_into",)

        def __init__(self, key: bytes) -> None:
            self._update_into = Cipher(ARC4(key), None).encryptor().update_into

        def apply(self, data: memoryview) -> None:
            self._update_into(data, data)

    try:
        LibraryKeyStream(bytes(20))
    except UnsupportedAlgorithm:
        return None
    return LibraryKeyStream


class PlainKeyStream:
    """RC4 in Python, nothing dropped; 5 MiB/s."""

    __slots__ = ("_i", "_j", "_state")

    def __init__(self, key: bytes) -> None:
        state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        self._state = state
        self._i = self._j = 0

    def apply(self, data: memoryview) -> None:
        """As KeyStream.apply."""
        state, i, j = self._state, self._i, self._j
        for index in range(len(data)):
            i = (i + 1) & 255
            a = state[i]
            j = (j + a) & 255
            b = state[j]
            state[i], state[j] = b, a
            data[index] ^= state[(a + b) & 255]
        self._i, self._j = i, j
