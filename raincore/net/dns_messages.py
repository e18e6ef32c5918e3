"""Questions to a name server and what its answers say (RFC 1035). The door to dnspython.

A forged answer has to guess the number, the port, and the case of each letter of the name,
which servers repeat as they were sent (draft-vixie-dnsext-dns0x20).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError

if TYPE_CHECKING:
    import random

__all__ = ["Answer", "Question", "Verdict"]

MAX_ADDRESSES = 64


class Verdict(enum.Enum):
    """What an answer means for who asked."""

    FOUND = "found"
    """There are addresses."""
    NO_SUCH_NAME = "no such name"
    NO_ADDRESS = "no address of this kind"
    CUT = "cut"
    """It is too long for a datagram: ask over TCP."""
    FAILED = "failed"
    """The server cannot tell; another may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `detail` is its code in words where it failed."""

    verdict: Verdict
    hosts: tuple[str, ...] = ()
    detail: str = ""


class Question:
    """One question and the check that an answer is to it.

    Args:
        name: A full host name in ASCII.
        ipv6: Whether for IPv6 addresses.
        rng: Dice for what must not be guessed.

    Raises:
        FormatError: A part of the name is missing or too long.
    """

    def __init__(self, name: str, *, ipv6: bool, rng: random.Random) -> None:
        mixed = "".join(rng.choice((c.lower(), c.upper())) for c in name)
        kind = dns.rdatatype.AAAA if ipv6 else dns.rdatatype.A
        self._ipv6 = ipv6
        try:
            self._query = dns.message.make_query(mixed, kind, id=rng.getrandbits(16))
        except dns.exception.DNSException as error:
            raise FormatError("not a host name") from error
        self.data = self._query.to_wire()

    def read(self, data: bytes) -> Answer | None:
        """Read what came from the server that was asked.

        Args:
            data: A datagram, or a message over TCP; hostile.

        Returns:
            What it says; None if it is no answer to this question.
        """
        try:
            reply = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        except (dns.exception.DNSException, ValueError):
            return None
        if not self._query.is_response(reply) or not self._is_repeated(data):
            return None
        if reply.flags & dns.flags.TC:
            return Answer(Verdict.CUT)
        code = reply.rcode()
        if code == dns.rcode.NXDOMAIN:
            return Answer(Verdict.NO_SUCH_NAME)
        if code != dns.rcode.NOERROR:
            return Answer(Verdict.FAILED, detail=dns.rcode.to_text(code).lower())
        return self._addresses(reply)

    def _is_repeated(self, data: bytes) -> bool:
        """Whether the question comes back letter by letter; dnspython ignores case."""
        start = 12  # of the header
        return data[start : len(self.data)] == self.data[start:]

    def _addresses(self, reply: dns.message.Message) -> Answer:
        assert isinstance(reply, dns.message.QueryMessage)
        try:
            found = reply.resolve_chaining().answer  # follows at most 16 other names
        except dns.exception.DNSException:
            return Answer(Verdict.FAILED, detail="no proper answer")
        hosts: list[str] = []
        for record in found or ():
            endpoint = Endpoint(record.address, 0)
            if endpoint.is_ipv6 == self._ipv6:
                hosts.append(endpoint.host)
        if not hosts:
            return Answer(Verdict.NO_ADDRESS)
        return Answer(Verdict.FOUND, tuple(dict.fromkeys(hosts))[:MAX_ADDRESSES])
