"""A tracker that answers every announce with the peers that the test has named."""

from __future__ import annotations

import http.server
import ipaddress
import socketserver
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_to_bytes

from tests.interop import torrents

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Tracker"]


class Tracker:
    """HTTP announces in, compact peer lists out (BEP 3, 7, 23).

    It never lists who announces, so a swarm has exactly the links that a test wants.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._peers: dict[bytes, list[tuple[str, int]]] = {}
        self._server = _Server((host, 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._server.server_port}/announce"

    def tell(self, info_hash: bytes, peers: Iterable[tuple[str, int]]) -> None:
        """From now on, whoever asks for `info_hash` learns of these peers and no others."""
        self._peers[info_hash] = list(peers)

    def answer(self, query: str) -> bytes:
        """The reply to an announce with this query string."""
        fields = dict(pair.partition("=")[::2] for pair in query.split("&"))
        peers = self._peers.get(unquote_to_bytes(fields.get("info_hash", "")), [])
        packed: dict[int, bytes] = {4: b"", 6: b""}
        for host, port in peers:
            address = ipaddress.ip_address(host)
            packed[address.version] += address.packed + port.to_bytes(2, "big")
        reply = {"interval": 1800, "peers": packed[4], "complete": len(peers), "incomplete": 0}
        return torrents.encode(reply | ({"peers6": packed[6]} if packed[6] else {}))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a swarm that starts is not to wait for retransmissions

    def server_bind(self) -> None:
        """As the base class does, without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]


def _handler_of(tracker: Tracker) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 30  # or a client that says nothing keeps a thread for ever

        def do_GET(self) -> None:
            body = tracker.answer(self.path.partition("?")[2])
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: stderr belongs to the tests."""

    return Handler
