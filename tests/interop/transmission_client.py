"""transmission-daemon, steered by its RPC.

It takes addresses in 127.0.0.0/8 and ::1 for forgeries and never dials them, whoever names
them; so whoever is to exchange data with it on loopback must do the dialling. It makes no file
whose length is 0, and takes hybrid torrents for corrupt ones.
"""

from __future__ import annotations

import base64
import json
import shutil
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.interop import client, processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.client import Address, Place
    from tests.interop.torrents import Torrent

__all__ = ["Daemon", "Transmission"]

SESSION_ID = "X-Transmission-Session-Id"
SEEDING = 6

SETTINGS = {
    "dht-enabled": False,
    "lpd-enabled": False,
    "pex-enabled": False,
    "utp-enabled": False,
    "port-forwarding-enabled": False,
    "encryption": 0,
    "preallocation": 0,
    "rpc-bind-address": client.LOOPBACK,
    "rpc-host-whitelist-enabled": False,
    "rpc-authentication-required": False,
    "rename-partial-files": False,
    "trash-original-torrent-files": False,
    "watch-dir-enabled": False,
    "scrape-paused-torrents-enabled": False,
    "message-level": 2,
}


class Daemon:
    """One daemon with one torrent; `remote` on a host that is not ours."""

    def __init__(
        self, place: Place, host: str, *, port: int = 0, remote: bool = False, **settings: object
    ) -> None:
        self.address = (host, port or processes.free_port(host))
        self._rpc = (host if remote else client.LOOPBACK, processes.free_port())
        self._session_id = ""
        home = place.home("transmission")
        config = home / "settings"
        config.mkdir()
        ports = {"peer-port": self.address[1], "rpc-port": self._rpc[1]}
        if remote:
            ports |= {"rpc-bind-address": "0.0.0.0", "rpc-whitelist-enabled": False}
        (config / "settings.json").write_text(json.dumps(SETTINGS | ports | settings))
        command = ["transmission-daemon", "--foreground", "--config-dir", str(config)]
        self.process = place.start(command, "transmission", home)
        processes.until(self._answers, "transmission answers")

    def _answers(self) -> bool:
        if self.process.returncode is not None:
            raise AssertionError(self.process.describe())
        try:
            self.call("session-get")
        except OSError:
            return False
        return True

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """One call; the first is refused with the id that later ones carry."""
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        url = f"http://{self._rpc[0]}:{self._rpc[1]}/transmission/rpc"
        request = urllib.request.Request(url, body, {SESSION_ID: self._session_id})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=processes.PATIENCE) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 409:
                    raise
                self._session_id = error.headers[SESSION_ID]
            return self.call(method, **arguments)
        assert answer["result"] == "success", answer
        return dict(answer["arguments"])

    def add(self, directory: Path, torrent: Torrent, by_magnet: bool, tracker: str) -> None:
        if by_magnet:
            source = {"filename": torrent.magnet_with(tracker)}
        else:
            source = {"metainfo": base64.b64encode(torrent.path.read_bytes()).decode()}
        self.call("torrent-add", **{"download-dir": str(directory), "paused": False} | source)

    def torrent(self) -> dict[str, Any]:
        fields = ["status", "percentDone", "metadataPercentComplete", "error", "errorString"]
        torrents = self.call("torrent-get", fields=fields)["torrents"]
        return dict(torrents[0]) if torrents else {}

    def seeds(self) -> bool:
        """Whether all is there and checked."""
        torrent = self.torrent()
        if torrent.get("error") == 3:
            raise AssertionError(f"{torrent['errorString']}: {self.process.describe()}")
        return torrent.get("status") == SEEDING and torrent["percentDone"] == 1

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        processes.until(self.seeds, "transmission has it all", seconds)
        return time.monotonic()

    def stop(self) -> None:
        self.process.close()


class Transmission:
    """transmission as a test sees it.

    Args:
        settings: Of its daemons, beside SETTINGS.
    """

    name = "transmission"
    dials_loopback = False
    makes_empty_files = False

    def __init__(self, **settings: object) -> None:
        self._settings = settings

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("transmission-daemon") else "transmission-daemon"

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
    ) -> Daemon:
        place.tracker.tell(torrent.info_hash, dial)
        daemon = Daemon(place, host, **self._settings)
        daemon.add(directory, torrent, False, place.tracker.url)
        processes.until(daemon.seeds, "transmission seeds")
        return daemon

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
    ) -> Daemon:
        place.tracker.tell(torrent.info_hash, peers)
        daemon = Daemon(place, client.LOOPBACK, **self._settings)
        daemon.add(directory, torrent, by_magnet, place.tracker.url)
        return daemon
