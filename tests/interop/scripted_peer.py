"""A seed on plain sockets that tells the truth, lies, dawdles or refuses as a test wants.

It speaks BEP 3 only, without any extension, and keeps a record of what it was asked.
"""

from __future__ import annotations

import enum
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Self

from tests.interop import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interop.client import Address
    from tests.interop.torrents import Torrent

__all__ = ["Connection", "Manners", "ScriptedPeer", "Served"]

PROTOCOL = b"\x13BitTorrent protocol"
UNCHOKE, INTERESTED, BITFIELD, REQUEST, PIECE = 1, 2, 5, 6, 7
LARGEST_FRAME = 1 << 18
SECONDS = 120.0


class Manners(enum.Enum):
    """How a peer behaves to those who connect."""

    SERVE = enum.auto()
    """As a seed does."""
    HANG_UP = enum.auto()
    """Closes the connection at once."""
    SILENT = enum.auto()
    """Accepts and never says a word."""
    STRANGER = enum.auto()
    """Answers the handshake with another info-hash."""
    CHOKE = enum.auto()
    """Has everything and gives nothing."""
    BABBLE = enum.auto()
    """Sends bytes that are no messages after the handshake."""


@dataclass(frozen=True, slots=True)
class Served:
    """One block that was sent."""

    time: float
    piece: int
    begin: int
    length: int


@dataclass(slots=True)
class Connection:
    """One connection that somebody made; `closed_at` is None while it is open."""

    opened_at: float
    served: list[Served] = field(default_factory=list)
    closed_at: float | None = None


class ScriptedPeer:
    """Listens until the context ends; each connection has a thread.

    Args:
        content: The content as one file.
        corrupt: Whether to spoil the block of this piece at this offset.
        rate: Bytes per second, over each connection.
    """

    def __init__(
        self,
        torrent: Torrent,
        content: Path,
        *,
        host: str = client.LOOPBACK,
        manners: Manners = Manners.SERVE,
        corrupt: Callable[[int, int], bool] = lambda piece, begin: False,
        rate: float = float("inf"),
    ) -> None:
        self.connections: list[Connection] = []
        self.corrupted = 0
        self._torrent, self._content = torrent, content.read_bytes()
        self._manners, self._corrupt, self.rate = manners, corrupt, rate
        self._peer_id = b"-XX0001-" + os.urandom(12)
        self._listener = socket.create_server((host, 0))
        self.address: Address = (host, self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._closing = False

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for connected in list(self._open):
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads[1:]:
            thread.join(SECONDS)

    @property
    def served(self) -> list[Served]:
        """All blocks sent, over all connections, in order of time."""
        blocks = [block for found in list(self.connections) for block in list(found.served)]
        return sorted(blocks, key=lambda block: block.time)

    def whole_pieces(self, before: float) -> set[int]:
        """The pieces of which each block had been sent before that time."""
        length = dict.fromkeys(range(self._piece_count()), 0)
        seen = set()
        for block in self.served:
            if block.time < before and (block.piece, block.begin) not in seen:
                seen.add((block.piece, block.begin))
                length[block.piece] += block.length
        return {piece for piece, sent in length.items() if sent >= self._length_of(piece)}

    def _piece_count(self) -> int:
        return -(-len(self._content) // self._torrent.piece_length)

    def _length_of(self, piece: int) -> int:
        start = piece * self._torrent.piece_length
        return min(self._torrent.piece_length, len(self._content) - start)

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(time.monotonic())
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connected, connection))
            thread.daemon = True
            self._threads.append(thread)
            self._open.add(connected)
            thread.start()

    def _serve(self, connected: socket.socket, connection: Connection) -> None:
        with connected:
            connected.settimeout(SECONDS)
            try:
                self._converse(connected, connection)
            except (OSError, EOFError):
                pass
            finally:
                self._open.discard(connected)
                if not self._closing:
                    connection.closed_at = time.monotonic()

    def _converse(self, connected: socket.socket, connection: Connection) -> None:
        if self._manners is Manners.HANG_UP:
            return
        if self._manners is Manners.SILENT:
            while connected.recv(4096):
                pass
            return
        stream = connected.makefile("rb")
        _read(stream, 68)
        stranger = self._manners is Manners.STRANGER
        info_hash = b"another content here" if stranger else self._torrent.info_hash
        connected.sendall(PROTOCOL + bytes(8) + info_hash + self._peer_id)
        if self._manners is Manners.BABBLE:
            connected.sendall(b"\xff" * 64)
        connected.sendall(_frame(BITFIELD, self._bitfield()))
        while True:
            (length,) = struct.unpack(">I", _read(stream, 4))
            if length > LARGEST_FRAME:
                return
            body = _read(stream, length)
            if self._manners is Manners.CHOKE or not body:
                continue
            if body[0] == INTERESTED:
                connected.sendall(_frame(UNCHOKE))
            elif body[0] == REQUEST:
                self._give(connected, connection, *struct.unpack(">III", body[1:13]))

    def _give(
        self, connected: socket.socket, connection: Connection, piece: int, begin: int, length: int
    ) -> None:
        start = piece * self._torrent.piece_length + begin
        block = self._content[start : start + length]
        if self._corrupt(piece, begin):
            self.corrupted += 1
            block = bytes(byte ^ 0x55 for byte in block)
        connected.sendall(_frame(PIECE, struct.pack(">II", piece, begin) + block))
        connection.served.append(Served(time.monotonic(), piece, begin, length))
        if self.rate != float("inf"):
            time.sleep(length / self.rate)

    def _bitfield(self) -> bytes:
        bits = "1" * self._piece_count()
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _frame(kind: int, body: bytes = b"") -> bytes:
    return struct.pack(">IB", 1 + len(body), kind) + body


def _read(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
