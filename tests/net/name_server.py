"""A name server for tests: answers from a table, over datagrams and streams."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

ANSWERED = {"A": 1, "AAAA": 28}


class NameServer:
    """What to answer, and what was asked.

    Args:
        records: By name in lower case: lines as in a zone file, "A 192.0.2.1".
    """

    def __init__(self, records: dict[str, list[str]]) -> None:
        self.records = records
        self.asked: list[tuple[str, str]] = []
        self.rcode: int | None = None
        self.cut = False

    def answer(self, data: bytes, *, stream: bool = False) -> bytes:
        """Answer one question."""
        query = dns.message.from_wire(data)
        [question] = query.question
        name = question.name.to_text(omit_final_dot=True)
        kind = next(k for k, number in ANSWERED.items() if number == question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        known = self.records.get(name.lower())
        if self.rcode is not None:
            reply.set_rcode(dns.rcode.Rcode(self.rcode))
        elif known is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif self.cut and not stream:
            reply.flags |= dns.flags.TC
        else:
            self._add(reply, question.name.to_text(), name.lower(), kind)
        return reply.to_wire()

    def _add(self, reply: dns.message.Message, owner: str, name: str, kind: str) -> None:
        for record in self.records.get(name, []):
            what, value = record.split()
            if what == kind:
                reply.answer.append(dns.rrset.from_text(owner, 60, "IN", what, value))
            elif what == "CNAME":
                reply.answer.append(dns.rrset.from_text(owner, 60, "IN", what, value + "."))
                self._add(reply, value + ".", value, kind)
