"""Writes a line of JSON for each packet of this network namespace, on whatever device.

Run as a program; says "ready" when it listens. Only for tests that make the namespace.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from typing import Any

ETH_P_ALL = 3
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
SO_RCVBUFFORCE = 33
BUFFER = 64 * 1024 * 1024
TCP = 6
RST = 4
PORTS = (TCP, 17)  # protocols that begin with two of them: TCP, UDP


def described(data: bytes, kind: int) -> dict[str, Any]:
    """Addresses, protocol and ports of a packet, as far as it has them."""
    if kind == ETH_P_IP and len(data) >= 20:
        length, protocol, addresses, size = (data[0] & 15) * 4, data[9], data[12:20], 4
    elif kind == ETH_P_IPV6 and len(data) >= 40:
        length, protocol, addresses, size = 40, data[6], data[8:40], 16
    else:
        return {"protocol": -1, "kind": kind}
    ports = data[length : length + 4] if protocol in PORTS else b""
    flags = data[length + 13 : length + 14] if protocol == TCP else b""
    return {
        "protocol": protocol,
        "reset": bool(flags and flags[0] & RST),
        "source": str(ipaddress.ip_address(addresses[:size])),
        "target": str(ipaddress.ip_address(addresses[size:])),
        "port": int.from_bytes(ports[2:4], "big"),
    }


def main() -> None:
    """Listen until ended."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        print("ready", flush=True)
        while True:
            data, (device, kind, how, *_) = sock.recvfrom(128)
            packet = described(data, kind)
            packet |= {"device": device, "out": how == socket.PACKET_OUTGOING}
            print(json.dumps(packet), flush=True)


if __name__ == "__main__":
    main()
