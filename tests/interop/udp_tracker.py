"""A UDP tracker on ::1, of our own making: no real one at hand gives IPv6 peers over UDP.

opentracker is built for IPv4, and bittorrent-tracker packs IPv4 peers only into its packets.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from typing import Self

__all__ = ["UdpTracker"]

HOST = "::1"
CONNECTION = 0x5EED5EED5EED5EED


class UdpTracker:
    """Knows who announces, and tells the others (BEP 15, with IPv6 peers)."""

    def __init__(self) -> None:
        self.peers: dict[tuple[bytes, int], int] = {}
        """Bytes left, by info-hash and port."""
        self.events: list[int] = []
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    @property
    def url(self) -> str:
        return f"udp://[{HOST}]:{self._socket.getsockname()[1]}/announce"

    def _serve(self) -> None:
        while True:
            packet, sender = self._socket.recvfrom(2048)
            if not packet:
                return
            if len(packet) >= 16 and (answer := self._answer(packet)):
                self._socket.sendto(answer, sender)

    def _answer(self, packet: bytes) -> bytes | None:
        connection, action, transaction = struct.unpack_from(">QII", packet)
        if action == 0:
            return struct.pack(">IIQ", 0, transaction, CONNECTION)
        if action != 1 or connection != CONNECTION or len(packet) < 98:
            return None
        info_hash = packet[16:36]
        (left,) = struct.unpack_from(">Q", packet, 64)
        (event,) = struct.unpack_from(">I", packet, 80)
        (port,) = struct.unpack_from(">H", packet, 96)
        self.events.append(event)
        self.peers.pop((info_hash, port), None)
        others = [p for known, p in self.peers if known == info_hash]
        if event != 3:
            self.peers[info_hash, port] = left
        own = ipaddress.ip_address(HOST).packed
        packed = b"".join(own + other.to_bytes(2, "big") for other in others)
        return struct.pack(">IIIII", 1, transaction, 1800, 0, len(others)) + packed
