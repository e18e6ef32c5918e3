"""A UDP tracker on loopback, which answers as a test tells it to."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from raincore.formats import compact

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.net.interface import Network

__all__ = ["UdpTrackerServer"]

CONNECTION = 0x1122334455667788
Twist = Callable[[bytes], bytes | None]


class UdpTrackerServer:
    """Answers announces with `peers`, and scrapes with 1, 2, 3.

    Args:
        twist: Changes each answer before it is sent; None for silence.
    """

    def __init__(
        self,
        network: Network,
        local: Endpoint,
        peers: list[Endpoint],
        twist: Twist = lambda answer: answer,
    ) -> None:
        self.heard: list[bytes] = []
        self.peers = peers
        self.twist = twist
        self._socket = network.datagrams(local, self._take)
        self.endpoint = self._socket.endpoint
        self.url = f"udp://{self.endpoint}/announce?key=1"

    def close(self) -> None:
        self._socket.close()

    @property
    def announces(self) -> list[bytes]:
        return [packet for packet in self.heard if packet[8:12] == b"\0\0\0\1"]

    def _take(self, data: bytes, remote: Endpoint) -> None:
        self.heard.append(data)
        action, transaction = struct.unpack_from(">II", data, 8)
        head = struct.pack(">II", action, transaction)
        if action == 0:
            answer = head + CONNECTION.to_bytes(8, "big")
        elif action == 1:
            counts = struct.pack(">III", 1800, 1, 2)
            answer = head + counts + compact.pack_peers(self.peers, ipv6=remote.is_ipv6)
        else:
            answer = head + struct.pack(">III", 1, 2, 3) * ((len(data) - 16) // 20)
        twisted = self.twist(answer)
        if twisted is not None:
            self._socket.send(twisted, remote)
