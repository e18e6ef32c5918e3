"""An item that the DHT stores for anybody: its address, and proof of who wrote it (BEP 44)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from raincore.base.ids import NodeId
from raincore.wire.krpc_messages import ErrorCode

__all__ = ["MAX_SALT", "MAX_VALUE", "Item", "Verify"]

MAX_VALUE = 1000
"""Bytes that a bencoded value may have."""

MAX_SALT = 64

MAX_SEQ = 2**63 - 1

Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Says of a public key, a signature and a message whether they fit (ed25519).

It is given to pure code from outside, since only one module knows the library for it.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A bencoded value; with a key it is mutable.

    Args:
        value: Bencoded, exactly as its writer wrote it.
        key: The writer's public key, 32 bytes; None for an immutable item.
        seq: Goes up with each change of a mutable item.
        signature: 64 bytes over what `signed` gives.
        salt: Tells the items under one key apart; not part of what nodes give out.
    """

    value: bytes
    key: bytes | None = None
    seq: int = 0
    signature: bytes | None = None
    salt: bytes = b""

    @property
    def target(self) -> NodeId:
        """Where it is stored: the hash of the value, or of key and salt."""
        named = self.value if self.key is None else self.key + self.salt
        return NodeId(hashlib.sha1(named).digest())

    @property
    def signed(self) -> bytes:
        """What the signature is about (BEP 44, "signature verification")."""
        salt = b"4:salt%d:%s" % (len(self.salt), self.salt) if self.salt else b""
        return salt + b"3:seqi%de1:v" % self.seq + self.value

    def fault(self, verify: Verify) -> ErrorCode | None:
        """Why the item must not be stored or believed; None if it may.

        Sizes come first: checking a signature costs a hundred times as much.
        """
        if len(self.value) > MAX_VALUE:
            return ErrorCode.VALUE_TOO_BIG
        if len(self.salt) > MAX_SALT:
            return ErrorCode.SALT_TOO_BIG
        if self.key is None:
            return None
        if not 0 <= self.seq <= MAX_SEQ:
            return ErrorCode.PROTOCOL
        if self.signature is None or not verify(self.key, self.signature, self.signed):
            return ErrorCode.BAD_SIGNATURE
        return None
