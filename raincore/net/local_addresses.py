"""The addresses of this machine and the devices that have them, as the system tells."""

from __future__ import annotations

import array
import fcntl
import ipaddress
import socket
import struct
from pathlib import Path
from typing import NamedTuple

__all__ = ["LocalAddress", "device_is_up", "devices", "hosts", "is_ours", "table"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SIOCGIFCONF = 0x8912  # linux/sockios.h, as below
SIOCGIFFLAGS = 0x8913
IFF_UP = 1
NAME_LENGTH = 16
REQUEST_LENGTH = NAME_LENGTH + struct.calcsize("LLHBBB0L")  # struct ifreq
ADDRESS_OFFSET = 20  # in struct ifreq: name, then sockaddr_in with the address at 4
MAX_ADDRESSES = 1024
IPV6_TABLE = Path("/proc/net/if_inet6")
UNUSABLE = 0x48  # IFA_F_TENTATIVE, IFA_F_DADFAILED (linux/if_addr.h)
DEPRECATED = 0x20


class LocalAddress(NamedTuple):
    """An address and the device that has it; `lasting` if new connections should use it."""

    address: Address
    device: str
    lasting: bool = True


def hosts() -> list[str]:
    """List the addresses of all devices that are up, as literals.

    Returns:
        Loopback before the rest, IPv4 before IPv6, otherwise sorted. Link-local
        addresses are left out: they mean nothing without the name of a device.
        Empty where the system does not tell.
    """
    up: dict[str, bool] = {name: device_is_up(name) for name in devices()}
    found = {one.address for one in table() if up.get(one.device)}
    ordered = sorted(found, key=lambda a: (not a.is_loopback, a.version, int(a)))
    return [str(address) for address in ordered if not address.is_link_local]


def table() -> list[LocalAddress]:
    """All addresses that can be used now, those of each device in the system's order."""
    return [*_ipv4_table(), *_ipv6_table()]


def devices() -> list[str]:
    """The names of all network devices, sorted."""
    return sorted(name for _, name in socket.if_nameindex())


def device_is_up(device: str) -> bool:
    """Whether a device is switched on; False if there is none of that name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("256s", device.encode()[: NAME_LENGTH - 1])
        try:
            answer = fcntl.ioctl(probe.fileno(), SIOCGIFFLAGS, request)
        except OSError:
            return False
    flags: int = struct.unpack_from("h", answer, NAME_LENGTH)[0]
    return bool(flags & IFF_UP)


def is_ours(host: str) -> bool:
    """Whether an address is one of this machine's, loopback included."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def _ipv4_table() -> list[LocalAddress]:
    buffer = array.array("B", bytes(MAX_ADDRESSES * REQUEST_LENGTH))
    place, length = buffer.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), SIOCGIFCONF, struct.pack("iP", length, place))
        except OSError:
            return []
    used: int = struct.unpack("iP", answer)[0]
    entries = (bytes(buffer[at : at + REQUEST_LENGTH]) for at in range(0, used, REQUEST_LENGTH))
    return [
        LocalAddress(
            ipaddress.IPv4Address(entry[ADDRESS_OFFSET : ADDRESS_OFFSET + 4]),
            entry[:NAME_LENGTH].rstrip(b"\0").decode().partition(":")[0],  # "eth0:label"
        )
        for entry in entries
    ]


def _ipv6_table() -> list[LocalAddress]:
    """Every IPv6 address in the kernel's table; empty where IPv6 is switched off."""
    try:
        lines = IPV6_TABLE.read_text().splitlines()
    except OSError:
        return []
    found = []
    for address, _, _, _, flags, device in map(str.split, lines):
        if not int(flags, 16) & UNUSABLE:
            lasting = not int(flags, 16) & DEPRECATED
            packed = ipaddress.IPv6Address(bytes.fromhex(address))
            found.append(LocalAddress(packed, device, lasting))
    return found
