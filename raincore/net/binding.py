"""Where our sockets speak from: one device, or one address of each family, and nowhere else.

It fails closed. A family without an address is not used at all, and a socket stays with the
device that it was made for: when that goes away, what is sent fails, since Linux would
otherwise send it by another one, even from an address that the other does not have. What a
device has is looked up for each socket anew, because tunnels come back with new addresses.

With a device, nothing that passes by another is sent or heard, not even from this machine
itself. With an address, others on this machine can be called as well, but not call.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConfigError, NotBound
from raincore.base.printable import printable
from raincore.net import local_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ANYWHERE", "Binding", "parse"]

IP_UNICAST_IF = 50  # linux/in.h
IPV6_UNICAST_IF = 76  # linux/in6.h
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h
SETTING = "bind"
FAMILIES = {False: "IPv4", True: "IPv6"}


@dataclass(frozen=True, slots=True)
class Binding:
    """A device, or at most one address of each family; nothing at all to use any.

    Args:
        device: "" for none.
        ipv4: A literal, "" for none.
        ipv6: Likewise.
    """

    device: str = ""
    ipv4: str = ""
    ipv6: str = ""

    def __bool__(self) -> bool:
        return bool(self.device or self.ipv4 or self.ipv6)

    def __str__(self) -> str:
        return self.device or " and ".join(filter(None, (self.ipv4, self.ipv6)))

    def check(self) -> None:
        """See whether sockets can be bound so, now.

        Raises:
            ConfigError: They cannot: no such device or address, or it is not permitted.
        """
        if self.device:
            self._check_device()
        for host in filter(None, (self.ipv4, self.ipv6)):
            if not _device_of(host):
                found = ", ".join(local_addresses.hosts())
                text = f"not an address of this machine, which has {found}: {host}"
                raise ConfigError(text, SETTING)
        for ipv6 in (False, True):
            if self.host(ipv6=ipv6):
                self._try_socket(ipv6)

    def host(self, *, ipv6: bool) -> str:
        """The address that sockets of a family get now; "" if the family is not used.

        Of the addresses of a device, those that reach furthest come first.
        """
        if not self.device:
            return self.ipv6 if ipv6 else self.ipv4
        found = [
            one
            for one in local_addresses.table()
            if one.device == self.device
            and one.address.version == (6 if ipv6 else 4)
            and not one.address.is_link_local
        ]
        found.sort(key=lambda one: (not one.lasting, not one.address.is_global))
        return str(found[0].address) if found else ""

    def uses(self, device: str, *, ipv6: bool) -> bool:
        """Whether sockets of a family may use a device."""
        host = self.host(ipv6=ipv6)
        return not self or bool(host and device == (self.device or _device_of(host)))

    def hosts(self) -> list[str]:
        """The addresses at which others can reach sockets that are bound so.

        As `local_addresses.hosts` lists them; where we are bound, only those.
        """
        found = local_addresses.hosts()
        if not self:
            return found
        ours = {self.host(ipv6=False), self.host(ipv6=True)}
        return [host for host in found if host in ours] or sorted(filter(None, ours))

    def reaches(self, remote: Endpoint) -> bool:
        """Whether an address of a family that we use can be spoken to from here.

        Loopback is reached from loopback only: elsewhere, what is sent there would leave
        this machine.
        """
        return not self or remote.is_loopback == self._is_loopback(remote.is_ipv6)

    # --- what happens to a socket ---------------------------------------------------------

    def leave(self, sock: socket.socket, remote: Endpoint) -> None:
        """Bind a stream that is going to be connected.

        Raises:
            NotBound: This way does not lead there.
            OSError: The address or the device is gone.
        """
        if not self:
            return
        host = self._host_towards(remote)
        within = not self.device and local_addresses.is_ours(remote.host)
        if not self.reaches(remote) and not (within and self._is_loopback(remote.is_ipv6)):
            raise NotBound(f"cannot be reached from {self}: {remote}", str(remote))
        if not within:
            _stay(sock, self.device or _device_of(host))
        # The port is chosen by connecting, or there could be one connection for each port.
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((host, 0))

    def receive(self, sock: socket.socket, local: Endpoint) -> None:
        """Bind a listener or a datagram socket to the address, or to ours if to none.

        Raises:
            NotBound: It asks for another address than we are bound to.
            OSError: The address is in use, or not ours.
        """
        host = local.host
        if self:
            host = self._host_towards(local)
            if not ipaddress.ip_address(local.host).is_unspecified and local.host != host:
                raise NotBound(f"bound to {self}, so not to {local}", str(local))
            if self.device or sock.type == socket.SOCK_STREAM:
                # A listener too: the system answers who calls, by whatever way leads there.
                _stay(sock, self.device or _device_of(host))
            else:
                _send_by(sock, _device_of(host))
        sock.bind((host, local.port))

    def accept(self, sock: socket.socket, remote: Endpoint) -> None:
        """Keep a stream that came in where it belongs.

        Raises:
            OSError: The device is gone.
        """
        if self and not self.device and not local_addresses.is_ours(remote.host):
            _stay(sock, _device_of(self._host_towards(remote)))

    def _is_loopback(self, ipv6: bool) -> bool:
        """Whether nothing beyond this machine can be reached in a family."""
        host = self.ipv6 if ipv6 else self.ipv4
        return self.device == "lo" or bool(host and ipaddress.ip_address(host).is_loopback)

    def _host_towards(self, endpoint: Endpoint) -> str:
        host = self.host(ipv6=endpoint.is_ipv6)
        if not host:
            family = FAMILIES[endpoint.is_ipv6]
            text = f"{family} is not used, since we are bound to {self}: {endpoint}"
            raise NotBound(text, str(endpoint))
        return host

    def _check_device(self) -> None:
        device = printable(self.device)
        known = local_addresses.devices()
        if self.device not in known:
            text = f"no such address or device, there are {', '.join(known)}: {device}"
            raise ConfigError(text, SETTING)
        if not local_addresses.device_is_up(self.device):
            raise ConfigError(f"the device is down, bring it up first: {device}", SETTING)
        if not self.host(ipv6=False) and not self.host(ipv6=True):
            raise ConfigError(f"the device has no address: {device}", SETTING)

    def _try_socket(self, ipv6: bool) -> None:
        local = Endpoint("::" if ipv6 else "0.0.0.0", 0)  # noqa: S104  # becomes ours
        family = socket.AF_INET6 if ipv6 else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                self.receive(sock, local)
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                _stay(sock, self.device or _device_of(self.host(ipv6=ipv6)))
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise ConfigError(f"cannot bind, {reason}: {self}", SETTING) from error


ANYWHERE = Binding()


def parse(texts: Iterable[str]) -> Binding:
    """Read what a person wrote: addresses, one of each family at most, or one device.

    Args:
        texts: IP literals and names of devices; none to bind to nothing.

    Raises:
        ConfigError: They contradict each other, or one means no place. Whether they exist
            is not looked at; `Binding.check` does.
    """
    device = ""
    hosts = {4: "", 6: ""}
    for text in dict.fromkeys(texts):
        try:
            address = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
        except ValueError:
            if not text or device:
                raise ConfigError(f"not one device: {printable(text)!r}", SETTING) from None
            device = text
            continue
        if "%" in text or address.is_unspecified or address.is_multicast:
            raise ConfigError(f"no address of one machine: {printable(text)}", SETTING)
        if hosts[address.version]:
            family = f"IPv{address.version}"
            raise ConfigError(f"more than one address of {family}: {address}", SETTING)
        hosts[address.version] = str(address)
    if device and any(hosts.values()):
        raise ConfigError(f"a device and an address; give one or the other: {device}", SETTING)
    return Binding(device, hosts[4], hosts[6])


def _device_of(host: str) -> str:
    """The device that has an address; "" if none has it now."""
    address = ipaddress.ip_address(host)
    found = (one.device for one in local_addresses.table() if one.address == address)
    device = next(found, "")
    # All of 127.0.0.0/8 is ours, whatever the table says (RFC 1122, 3.2.1.3).
    return device or ("lo" if address.is_loopback and local_addresses.is_ours(host) else "")


def _stay(sock: socket.socket, device: str) -> None:
    """Let a socket use one device and no other."""
    if not device:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())


def _send_by(sock: socket.socket, device: str) -> None:
    """Let a datagram socket send by one device; it hears what comes to its address."""
    if not device:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    number = struct.pack("!I", socket.if_nametoindex(device))
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_UNICAST_IF, number)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF, number)
