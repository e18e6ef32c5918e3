"""bittorrent-tracker, from npm: an HTTP and a UDP tracker on ::1, which opentracker cannot be.

Debian's build of opentracker says "V4 Tracker is V4 only!".
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tests.interop import client, processes

if TYPE_CHECKING:
    from tests.interop.client import Place

__all__ = ["NodeTracker"]

SCRIPT = Path(sys.prefix) / "npm/node_modules/bittorrent-tracker/bin/cmd.js"
"""Where .ci/prepare puts it."""

HOST = "::1"


class NodeTracker:
    """Knows who announces, for any torrent."""

    def __init__(self, place: Place) -> None:
        self.home = place.home("bittorrent-tracker")
        self.port = processes.free_port(HOST)
        words = ["node", str(SCRIPT), "--port", str(self.port), "--http", "--udp"]
        words += ["--http-hostname", HOST, "--udp6-hostname", HOST]
        words += ["--udp-hostname", client.LOOPBACK]
        self.process = place.start(words, "bittorrent-tracker", self.home)
        processes.until(self._answers, "bittorrent-tracker answers")

    @staticmethod
    def missing() -> str:
        if not shutil.which("node"):
            return "node"
        return "" if SCRIPT.exists() else "bittorrent-tracker (by .ci/prepare, with npm)"

    def url(self, scheme: str) -> str:
        return f"{scheme}://[{HOST}]:{self.port}/announce"

    @property
    def counts(self) -> tuple[int, int]:
        """Seeds and leechers, by its own account."""
        found = self._stats()
        return found["peersSeederOnly"] + found["peersSeederAndLeecher"], found["peersLeecherOnly"]

    def until_counts(self, seeds: int, leechers: int) -> None:
        wanted = (seeds, leechers)
        processes.until(lambda: self._counts(wanted), f"the tracker counts {wanted}")

    def _counts(self, wanted: tuple[int, int]) -> bool:
        try:
            return self.counts == wanted
        except OSError:  # not soon enough
            return False

    def _stats(self) -> dict[str, int]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://[{HOST}]:{self.port}/stats.json", timeout=5) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def _answers(self) -> bool:
        if self.process.returncode is not None:
            raise AssertionError(self.process.describe())
        try:
            return bool(self._stats())
        except OSError:
            return False
