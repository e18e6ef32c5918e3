"""qbittorrent-nox, steered by its web API.

One process serves many tests: it starts slowly, and forgets a torrent without a trace. It is
bound to loopback, keeps away from everything that finds peers, and asks nobody for anything.
"""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.interop import client, processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.client import Address, Place
    from tests.interop.torrents import Torrent

__all__ = ["DISABLED", "PREFERRED", "REQUIRED", "Qbittorrent", "QbittorrentServer"]

PREFERRED, REQUIRED, DISABLED = 0, 1, 2
"""What it thinks of encryption."""

BOUNDARY = "a boundary that no torrent holds"
BROKEN = ("error", "missingFiles")

SETTINGS = """\
[Application]
FileLogger\\Enabled=false

[BitTorrent]
Session\\AddExtensionToIncompleteFiles=false
Session\\BTProtocol=TCP
Session\\DHTEnabled=false
Session\\Encryption={encryption}
Session\\Interface=lo
Session\\InterfaceAddress={host}
Session\\InterfaceName=lo
Session\\LSDEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\PeXEnabled=false
Session\\Port={port}
Session\\Preallocation=false
Session\\QueueingSystemEnabled=false
Session\\UseRandomPort=false

[LegalNotice]
Accepted=true

[Network]
PortForwardingEnabled=false

[Preferences]
Connection\\ResolvePeerCountries=false
Connection\\UPnP=false
General\\Locale=en
WebUI\\Address={host}
WebUI\\CSRFProtection=false
WebUI\\HostHeaderValidation=false
WebUI\\LocalHostAuth=false
WebUI\\Port={web_port}
WebUI\\UseUPnP=false
"""


class QbittorrentServer:
    """A running program without torrents; `place` may be that of many tests."""

    def __init__(self, place: Place, encryption: int = PREFERRED) -> None:
        host = client.LOOPBACK
        self.address: Address = (host, processes.free_port())
        web_port = processes.free_port()
        self._url = f"http://{host}:{web_port}/api/v2/"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        home = place.home("qbittorrent")
        settings = home / "qBittorrent" / "config" / "qBittorrent.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            SETTINGS.format(
                encryption=encryption, host=host, port=self.address[1], web_port=web_port
            )
        )
        command = ["qbittorrent-nox", f"--profile={home}"]
        self.process = place.start(command, "qbittorrent", home)
        processes.until(self._answers, "qbittorrent answers")

    def _answers(self) -> bool:
        if self.process.returncode is not None:
            raise AssertionError(self.process.describe())
        try:
            return bool(self.get("app/version"))
        except OSError:
            return False

    def get(self, what: str, **query: str) -> bytes:
        """Ask for something."""
        url = f"{self._url}{what}?{urllib.parse.urlencode(query)}"
        with self._opener.open(url, timeout=processes.PATIENCE) as response:
            return bytes(response.read())

    def post(self, what: str, **form: str) -> bytes:
        """Have something done."""
        request = urllib.request.Request(
            f"{self._url}{what}", urllib.parse.urlencode(form).encode()
        )
        with self._opener.open(request, timeout=processes.PATIENCE) as response:
            return bytes(response.read())

    def add(self, directory: Path, torrent: Torrent, *, by_magnet: bool) -> QbittorrentTorrent:
        """Take a torrent; what is in `directory` is checked."""
        if by_magnet:
            self._add(directory, [], urls=torrent.magnet)
        else:
            self._add(directory, [torrent])
        return QbittorrentTorrent(self, torrent)

    def add_all(self, directory: Path, made: Sequence[Torrent]) -> None:
        """Take many .torrent files in one request."""
        self._add(directory, made)

    def _add(self, directory: Path, files: Sequence[Torrent], **more: str) -> None:
        form = {"savepath": str(directory), "autoTMM": "false", "contentLayout": "Original"}
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (form | more).items()
        ]
        body = "".join(parts).encode()
        for number, torrent in enumerate(files):
            body += (
                f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
                f'name="torrents"; filename="content{number}.torrent"\r\n'
                "Content-Type: application/x-bittorrent\r\n\r\n"
            ).encode()
            body += torrent.path.read_bytes() + b"\r\n"
        body += f"--{BOUNDARY}--\r\n".encode()
        kind = f'multipart/form-data; boundary="{BOUNDARY}"'
        request = urllib.request.Request(f"{self._url}torrents/add", body, {"Content-Type": kind})
        with self._opener.open(request, timeout=processes.PATIENCE) as response:
            answer = response.read()
        assert answer == b"Ok.", answer


class QbittorrentTorrent:
    """One torrent in it: a seed or a fetch."""

    def __init__(self, server: QbittorrentServer, torrent: Torrent) -> None:
        self._server = server
        self._names = {torrent.info_hash.hex(), torrent.info_hash_v2.hex()} - {""}
        self.process = server.process
        self.address = server.address
        processes.until(self.status, "qbittorrent has it")

    @property
    def _id(self) -> str:
        """What it calls the torrent, which changes when a link turns out to be a hybrid's."""
        return str(self.status()["hash"])

    def status(self) -> dict[str, Any]:
        """What it says of the torrent; empty while it does not know it."""
        for found in json.loads(self._server.get("torrents/info")):
            hashes = {found["infohash_v1"], found["infohash_v2"], found["infohash_v2"][:40]}
            if self._names & hashes:
                return dict(found)
        return {}

    def seeds(self) -> bool:
        """Whether all is there and checked."""
        status = self.status()
        if status["state"] in BROKEN:
            said = [entry["message"] for entry in json.loads(self._server.get("log/main"))]
            raise AssertionError(f"{said[-5:]}, {status}: {self.process.describe()}")
        return bool(status["progress"] == 1 and status["state"].endswith("UP"))

    def dial(self, peers: Sequence[Address]) -> None:
        """Connect to peers."""
        if peers:
            known = "|".join(f"{host}:{port}" for host, port in peers)
            self._server.post("torrents/addPeers", hashes=self._id, peers=known)

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        processes.until(self.seeds, "qbittorrent has it all", seconds)
        return time.monotonic()

    def stop(self) -> None:
        """Let go of the torrent; its files stay, and the program goes on."""
        self._server.post("torrents/delete", hashes=self._id, deleteFiles="false")
        processes.until(lambda: not self.status(), "qbittorrent has forgotten it")


class Qbittorrent:
    """qbittorrent as a test sees it.

    Args:
        server: The program that is to be used; None to start one for each role.
    """

    name = "qbittorrent"
    dials_loopback = True
    makes_empty_files = True

    def __init__(self, server: QbittorrentServer | None = None) -> None:
        self._server = server

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("qbittorrent-nox") else "qbittorrent-nox"

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
    ) -> QbittorrentTorrent:
        server = self._server or QbittorrentServer(place)
        made = server.add(directory, torrent, by_magnet=False)
        processes.until(made.seeds, "qbittorrent seeds")
        made.dial(dial)
        return made

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
    ) -> QbittorrentTorrent:
        server = self._server or QbittorrentServer(place)
        made = server.add(directory, torrent, by_magnet=by_magnet)
        made.dial(peers)
        return made
