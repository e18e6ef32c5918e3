"""The three messages about the hashes of v2 files, as bytes (BEP 52, "peer messages").

All begin with the same five fields; `peer_codec` frames them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from raincore.wire.messages import Hashes, HashReject, HashRequest

if TYPE_CHECKING:
    from raincore.wire.messages import Message

__all__ = ["FIXED_LENGTHS", "IDS", "LEAST_LENGTHS", "encode", "parse"]

RUN = struct.Struct(">32sIIII")
IDS: dict[type[HashRequest], int] = {HashRequest: 21, Hashes: 22, HashReject: 23}
FIXED_LENGTHS = {IDS[HashRequest]: 1 + RUN.size, IDS[HashReject]: 1 + RUN.size}
LEAST_LENGTHS = {IDS[Hashes]: 1 + RUN.size}
"""Id included."""


def parse(kind: int, body: memoryview) -> Message:
    """Read what follows the id of one of the three; its length was checked."""
    pieces_root, base_layer, index, length, proof_layers = RUN.unpack_from(body)
    if kind == IDS[Hashes]:
        hashes = bytes(body[RUN.size :])
        return Hashes(pieces_root, base_layer, index, length, proof_layers, hashes)
    shape = HashRequest if kind == IDS[HashRequest] else HashReject
    return shape(pieces_root, base_layer, index, length, proof_layers)


def encode(message: HashRequest) -> bytes:
    """Give what follows the id.

    Raises:
        struct.error: A number does not fit its field.
    """
    run = RUN.pack(
        message.pieces_root,
        message.base_layer,
        message.index,
        message.length,
        message.proof_layers,
    )
    return run + message.hashes if isinstance(message, Hashes) else run
