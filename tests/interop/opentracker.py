"""opentracker as a process: an HTTP and a UDP tracker on one port of loopback, IPv4 only."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.interop import client, processes

if TYPE_CHECKING:
    from tests.interop.client import Place

__all__ = ["Opentracker"]


class Opentracker:
    """Knows who announces, unlike tests.interop.tracker.

    Args:
        info_hash: The one torrent that it serves: Debian's build wants a list.
    """

    def __init__(self, place: Place, info_hash: bytes) -> None:
        self.home = place.home("opentracker")
        (self.home / "allowed").write_text(f"{info_hash.hex()}\n")
        self.port = processes.free_port()
        self._info_hash = info_hash
        # It will not run as root, and reads its list only when it no longer is.
        self.home.chmod(0o755)
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        port = str(self.port)
        words = ["opentracker", "-i", client.LOOPBACK, "-p", port, "-P", port]
        words += ["-d", str(self.home), "-w", "allowed", "-u", user]
        self.process = place.start(words, "opentracker", self.home)
        processes.until(self._answers, "opentracker answers")

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("opentracker") else "opentracker"

    def url(self, scheme: str) -> str:
        return f"{scheme}://{client.LOOPBACK}:{self.port}/announce"

    @property
    def counts(self) -> tuple[int, int, int]:
        """Seeds, downloads that were completed, leechers; from a scrape (BEP 48)."""
        base = f"http://{client.LOOPBACK}:{self.port}/scrape?info_hash="
        with urllib.request.urlopen(base + quote(self._info_hash), timeout=5) as answer:
            body = answer.read()
        found = re.search(rb"completei(\d+)e10:downloadedi(\d+)e10:incompletei(\d+)e", body)
        if found is None:
            return (0, 0, 0)
        seeds, downloads, leechers = map(int, found.groups())
        return seeds, downloads, leechers

    def until_counts(self, seeds: int, downloads: int, leechers: int) -> None:
        wanted = (seeds, downloads, leechers)
        processes.until(lambda: self._counts(wanted), f"the tracker counts {wanted}")

    def _answers(self) -> bool:
        return self._counts((0, 0, 0))

    def _counts(self, wanted: tuple[int, int, int]) -> bool:
        try:
            return self.counts == wanted
        except OSError:  # not yet, or not soon enough
            return False
