from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import NodeId
from raincore.wire import krpc_replies
from raincore.wire.krpc_messages import Reply

ID = b"abcdefghij0123456789"


def read(**fields: Any) -> Reply:
    named = {b"id": ID} | {key.encode(): value for key, value in fields.items()}
    return krpc_replies.read(named, b"")


@pytest.mark.parametrize(
    "fields",
    [
        {"nodes": 7},
        {"token": []},
        {"token": b"x" * 129},
        {"values": b"abcdef"},
        {"values": [b"short", 7, [], b"x" * 19]},
        {"BFsd": bytes(255)},
        {"k": bytes(31)},
        {"sig": bytes(65)},
        {"seq": b"1"},
        {"samples": 7},
        {"num": b"many"},
        {"unheard of": {}},
    ],
    ids=str,
)
def test_a_senseless_field_costs_only_itself(fields: dict[str, Any]) -> None:
    assert read(**fields) == Reply(node_id=NodeId(ID))


def test_an_answer_must_say_who_answers() -> None:
    with pytest.raises(RemoteProtocolError):
        krpc_replies.read({b"nodes": b""}, b"")


def test_values_of_both_families_are_taken_and_others_left() -> None:
    reply = read(values=[b"123456", b"x" * 7, b"y" * 18])
    assert reply.values == (b"123456", b"y" * 18)


def test_lists_are_cut() -> None:
    assert len(read(values=[b"123456"] * 1000).values) == 256
    samples = read(samples=bytes(20 * 1000 + 3)).samples
    assert samples is not None
    assert len(samples) == 75


def test_no_samples_are_not_the_same_as_an_unknown_question() -> None:
    assert read(samples=b"").samples == ()
    assert read().samples is None
    assert krpc_replies.write(Reply(node_id=NodeId(ID), samples=())) == {"id": ID, "samples": b""}
