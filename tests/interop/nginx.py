"""nginx as a process: the files below a directory over HTTP, on loopback."""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING

from tests.interop import client, processes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place

__all__ = ["Nginx"]

CONFIG = """
daemon off;
master_process off;
{user}
pid {home}/pid;
error_log stderr;
events {{}}
http {{
    log_format asked '$status $body_bytes_sent $http_range $request_uri';
    access_log {home}/asked asked;
    limit_conn_zone $server_addr zone=all:1m;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen {host}:{port};
        root "{root}";
        {lines}
    }}
}}
"""


class Nginx:
    """A web server with a configuration of its own.

    Args:
        root: The directory that it serves.
        lines: Further lines of the server's configuration.
    """

    def __init__(self, place: Place, root: Path, lines: str = "") -> None:
        self.home = place.home("nginx")
        self.port = processes.free_port()
        self.url = f"http://{client.LOOPBACK}:{self.port}"
        config = self.home / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(
            CONFIG.format(
                home=self.home,
                host=client.LOOPBACK,
                port=self.port,
                root=root,
                lines=lines,
                user=user,
            )
        )
        words = ["nginx", "-p", str(self.home), "-c", str(config)]
        self.process = place.start(words, "nginx", self.home)
        processes.until(self._answers, "nginx answers")

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("nginx") else "nginx"

    @property
    def asked(self) -> list[tuple[int, int, str, str]]:
        """(status, bytes of body sent, range, path) of each request that has been answered."""
        found = []
        for line in (self.home / "asked").read_text().splitlines():
            status, sent, ranges, path = line.split(" ", 3)
            found.append((int(status), int(sent), ranges, path))
        return found

    @property
    def sent(self) -> int:
        """Bytes of bodies."""
        return sum(sent for _, sent, _, _ in self.asked)

    def until_sent(self, length: int) -> None:
        """Wait until it has noted so many bytes: it notes a request after its last byte."""
        processes.until(lambda: self.sent >= length, f"{length} bytes are sent")
        assert self.sent == length

    def stop(self) -> None:
        """End it, which also ends what is under way."""
        self.process.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection((client.LOOPBACK, self.port), 1).close()
        except OSError:
            return False
        return True
