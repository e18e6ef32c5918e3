"""A multicast group on every device of this machine: one socket that hears, one that speaks."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.net.binding import ANYWHERE
from raincore.net.datagram_socket import DatagramSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.net.binding import Binding
    from raincore.net.hub import Hub
    from raincore.net.interface import OnDatagram

__all__ = ["MulticastSocket"]

IP_MULTICAST_ALL = 49  # linux/in.h; socket has it from Python 3.14 on
IPV6_MULTICAST_ALL = 29  # linux/in6.h
HOPS = 1
"""Not beyond the next router: who is farther away is no neighbour."""


class MulticastSocket:
    """Implements net.interface.Multicast.

    Args:
        hub: Watches it; must be running.
        make_socket: Gives datagram sockets of the group's family, not bound yet.
        group: Where to listen and to send.
        on_datagram: As `Network.multicast` says.
        binding: From where it speaks, and by which devices.

    Raises:
        NotBound: We are not bound to an address of this family.
        OSError: The port is in use otherwise, or the system knows no multicast.
    """

    def __init__(
        self,
        hub: Hub,
        make_socket: Callable[[], socket.socket],
        group: Endpoint,
        on_datagram: OnDatagram,
        binding: Binding = ANYWHERE,
    ) -> None:
        self.group = group
        self._binding = binding
        self._joined: set[int] = set()
        self._level = socket.IPPROTO_IPV6 if group.is_ipv6 else socket.IPPROTO_IP
        with ExitStack() as undo:
            self._hearing = undo.enter_context(make_socket())
            self._speaking = undo.enter_context(make_socket())
            self._hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as others do
            # To the group: what was sent to us alone does not arrive, wherever it is from.
            self._hearing.bind((group.host, group.port))
            if binding:
                anywhere = Endpoint("::" if group.is_ipv6 else "0.0.0.0", 0)  # noqa: S104
                binding.receive(self._speaking, anywhere)
            set_up(self._hearing, self._speaking, self._level)
            self._join()
            self._watched = DatagramSocket(hub, self._hearing, on_datagram)
            undo.pop_all()

    def send(self, data: bytes) -> None:
        """Send one datagram by every device, now, or lose it where it cannot be sent."""
        if self._speaking.fileno() < 0:
            return
        self._join()
        for index in sorted(self._joined):
            with suppress(OSError):  # that device has no address, no route, or is down
                self._speak_by(index)
                self._speaking.sendto(data, (self.group.host, self.group.port))

    def close(self) -> None:
        """Close at once; harmless when repeated."""
        self._watched.close()
        self._speaking.close()

    def _join(self) -> None:
        """Become a member on devices that came since; the system forgets those that went."""
        present = device_indices(partial(self._binding.uses, ipv6=self.group.is_ipv6))
        self._joined &= present
        for index in sorted(present - self._joined):
            with suppress(OSError):  # it can do no multicast
                self._hearing.setsockopt(self._level, *self._membership(index))
                self._joined.add(index)

    def _membership(self, index: int) -> tuple[int, bytes]:
        if self.group.is_ipv6:
            packed = socket.inet_pton(socket.AF_INET6, self.group.host)
            return socket.IPV6_JOIN_GROUP, packed + struct.pack("@I", index)
        packed = socket.inet_aton(self.group.host)
        return socket.IP_ADD_MEMBERSHIP, struct.pack("@4s4si", packed, bytes(4), index)

    def _speak_by(self, index: int) -> None:
        if self.group.is_ipv6:
            self._speaking.setsockopt(self._level, socket.IPV6_MULTICAST_IF, index)
        else:
            by = struct.pack("@4s4si", bytes(4), bytes(4), index)
            self._speaking.setsockopt(self._level, socket.IP_MULTICAST_IF, by)


def device_indices(uses: Callable[[str], bool]) -> set[int]:
    """The numbers by which the system names its network devices, those that are used."""
    return {index for index, name in socket.if_nameindex() if uses(name)}


def set_up(hearing: socket.socket, speaking: socket.socket, level: int) -> None:
    """Hear this group only where we joined it, speak no farther than the link, loop back."""
    if level == socket.IPPROTO_IPV6:
        hearing.setsockopt(level, IPV6_MULTICAST_ALL, 0)
        speaking.setsockopt(level, socket.IPV6_MULTICAST_HOPS, HOPS)
        speaking.setsockopt(level, socket.IPV6_MULTICAST_LOOP, 1)
    else:
        hearing.setsockopt(level, IP_MULTICAST_ALL, 0)
        speaking.setsockopt(level, socket.IP_MULTICAST_TTL, HOPS)
        speaking.setsockopt(level, socket.IP_MULTICAST_LOOP, 1)
