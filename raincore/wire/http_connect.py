"""What is said to an HTTP proxy for a connection through it (RFC 9110, 9.3.6, "CONNECT")."""

from __future__ import annotations

import base64
import re

from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError
from raincore.base.printable import printable

__all__ = ["END", "MAX_HEAD", "check", "request"]

RULE = "RFC 9110, CONNECT"
END = b"\r\n\r\n"
"""What the head of a reply ends with; behind it the connection begins."""
MAX_HEAD = 8192
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r\n")
WANTS_PROOF = 407


def request(target: Endpoint | tuple[str, int], user: bytes, password: bytes) -> bytes:
    """Ask for a connection to an address, or to a name that the proxy is to look up."""
    place = str(target) if isinstance(target, Endpoint) else f"{target[0]}:{target[1]}"
    where = place.encode("ascii")
    proof = b""
    if user:
        secret = base64.b64encode(user + b":" + password)
        proof = b"Proxy-Authorization: Basic " + secret + b"\r\n"
    return b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (where, where, proof)


def check(head: bytes) -> None:
    """Look at the head of the reply, up to and with `END`.

    Raises:
        RemoteProtocolError: It is none, or the proxy says no.
    """
    match = STATUS.match(head)
    if match is None:
        raise RemoteProtocolError("this is no HTTP proxy", RULE)
    status = int(match[1])
    if status == WANTS_PROOF:
        asks = "the proxy wants a user name and a password, or others than these"
        raise RemoteProtocolError(asks, RULE)
    if not 200 <= status < 300:
        reason = printable((match[2] or b"").decode("latin-1"))[:100]
        raise RemoteProtocolError(f"HTTP {status} {reason}".rstrip(), RULE)
