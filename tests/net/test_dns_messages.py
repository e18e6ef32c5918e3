"""An answer counts only if it is to the question, and says no more than is believed."""

import random

import dns.message
import dns.rrset
import pytest

from raincore.base.errors import FormatError
from raincore.net.dns_messages import Answer, Question, Verdict
from tests.formats import damage
from tests.net.name_server import NameServer

RECORDS = {
    "tracker.example": ["A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1"],
    "other.example": ["CNAME tracker.example"],
    "loop.example": ["CNAME loop2.example"],
    "empty.example": [],
}


def question(name: str, *, ipv6: bool = False, seed: int = 1) -> Question:
    return Question(name, ipv6=ipv6, rng=random.Random(seed))


@pytest.mark.parametrize(
    ("name", "ipv6", "answer"),
    [
        ("tracker.example", False, Answer(Verdict.FOUND, ("192.0.2.1", "192.0.2.2"))),
        ("tracker.example", True, Answer(Verdict.FOUND, ("2001:db8::1",))),
        ("other.example", True, Answer(Verdict.FOUND, ("2001:db8::1",))),
        ("empty.example", False, Answer(Verdict.NO_ADDRESS)),
        ("loop.example", False, Answer(Verdict.NO_ADDRESS)),
        ("none.example", False, Answer(Verdict.NO_SUCH_NAME)),
    ],
)
def test_answers(name, ipv6, answer):
    asked = question(name, ipv6=ipv6)
    found = asked.read(NameServer(RECORDS).answer(asked.data))
    assert found is not None
    assert found.verdict is answer.verdict
    assert sorted(found.hosts) == sorted(answer.hosts)


def test_a_server_that_fails_says_how():
    server = NameServer(RECORDS)
    server.rcode = 2
    asked = question("tracker.example")
    assert asked.read(server.answer(asked.data)) == Answer(Verdict.FAILED, detail="servfail")


def test_a_long_answer_is_cut():
    server = NameServer(RECORDS)
    server.cut = True
    asked = question("tracker.example")
    assert asked.read(server.answer(asked.data)) == Answer(Verdict.CUT)


def test_names_that_lead_in_a_circle_are_no_answer():
    asked = question("a.example")
    reply = dns.message.make_response(dns.message.from_wire(asked.data))
    for one, other in (("a", "b"), ("b", "a")):
        reply.answer.append(
            dns.rrset.from_text(f"{one}.example.", 60, "IN", "CNAME", f"{other}.example.")
        )
    assert asked.read(reply.to_wire()) == Answer(Verdict.FAILED, detail="no proper answer")


def test_addresses_that_mean_the_other_family_are_left_out():
    server = NameServer({"a.example": ["AAAA ::ffff:192.0.2.1", "AAAA 2001:db8::1"]})
    asked = question("a.example", ipv6=True)
    assert asked.read(server.answer(asked.data)) == Answer(Verdict.FOUND, ("2001:db8::1",))


def test_an_endless_list_of_addresses_is_cut():
    server = NameServer({"a.example": [f"A 192.0.{n >> 8}.{n & 255}" for n in range(500)]})
    asked = question("a.example")
    found = asked.read(server.answer(asked.data))
    assert found is not None
    assert len(found.hosts) == 64


def test_questions_differ_in_number_and_case():
    asked = {question("tracker.example", seed=seed).data for seed in range(50)}
    assert len({data[:2] for data in asked}) > 40
    assert len({data[12:] for data in asked}) > 40


@pytest.mark.parametrize("at", [0, 1, 13, 20])
def test_another_number_or_case_is_no_answer(at):
    asked = question("tracker.example")
    answer = bytearray(NameServer(RECORDS).answer(asked.data))
    answer[at] ^= 0x20
    assert asked.read(bytes(answer)) is None


def test_the_question_itself_and_garbage_are_no_answers(seed):
    asked = question("tracker.example")
    assert asked.read(asked.data) is None
    assert asked.read(b"") is None
    reply = NameServer(RECORDS).answer(asked.data)
    for damaged in damage.mutations([reply], 2000, seed):
        asked.read(damaged)
    for damaged in (*damage.truncations(reply), *damage.single_byte_changes(reply)):
        asked.read(damaged)


@pytest.mark.parametrize("name", ["x..y", "a" * 64, ".".join(["a" * 60] * 5)])
def test_what_is_no_name_is_not_asked(name):
    with pytest.raises(FormatError, match="not a host name"):
        question(name)
