"""A piece that a peer has no more (BEP 54): the opposite of Have, as an extended message."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from raincore.base.errors import RemoteProtocolError

__all__ = ["DontHave", "encode", "parse"]

RULE = "BEP 54"

INDEX = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class DontHave:
    """The sender had this piece and has lost it."""

    piece: int


def encode(message: DontHave) -> bytes:
    """Give the payload of the extended message."""
    return INDEX.pack(message.piece)


def parse(payload: bytes) -> DontHave:
    """Read the payload of an extended message that was sent to our lt_donthave id.

    Raises:
        RemoteProtocolError: It is no number of four bytes.
    """
    if len(payload) != INDEX.size:
        raise RemoteProtocolError(f"lt_donthave has the wrong length: {len(payload)}", RULE)
    return DontHave(*INDEX.unpack(payload))
