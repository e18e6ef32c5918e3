"""A name server, and a web server that is a tracker and has files: the world of a `Lab`.

    lab_server.py HOST NAMES PEERS DIRECTORY

answers at HOST, port 53 and 8000: each of NAMES is HOST, announces get PEERS, and other paths are
files of DIRECTORY. Says "ready" when it does.
"""

from __future__ import annotations

import http.server
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from raincore.base.endpoint import Endpoint
from tests.interop import torrents
from tests.net.name_server import NameServer

WEB_PORT = 8000


def answer_names(host: str, names: list[str]) -> None:
    """Serve names for ever."""
    server = NameServer({name: [f"A {host}"] for name in names})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 53))
        while True:
            data, remote = sock.recvfrom(4096)
            sock.sendto(server.answer(data), remote)


def main(host: str, names: str, peers: str, directory: str) -> None:
    """Serve for ever."""
    packed = b"".join(Endpoint.parse(peer).packed for peer in peers.split(","))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/announce":
                body = torrents.encode({"interval": 1800, "peers": packed})
            else:
                body = (Path(directory) / Path(path).name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    web = http.server.ThreadingHTTPServer((host, WEB_PORT), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    threading.Timer(0.2, lambda: print("ready", flush=True)).start()
    answer_names(host, names.split(","))


if __name__ == "__main__":
    main(*sys.argv[1:])
