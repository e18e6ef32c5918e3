import random
from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import InfoHash, NodeId
from raincore.formats import bencoding
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
    assert krpc_replies.write(Reply(node_id=NodeId(ID), samples=())) == (
        b"d2:id20:" + ID + b"7:samples0:e"
    )


def plain(reply: Reply) -> bytes:
    """As `krpc_replies.write`, by the general writer."""
    samples = reply.samples
    fields: dict[str, Any] = {
        "id": reply.node_id,
        "nodes": reply.nodes,
        "nodes6": reply.nodes6,
        "token": reply.token,
        "values": reply.values or None,
        "BFsd": reply.seeds_filter,
        "BFpe": reply.peers_filter,
        "v": None if reply.value is None else bencoding.Raw(reply.value),
        "k": reply.key,
        "seq": reply.seq,
        "sig": reply.signature,
        "samples": None if samples is None else b"".join(samples),
        "num": reply.sampled_from,
        "interval": reply.sample_seconds,
    }
    return bencoding.encode({key: value for key, value in fields.items() if value is not None})


@pytest.mark.parametrize("seed", range(200))
def test_replies_are_written_as_the_general_writer_would(seed: int) -> None:
    rng = random.Random(seed)
    fields: dict[str, Any] = {
        "nodes": rng.randbytes(rng.choice((0, 26, 208))),
        "nodes6": rng.randbytes(38),
        "token": rng.randbytes(rng.choice((0, 8))),
        "values": tuple(rng.randbytes(rng.choice((6, 18))) for _ in range(rng.randrange(9))),
        "seeds_filter": rng.randbytes(256),
        "peers_filter": rng.randbytes(256),
        "value": b"li-5e3:abce",
        "key": rng.randbytes(32),
        "seq": rng.choice((-3, 0, 2**40)),
        "signature": rng.randbytes(64),
        "samples": tuple(InfoHash(rng.randbytes(20)) for _ in range(rng.randrange(3))),
        "sampled_from": rng.randrange(100),
        "sample_seconds": rng.randrange(21600),
    }
    some = {name: value for name, value in fields.items() if rng.random() < 0.5}
    reply = Reply(node_id=NodeId(rng.randbytes(20)), **some)
    assert krpc_replies.write(reply) == plain(reply)
