"""Trackers that answer what nobody should: one path each of a web server, and a UDP socket."""

from __future__ import annotations

import gzip
import http.server
import socket
import socketserver
import struct
import threading
import time
from typing import Self

from tests.interop import torrents

__all__ = ["HARMFUL", "STRANGE", "HostileTrackers"]

MIB = 1024 * 1024

HARMFUL = (
    "garbage",
    "html",
    "nothing",
    "hangs-up",
    "hundred-megabytes",
    "gzip-bomb",
    "headers-without-end",
    "redirects-without-end",
    "redirects-to-nonsense",
    "drip",
    "deep",
    "wide",
    "no-dictionary",
    "repeated-keys",
    "refuses",
    "refuses-with-status",
)
"""From these there is nothing to be had: each is a failure, and the next is asked."""

STRANGE = ("ten-thousand-peers", "port-0", "wrong-types", "interval-0", "huge-interval")
"""These answer, but with nonsense in it."""


class HostileTrackers:
    """Serves on loopback for the length of a `with` block.

    Args:
        peers: What the strange ones give among their nonsense, packed.
    """

    def __init__(self, peers: bytes = b"") -> None:
        self.peers = peers
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{kind}/announce?key=SECRET"


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # nobody waits for an endless answer
    request_queue_size = 128

    def server_bind(self) -> None:
        """As the base class does, without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, *_: object) -> None:
        """The client has had enough, which is what the test is about."""


def _strange(kind: str, peers: bytes) -> object:
    crowd = b"".join(struct.pack(">BBBBH", 127, 9, n >> 8, n & 255, 1) for n in range(10_000))
    match kind:
        case "ten-thousand-peers":
            return {"interval": 1800, "peers": peers + crowd}
        case "port-0":
            return {"interval": 1800, "peers": peers[:4] + b"\0\0" + peers}
        case "wrong-types":
            strange = {"interval": "soon", "complete": [], "peers6": 7, "tracker id": {}}
            return strange | {"peers": peers, "warning message": [], "external ip": "x"}
        case "interval-0":
            return {"interval": 0, "min interval": -5, "peers": peers}
        case _:
            return {"interval": 2**60, "min interval": 2**62, "peers": peers}


BODIES = {
    "garbage": bytes(range(256)) * 10,
    "html": b"<!DOCTYPE html><html>SECRET</html>",
    "nothing": b"",
    "deep": b"d5:peers" + b"l" * 100_000 + b"e" * 100_000 + b"e",
    "wide": b"d5:peersl" + b"0:" * (MIB - 100) + b"ee",
    "no-dictionary": b"li1ee",
    "repeated-keys": b"d8:intervali1e8:intervali1ee",
    "refuses": torrents.encode({"failure reason": "no \x1b[2J way"}),
}


def _handler_of(trackers: HostileTrackers) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = self.path.split("/")[1]
            trackers.asked.append(kind)
            if kind in STRANGE:
                self._reply(torrents.encode(_strange(kind, trackers.peers)))
            elif kind in BODIES:
                self._reply(BODIES[kind])
            else:
                getattr(self, kind.replace("-", "_"))()

        def _reply(self, body: bytes, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def _endless(self, part: bytes, seconds: float = 0.0, times: int = 10**9) -> None:
            for _ in range(times):
                self.wfile.write(part)
                self.wfile.flush()
                time.sleep(seconds)

        def hangs_up(self) -> None:
            self.connection.shutdown(socket.SHUT_RDWR)

        def hundred_megabytes(self) -> None:
            self.send_response(200)
            self.end_headers()
            self._endless(bytes(MIB), times=100)

        def gzip_bomb(self) -> None:
            self._reply(gzip.compress(bytes(200 * MIB), 1), Content_Encoding="gzip")

        def headers_without_end(self) -> None:
            self.send_response(200)
            self.flush_headers()
            self._endless(b"X: " + b"x" * 1000 + b"\r\n")

        def redirects_without_end(self) -> None:
            self._reply(b"", 302, Location=self.path)

        def redirects_to_nonsense(self) -> None:
            self._reply(b"", 302, Location="http://[::1/SECRET")

        def drip(self) -> None:
            self.send_response(200)
            self.end_headers()
            self._endless(b"d", 1.0)

        def refuses_with_status(self) -> None:
            self._reply(b"who are you?", 403, Content_Type="text/plain")

        def log_message(self, *_: object) -> None:
            """Say nothing: stderr belongs to the tests."""

    return Handler


class HostileUdpTracker:
    """Answers each packet with junk, with an answer to something else, and from elsewhere."""

    def __init__(self) -> None:
        self.asked = 0
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._other = socket.socket(type=socket.SOCK_DGRAM)
        self._other.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()
        self._other.close()

    @property
    def url(self) -> str:
        return f"udp://127.0.0.1:{self._socket.getsockname()[1]}/SECRET"

    def _serve(self) -> None:
        while True:
            packet, sender = self._socket.recvfrom(2048)
            if not packet:
                return
            self.asked += 1
            transaction = packet[12:16]
            wrong = bytes(byte ^ 255 for byte in transaction)
            for junk in (b"x", bytes(16), b"\0\0\0\3" + wrong + b"go", bytes(60_000)):
                self._socket.sendto(junk, sender)
            for answer in (b"\0\0\0\0" + transaction + bytes(8), b"\0\0\0\3" + transaction):
                self._other.sendto(answer, sender)
