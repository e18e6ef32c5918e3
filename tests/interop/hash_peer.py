"""A peer on a plain socket that shakes hands and asks for hashes of v2 files (BEP 52)."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Self

from raincore.base.ids import InfoHash, PeerId
from raincore.wire import handshake
from raincore.wire.handshake import Handshake, reserved

if TYPE_CHECKING:
    from tests.interop.client import Address

__all__ = ["HashPeer"]

SECONDS = 60.0
HASH_REQUEST, HASHES, HASH_REJECT = 21, 22, 23
FIELDS = struct.Struct(">32sIIII")


class HashPeer:
    """Connected from the start.

    Args:
        offer: Whether to set the bit that offers to go on as v2.
    """

    def __init__(self, address: Address, info_hash: bytes, *, offer: bool = False) -> None:
        self._socket = socket.create_connection(address, SECONDS)
        self._socket.settimeout(SECONDS)
        self._stream = self._socket.makefile("rb")
        features = reserved(fast=True, extended=False, v2=offer)
        name = PeerId(b"-XX0000-" + struct.pack(">12s", repr(offer).encode()))
        self._socket.sendall(Handshake(InfoHash(info_hash), name, features).encode())
        self.heard = handshake.decode(self._read(handshake.LENGTH))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def _read(self, length: int) -> bytes:
        data = self._stream.read(length)
        if len(data) < length:
            raise EOFError("hung up")
        return data

    def ask(self, root: bytes, base: int, index: int, length: int, proof: int) -> bytes | None:
        """The hashes; None if they are refused."""
        asked = FIELDS.pack(root, base, index, length, proof)
        self._socket.sendall(struct.pack(">IB", 1 + len(asked), HASH_REQUEST) + asked)
        while True:
            (size,) = struct.unpack(">I", self._read(4))
            body = self._read(size)
            if size and body[0] in (HASHES, HASH_REJECT):
                assert body[1 : 1 + FIELDS.size] == asked
                return body[1 + FIELDS.size :] if body[0] == HASHES else None
