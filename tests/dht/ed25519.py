"""Ed25519 in plain numbers (RFC 8032), slow and short: what the tests check signatures with."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    (x, y), (u, v) = one, other
    t = D * x * u * y * v % P
    return (
        (x * v + y * u) * pow(1 + t, -1, P) % P,
        (y * v + x * u) * pow(1 - t, -1, P) % P,
    )


def times(number: int, point: Point) -> Point:
    total = (0, 1)
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def point_of(packed: bytes) -> Point:
    y = int.from_bytes(packed, "little")
    sign, y = y >> 255, y % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        raise ValueError("not on the curve")
    return (x if x & 1 == sign else P - x, y)


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of `key` signed `message`."""
    try:
        holder, commitment = point_of(key), point_of(signature[:32])
    except ValueError:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    challenge = hashlib.sha512(signature[:32] + key + message).digest()
    number = int.from_bytes(challenge, "little") % ORDER
    return scalar < ORDER and times(scalar, BASE) == add(commitment, times(number, holder))
