"""A DHT of libtorrent nodes on loopback, for our commands to take part in."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop import libtorrent_client, processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.interop.client import Address, Place

__all__ = ["NODE_SETTINGS", "LibtorrentDht"]

SCRIPT = Path(__file__).with_name("libtorrent_dht_process.py")

NODE_SETTINGS: dict[str, object] = {
    "enable_dht": True,
    "dht_bootstrap_nodes": "",
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_prefer_verified_node_ids": False,
    "dht_ignore_dark_internet": False,
    "dht_announce_interval": 10,
}
"""Settings of one more libtorrent session that is to take part."""


class LibtorrentDht:
    """Nodes that know each other when this is made, each at an address of its own."""

    def __init__(self, place: Place, count: int = 24, script: Path = SCRIPT) -> None:
        hosts = [f"127.0.1.{number}" for number in range(1, count + 1)]
        self.addresses: list[Address] = [(host, processes.free_port(host)) for host in hosts]
        self._replies: dict[int, dict[str, Any]] = {}
        self._heard = threading.Condition()
        self._number = 0
        options = json.dumps({"nodes": self.addresses})
        command = [libtorrent_client.interpreter(), "-I", str(script), options]
        home = place.home("libtorrent-dht")
        self.process = place.start(
            command, "libtorrent-dht", home, talks=True, lines=True, heard=self._hear
        )
        processes.until(lambda: min(self.known()) >= count // 2, "the nodes know each other")

    @property
    def entrance(self) -> Sequence[Address]:
        """A few nodes to begin with."""
        return self.addresses[:3]

    def known(self) -> list[int]:
        """How many nodes each node knows."""
        counts: list[int] = self.ask("known")["counts"]
        return counts

    def _hear(self, line: str) -> None:
        message = json.loads(line)
        with self._heard:
            self._replies[message["id"]] = message
            self._heard.notify_all()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have something done and return the reply."""
        self._number += 1
        number = self._number
        self.process.tell(json.dumps({"id": number, "do": do} | arguments))
        with self._heard:
            self._heard.wait_for(lambda: number in self._replies, processes.PATIENCE)
            reply = self._replies.pop(number, {"error": "no reply"})
        if "error" in reply:
            raise AssertionError(f"{do}: {reply['error']}: {self.process.describe()}")
        return reply
