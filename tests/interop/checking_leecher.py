"""A leecher on plain sockets that checks every piece that it is given.

It speaks BEP 3 only, asks for pieces again and again in an order of its own, and keeps which of
them were good and which were not.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import time
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import random

    from tests.interop.client import Address
    from tests.interop.torrents import Torrent

__all__ = ["CheckingLeecher"]

PROTOCOL = b"\x13BitTorrent protocol"
UNCHOKE, INTERESTED, BITFIELD, REQUEST, PIECE = 1, 2, 5, 6, 7
BLOCK = 16384
SILENCE_SECONDS = 2.0
"""After this long without a byte it dials again: what was asked for will not come."""
SECONDS = 60.0


class CheckingLeecher:
    """Takes what it can get of a torrent with one hash for each piece (BEP 3)."""

    def __init__(self, torrent: Torrent, hashes: list[bytes], dice: random.Random) -> None:
        self._torrent, self._hashes, self._dice = torrent, hashes, dice
        self.good: list[int] = []
        self.bad: list[int] = []

    def take(self, address: Address, seconds: float, *, only: list[int] | None = None) -> None:
        """Ask for pieces for so long, or until the seed is gone."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with socket.create_connection(address, 2.0) as connected:
                    connected.settimeout(SILENCE_SECONDS)
                    stream = self._begin(connected)
                    while time.monotonic() < end:
                        piece = self._dice.choice(only or range(len(self._hashes)))
                        self._ask(connected, stream, piece)
            except TimeoutError:
                continue
            except OSError:
                return

    def take_all(self, address: Address, pieces: list[int]) -> None:
        """Ask for each of these pieces once, in this order; all of them must come."""
        with socket.create_connection(address, SECONDS) as connected:
            connected.settimeout(SECONDS)
            stream = self._begin(connected)
            for piece in pieces:
                self._ask(connected, stream, piece)

    def _begin(self, connected: socket.socket) -> BinaryIO:
        own_id = b"-XX0001-" + os.urandom(12)
        connected.sendall(PROTOCOL + bytes(8) + self._torrent.info_hash + own_id)
        stream = connected.makefile("rb")
        _read(stream, 68)
        connected.sendall(struct.pack(">IB", 1, INTERESTED))
        while _message(stream)[:1] != bytes([UNCHOKE]):
            pass
        return stream

    def _ask(self, connected: socket.socket, stream: BinaryIO, piece: int) -> None:
        begin = piece * self._torrent.piece_length
        length = min(self._torrent.piece_length, self._torrent.length - begin)
        got = bytearray(length)
        lacking = set(range(0, length, BLOCK))
        for offset in sorted(lacking):
            size = min(BLOCK, length - offset)
            connected.sendall(struct.pack(">IBIII", 13, REQUEST, piece, offset, size))
        while lacking:
            body = _message(stream)
            if body[:1] == bytes([PIECE]):
                index, offset = struct.unpack(">II", body[1:9])
                assert index == piece
                got[offset : offset + len(body) - 9] = body[9:]
                lacking.discard(offset)
        is_good = hashlib.sha1(got).digest() == self._hashes[piece]
        (self.good if is_good else self.bad).append(piece)


def _message(stream: BinaryIO) -> bytes:
    (length,) = struct.unpack(">I", _read(stream, 4))
    return _read(stream, length)


def _read(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise ConnectionResetError
    return data
