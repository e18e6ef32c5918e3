"""The addresses of this machine at which others could reach us, loopback first."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

__all__ = ["hosts"]

SIOCGIFADDR = 0x8915  # linux/sockios.h
INTERFACE_NAME_LENGTH = 16
ADDRESS_OFFSET = 20  # in struct ifreq: name, then sockaddr_in with the address at 4
IPV6_TABLE = Path("/proc/net/if_inet6")


def hosts() -> list[str]:
    """List the addresses of all interfaces that are up, as literals.

    Returns:
        Loopback before the rest, IPv4 before IPv6, otherwise sorted. Link-local
        addresses are left out: they mean nothing without the name of an interface.
        Empty where the system does not tell.
    """
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address]
    found = [*sorted(ipv4_hosts()), *sorted(ipv6_hosts())]
    loopback = [address for address in found if address.is_loopback]
    others = [a for a in found if not (a.is_loopback or a.is_link_local)]
    return [str(address) for address in (*loopback, *others)]


def ipv4_hosts() -> set[ipaddress.IPv4Address]:
    """The primary IPv4 address of each interface that has one."""
    found = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[: INTERFACE_NAME_LENGTH - 1])
            try:
                answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, request)
            except OSError:
                continue  # no IPv4 address, or down
            found.add(ipaddress.IPv4Address(answer[ADDRESS_OFFSET : ADDRESS_OFFSET + 4]))
    return found


def ipv6_hosts() -> set[ipaddress.IPv6Address]:
    """Every IPv6 address in the kernel's table; empty where IPv6 is switched off."""
    try:
        lines = IPV6_TABLE.read_text().splitlines()
    except OSError:
        return set()
    return {ipaddress.IPv6Address(bytes.fromhex(line.split()[0])) for line in lines}
