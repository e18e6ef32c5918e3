"""What is said to a SOCKS5 proxy, and what it says (RFC 1928, RFC 1929).

A client greets, proves who it is if asked to, and makes one request; after the reply the
connection carries bytes (CONNECT), or keeps a relay of datagrams open (UDP ASSOCIATE).
"""

from __future__ import annotations

import enum

from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError

__all__ = [
    "Command",
    "Target",
    "accepted",
    "chosen_password",
    "credentials",
    "greeting",
    "reply_length",
    "reply_of",
    "request",
    "unwrap",
    "wrap",
]

RULE = "RFC 1928"
VERSION = 5
NO_PROOF, PASSWORD = 0, 2
IPV4, NAME, IPV6 = 1, 3, 4
REPLY_HEAD_LENGTH = 5
"""Bytes of a reply by which its length is known."""

FAILURES = {
    1: "it failed",
    2: "its rules forbid that",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "no answer in time",
    7: "it does not do that",
    8: "it does not know that kind of address",
}

Target = Endpoint | tuple[str, int]
"""An address, or a name (ASCII, at most 255 bytes) that the proxy is to look up, and a port."""


class Command(enum.IntEnum):
    """What a proxy is asked to do (RFC 1928, 4)."""

    CONNECT = 1
    UDP_ASSOCIATE = 3


def greeting(*, password: bool) -> bytes:
    """Say hello, and by which means we could prove who we are."""
    return bytes([VERSION, 2, NO_PROOF, PASSWORD] if password else [VERSION, 1, NO_PROOF])


def chosen_password(reply: bytes) -> bool:
    """Say whether the proxy wants `credentials`.

    Args:
        reply: The 2 bytes that answer a greeting.

    Raises:
        RemoteProtocolError: It is no SOCKS5 proxy, or takes none of what we offered.
    """
    version, method = reply
    if version != VERSION:
        raise RemoteProtocolError("this is no SOCKS5 proxy", RULE)
    if method not in (NO_PROOF, PASSWORD):
        asks = "the proxy wants a user name and a password, or others than these"
        raise RemoteProtocolError(asks, RULE)
    return method == PASSWORD


def credentials(user: bytes, password: bytes) -> bytes:
    """Prove who we are (RFC 1929); each at most 255 bytes."""
    return b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password


def accepted(reply: bytes) -> None:
    """Check the 2 bytes that answer `credentials`.

    Raises:
        RemoteProtocolError: They were refused.
    """
    if reply[1]:
        raise RemoteProtocolError("the proxy refuses the user name and password", "RFC 1929")


def request(command: Command, target: Target) -> bytes:
    """Ask for a connection, or for a relay of datagrams."""
    return bytes([VERSION, command, 0]) + _packed(target)


def reply_length(head: bytes) -> int:
    """Say how long the reply is that begins with these 5 bytes.

    Raises:
        RemoteProtocolError: It is none, or says why the request failed.
    """
    version, code, _, kind, first = head
    if version != VERSION:
        raise RemoteProtocolError("this is no SOCKS5 proxy", RULE)
    if code:
        raise RemoteProtocolError(FAILURES.get(code, f"it failed with code {code}"), RULE)
    return _address_end(kind, first, 3)


def reply_of(reply: bytes) -> Endpoint | None:
    """Read where the proxy will act from; None if it names no address."""
    return _address(reply[3:])


def wrap(data: bytes, target: Target) -> bytes:
    """Put the head on a datagram that says whom it is for (RFC 1928, 7)."""
    return bytes(3) + _packed(target) + data


def unwrap(datagram: bytes) -> tuple[Endpoint | None, bytes]:
    """Take the head off a datagram that came by the proxy.

    Returns:
        Who sent it, None if that is a name; and what was sent.

    Raises:
        RemoteProtocolError: It has no head, or is a part of one that was cut.
    """
    if len(datagram) < REPLY_HEAD_LENGTH or datagram[2]:
        raise RemoteProtocolError("datagram without a head", RULE)
    end = _address_end(datagram[3], datagram[4], 3)
    if len(datagram) < end:
        raise RemoteProtocolError("datagram is cut in its head", RULE)
    return _address(datagram[3:end]), datagram[end:]


def _packed(target: Target) -> bytes:
    if isinstance(target, Endpoint):
        return bytes([IPV6 if target.is_ipv6 else IPV4]) + target.packed
    name, port = target
    raw = name.encode("ascii")
    return bytes([NAME, len(raw)]) + raw + port.to_bytes(2, "big")


def _address_end(kind: int, first: int, start: int) -> int:
    """Where an address that begins at `start`, with its kind, ends; port included."""
    lengths = {IPV4: 4, IPV6: 16, NAME: 1 + first}
    if kind not in lengths:
        raise RemoteProtocolError(f"the proxy names an unknown kind of address: {kind}", RULE)
    return start + 1 + lengths[kind] + 2


def _address(packed: bytes) -> Endpoint | None:
    return None if packed[0] == NAME else Endpoint.from_packed(packed[1:])
