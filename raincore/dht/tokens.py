"""Write tokens: who asked from an address may write from it, for ten minutes (BEP 5).

A token is a keyed hash of the asking address and of what was asked about, so nothing is
remembered for those who only ask, and nobody can announce somebody else.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from raincore.base.endpoint import Endpoint

__all__ = ["ROTATION_SECONDS", "Tokens"]

ROTATION_SECONDS = 300.0
"""How long a secret makes tokens; they are accepted for as long again."""

TOKEN_LENGTH = 8
SECRET_LENGTH = 32


class Tokens:
    """Makes and checks tokens.

    Args:
        rng: Dice for the secrets; outside of tests `random.SystemRandom`, since a secret
            that can be guessed is none.
        now: Monotonic seconds.
    """

    def __init__(self, rng: random.Random, now: float) -> None:
        self._rng = rng
        self._current = self._previous = rng.randbytes(SECRET_LENGTH)
        self._rotated = now

    def make(self, endpoint: Endpoint, target: bytes, now: float) -> bytes:
        """The token for an address (any port of it) and an info-hash or target."""
        self._rotate(now)
        return _token(self._current, endpoint, target)

    def accepts(self, token: bytes, endpoint: Endpoint, target: bytes, now: float) -> bool:
        """Whether we gave this token to this address, five to ten minutes ago at most."""
        self._rotate(now)
        return any(
            hmac.compare_digest(token, _token(secret, endpoint, target))
            for secret in (self._current, self._previous)
        )

    def _rotate(self, now: float) -> None:
        age = now - self._rotated
        if age < ROTATION_SECONDS:
            return
        fresh = self._rng.randbytes(SECRET_LENGTH)
        # After a long silence even the current secret is too old to be honoured.
        self._previous = self._current if age < 2 * ROTATION_SECONDS else fresh
        self._current = fresh
        self._rotated = now


def _token(secret: bytes, endpoint: Endpoint, target: bytes) -> bytes:
    host = endpoint.sort_key[1].to_bytes(16, "big")
    return blake2b(host + target, digest_size=TOKEN_LENGTH, key=secret).digest()
