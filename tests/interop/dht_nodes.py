"""A DHT of libtorrent nodes on loopback that can also be told to ask, to announce and to store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop import rain_client
from tests.interop.libtorrent_dht import LibtorrentDht

if TYPE_CHECKING:
    from tests.interop.client import Place

__all__ = ["COUNT", "DhtNodes"]

COUNT = 22
SCRIPT = Path(__file__).with_name("libtorrent_dht_talk.py")
WAIT = 20.0
"""Seconds that a node may take to find out what it is asked."""


class DhtNodes(LibtorrentDht):
    """Nodes that know each other; see libtorrent_dht_talk for what they can be asked."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, COUNT, SCRIPT)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have something done, in time, and return the reply."""
        return super().ask(do, **{"wait": WAIT} | arguments)

    @property
    def spelled(self) -> list[str]:
        """Where the nodes are, as documents spell it."""
        return list(map(rain_client.spell, self.addresses))

    @property
    def bootstrap(self) -> list[str]:
        """The options that make a command of ours begin with one of the nodes."""
        return ["--bootstrap", self.spelled[0]]
