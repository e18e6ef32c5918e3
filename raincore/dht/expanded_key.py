"""Signing with the expanded form of a secret key, which libtorrent keeps (BEP 44, RFC 8032).

The library that signs for us takes the 32-byte seed only, and nobody can compute that from
the expanded form: the 64 bytes that are the seed's hash, the first half of them clamped.
So whoever comes from libtorrent, or from the vectors of BEP 44, needs these numbers. They
take milliseconds, and not always the same time: fit for a key on one's own machine.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

__all__ = ["LENGTH", "is_expanded", "public_key", "sign"]

LENGTH = 64

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


class Point(NamedTuple):
    """A point of the curve in extended coordinates (RFC 8032, 5.1.4)."""

    x: int
    y: int
    z: int
    t: int


NEUTRAL = Point(0, 1, 1, 0)
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 4 * pow(5, -1, P) % P
BASE = Point(BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_expanded(secret: bytes) -> bool:
    """Whether 64 bytes look like an expanded key: its first half is clamped (5.1.5)."""
    return len(secret) == LENGTH and not secret[0] & 7 and secret[31] & 0xC0 == 0x40


def public_key(secret: bytes) -> bytes:
    """The public key, 32 bytes, of an expanded key."""
    return _packed(_times(_number(secret[:32]), BASE))


def sign(secret: bytes, message: bytes) -> bytes:
    """Sign a message (5.1.6): the same 64 bytes as with the seed."""
    scalar, prefix = _number(secret[:32]), secret[32:]
    nonce = _number(hashlib.sha512(prefix + message).digest()) % ORDER
    commitment = _packed(_times(nonce, BASE))
    challenge = hashlib.sha512(commitment + public_key(secret) + message).digest()
    answer = (nonce + _number(challenge) * scalar) % ORDER
    return commitment + answer.to_bytes(32, "little")


def _number(packed: bytes) -> int:
    return int.from_bytes(packed, "little")


def _sum(one: Point, other: Point) -> Point:
    a = (one.y - one.x) * (other.y - other.x) % P
    b = (one.y + one.x) * (other.y + other.x) % P
    c = 2 * D * one.t * other.t % P
    d = 2 * one.z * other.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    total = NEUTRAL
    while number:
        if number & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        number >>= 1
    return total


def _packed(point: Point) -> bytes:
    inverse = pow(point.z, -1, P)
    x, y = point.x * inverse % P, point.y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
