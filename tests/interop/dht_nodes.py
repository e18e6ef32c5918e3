"""Two dozen libtorrent nodes on loopback that know each other, and can be told what to do."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop import processes
from tests.interop.libtorrent_client import interpreter

if TYPE_CHECKING:
    from tests.interop.client import Place

__all__ = ["COUNT", "DhtNodes"]

COUNT = 22
SCRIPT = Path(__file__).with_name("libtorrent_dht_talk.py")
WAIT = 20.0
"""Seconds that a node may take to answer what it is asked to find out."""


class DhtNodes:
    """A DHT; each node has a loopback address of its own."""

    def __init__(self, place: Place, count: int = COUNT) -> None:
        hosts = [f"127.0.0.{number + 2}" for number in range(count)]
        self.nodes = [(host, processes.free_port(host)) for host in hosts]
        self._heard = threading.Condition()
        self._replies: dict[int, dict[str, Any]] = {}
        self._number = 0
        command = [interpreter(), "-I", str(SCRIPT), json.dumps({"nodes": self.nodes})]
        home = place.home("dht")
        self.process = place.start(command, "dht", home, talks=True, lines=True, heard=self._hear)
        processes.until(self._settled, "all nodes know most of the others", poll=0.5)

    def _settled(self) -> bool:
        counts = self.ask("known")["counts"]
        if min(counts) * 4 >= 3 * (len(self.nodes) - 1):
            return True
        self.ask("acquaint")
        return False

    def _hear(self, line: str) -> None:
        message = json.loads(line)
        with self._heard:
            self._replies[message["id"]] = message
            self._heard.notify_all()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have something done and return the reply."""
        self._number += 1
        number = self._number
        self.process.tell(json.dumps({"id": number, "do": do, "wait": WAIT} | arguments))
        with self._heard:
            self._heard.wait_for(lambda: number in self._replies, processes.PATIENCE)
            reply = self._replies.pop(number, None)
        if reply is None or reply.get("error"):
            raise AssertionError(f"{do}: {reply}: {self.process.describe()}")
        return reply

    @property
    def addresses(self) -> set[str]:
        """Where the nodes are, as documents spell it."""
        return {f"{host}:{port}" for host, port in self.nodes}

    @property
    def bootstrap(self) -> list[str]:
        """The options that make a command of ours begin with one of the nodes."""
        host, port = self.nodes[0]
        return ["--bootstrap", f"{host}:{port}"]
