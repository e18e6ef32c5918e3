"""Many peers in one process, as cheap as peers can be: one epoll, BEP 3 and nothing else.

    python crowd.py seed|leech COUNT INFO_HASH CONTENT PIECE_LENGTH HOST PORT

The first one listens and says where, or dials as the others do if it leeches; the others dial
HOST:PORT, each from an address of its own. Together, leechers get the content once, whoever
of them is served. Lines of JSON on stdout say what happened when (seconds, monotonic).
Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import select
import socket
import struct
import sys
import time
from collections import deque
from pathlib import Path

__all__ = ["Crowd"]

BLOCK = 16 * 1024
BATCH = 32
"""Blocks that one send answers, and requests that a leecher has outstanding."""
READ = 256 * 1024
HEADER = struct.Struct(">IBII")
REQUEST = struct.Struct(">IBIII")
CHOKE, UNCHOKE, INTERESTED, BITFIELD, ASK, PIECE = 0, 1, 2, 5, 6, 7


def say(**what: object) -> None:
    """One line for whoever started us."""
    print(json.dumps({**what, "time": time.monotonic()}), flush=True)


class Peer:
    """One connection: what came and is no whole message, and what is still to be sent."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.came = bytearray()
        self.greeted = False
        self.may_ask = False
        self.out: deque[bytes | memoryview] = deque()
        self.owed: set[tuple[int, int, int]] = set()


class Crowd:
    """All of them.

    Args:
        seeds: Whether they give, or else take.
        content: What they have, or what comes is compared with.
    """

    def __init__(
        self, info_hash: bytes, content: memoryview, piece_length: int, *, seeds: bool
    ) -> None:
        self.seeds = seeds
        self.content = content
        self.piece_length = piece_length
        self.greeting = b"\x13BitTorrent protocol" + bytes(8) + info_hash
        pieces = -(-len(content) // piece_length)
        have = ((1 << pieces) - 1) << (-pieces % 8)
        self.bitfield = have.to_bytes((pieces + 7) // 8) if seeds else b""
        self.wanted = deque(
            (offset // piece_length, offset % piece_length, min(BLOCK, len(content) - offset))
            for offset in range(0, len(content) if not seeds else 0, BLOCK)
        )
        self.missing = len(self.wanted)
        self.epoll = select.epoll()
        self.peers: dict[int, Peer] = {}
        self.listener: socket.socket | None = None
        self.anybody = False

    def listen(self) -> None:
        """Let one peer be dialled."""
        self.listener = socket.create_server(("127.3.0.1", 0))
        self.epoll.register(self.listener, select.EPOLLIN)
        say(port=self.listener.getsockname()[1])

    def dial(self, number: int, address: tuple[str, int]) -> None:
        """Connect one more; whoever is to answer may not listen yet."""
        for _ in range(6000):
            try:
                sock = socket.create_connection(address, source_address=(f"127.3.1.{number}", 0))
            except ConnectionRefusedError:
                time.sleep(0.01)
            else:
                self.welcome(sock, number)
                return
        raise TimeoutError(address)

    def welcome(self, sock: socket.socket, number: int) -> None:
        """Begin a conversation."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = self.peers[sock.fileno()] = Peer(sock)
        self.epoll.register(sock, select.EPOLLIN)
        peer.out.append(self.greeting + b"-XX0000-" + f"{number:012d}".encode())
        if self.seeds:
            peer.out.append(HEADER.pack(1 + len(self.bitfield), BITFIELD, 0, 0)[:5] + self.bitfield)
            peer.out.append(b"\0\0\0\1" + bytes([UNCHOKE]))
        else:
            peer.out.append(b"\0\0\0\1" + bytes([INTERESTED]))
        self.flush(peer)

    def run(self) -> None:
        """Serve until nobody is left, or all has come."""
        while (self.peers or self.listener) and (self.seeds or self.missing):
            for fd, mask in self.epoll.poll():
                if self.listener is not None and fd == self.listener.fileno():
                    self.welcome(self.listener.accept()[0], 0)
                    self.listener.close()
                    self.listener = None
                elif fd in self.peers:
                    self.serve(self.peers[fd], mask)
        say(done=self.missing == 0)

    def serve(self, peer: Peer, mask: int) -> None:
        """Do what can be done for one that is ready."""
        try:
            if mask & ~select.EPOLLOUT:
                with contextlib.suppress(BlockingIOError):
                    came = peer.sock.recv(READ)
                    if not came:
                        raise ConnectionResetError
                    self.hear(peer, came)
            self.flush(peer)
        except ConnectionError:
            del self.peers[peer.sock.fileno()]
            self.wanted.extend(peer.owed)
            peer.sock.close()

    def flush(self, peer: Peer) -> None:
        """Send what is due, as far as it goes."""
        while peer.out:
            batch = [peer.out.popleft() for _ in range(min(2 * BATCH, len(peer.out)))]
            try:
                sent = peer.sock.sendmsg(batch)
            except BlockingIOError:
                sent = 0
            left: list[bytes | memoryview] = []
            for part in batch:
                if sent < len(part):
                    left.append(memoryview(part)[sent:])
                sent = max(0, sent - len(part))
            peer.out.extendleft(reversed(left))
            if left:
                break
        self.epoll.modify(peer.sock, select.EPOLLIN | (select.EPOLLOUT if peer.out else 0))

    def hear(self, peer: Peer, came: bytes) -> None:
        """Take every whole message."""
        peer.came += came
        data, at = peer.came, 0
        if not peer.greeted:
            if len(data) < 68:
                return
            if not data.startswith(b"\x13"):
                raise ConnectionResetError  # an encrypted handshake: they will try a plain one
            if not self.anybody:
                self.anybody = True
                say(connected=True)
            peer.greeted, at = True, 68
        while len(data) - at >= 4:
            end = at + 4 + int.from_bytes(data[at : at + 4])
            if end > len(data):
                break
            if end > at + 4:
                self.message(peer, data[at + 4], data, at, end)
            at = end
        del data[:at]
        if not self.seeds:
            self.ask(peer)

    def message(self, peer: Peer, kind: int, data: bytearray, at: int, end: int) -> None:
        """Answer one message."""
        if kind == ASK and self.seeds:
            _, _, piece, begin, length = REQUEST.unpack_from(data, at)
            offset = piece * self.piece_length + begin
            peer.out.append(HEADER.pack(9 + length, PIECE, piece, begin))
            peer.out.append(self.content[offset : offset + length])
        elif kind == UNCHOKE:
            peer.may_ask = True
        elif kind == CHOKE:
            peer.may_ask = False
            self.wanted.extend(peer.owed)
            peer.owed.clear()
        elif kind == PIECE and not self.seeds:
            piece, begin = struct.unpack_from(">II", data, at + 5)
            offset, length = piece * self.piece_length + begin, end - at - 13
            if (piece, begin, length) in peer.owed:
                peer.owed.discard((piece, begin, length))
                assert data[at + 13 : end] == self.content[offset : offset + length], "bad bytes"
                self.missing -= 1

    def ask(self, peer: Peer) -> None:
        """Keep requests outstanding."""
        if not peer.may_ask or len(peer.owed) > BATCH // 2:
            return
        requests = []
        while self.wanted and len(peer.owed) < BATCH:
            block = self.wanted.popleft()
            peer.owed.add(block)
            requests.append(REQUEST.pack(13, ASK, *block))
        if requests:
            peer.out.append(b"".join(requests))


def main() -> None:
    """Be the crowd that the command line asks for."""
    role, count, info_hash, content, piece_length, host, port = sys.argv[1:]
    with Path(content).open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    crowd = Crowd(bytes.fromhex(info_hash), view, int(piece_length), seeds=role == "seed")
    if crowd.seeds:
        crowd.listen()
    for number in range(1 if crowd.seeds else 0, int(count)):
        crowd.dial(number + 1, (host, int(port)))
    say(dialled=True)
    crowd.run()


if __name__ == "__main__":
    main()
