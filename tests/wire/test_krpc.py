import random
from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import InfoHash, NodeId
from raincore.wire import krpc, krpc_messages
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    Error,
    ErrorCode,
    FindNode,
    Get,
    GetPeers,
    Malformed,
    Ping,
    Put,
    Query,
    Question,
    Reply,
    Response,
    SampleInfoHashes,
    UnknownQuestion,
    Want,
)
from tests.formats import damage
from tests.wire.pair import vectors

ID = NodeId(b"abcdefghij0123456789")
TARGET = NodeId(b"mnopqrstuvwxyz123456")
HASH = InfoHash(TARGET)

QUESTIONS: list[Question] = [
    Ping(),
    FindNode(TARGET),
    FindNode(TARGET, Want(ipv4=True, ipv6=True)),
    GetPeers(HASH),
    GetPeers(HASH, Want(ipv4=False, ipv6=True), no_seeds=True, scrape=True),
    AnnouncePeer(HASH, 6881, b"token"),
    AnnouncePeer(HASH, None, b"token", seed=True),
    Get(TARGET),
    Get(TARGET, 7, Want(ipv4=True, ipv6=False)),
    Put(token=b"token", value=b"i1e"),
    Put(token=b"t", value=b"d1:ai1ee", key=b"k" * 32, seq=4, signature=b"s" * 64, salt=b"x", cas=3),
    SampleInfoHashes(TARGET),
    UnknownQuestion("vote", TARGET),
    UnknownQuestion("sing"),
]
REPLIES = [
    Reply(node_id=ID),
    Reply(node_id=ID, nodes=b"n" * 26, nodes6=b"m" * 38, token=b"tok"),
    Reply(node_id=ID, values=(b"123456", b"x" * 18)),
    Reply(node_id=ID, seeds_filter=bytes(256), peers_filter=b"\xff" * 256),
    Reply(node_id=ID, value=b"l1:ae", key=b"k" * 32, seq=9, signature=b"s" * 64),
    Reply(node_id=ID, samples=(HASH,), sampled_from=5, sample_seconds=600),
    Reply(node_id=ID, samples=()),
]
MESSAGES: list[Query | Response | Error] = [
    *(Query(b"aa", ID, question) for question in QUESTIONS),
    Query(b"", ID, Ping(), read_only=True),
    *(Response(b"aa", reply, b"ip4567") for reply in REPLIES),
    Error(b"aa", 203, "no"),
    Error(b"aa", 203, "no", b"x" * 18),
]


def value_of(found: Any) -> Any:
    if isinstance(found, tuple):
        return [item.hex() for item in found]
    return found.hex() if isinstance(found, bytes) else found


@pytest.mark.parametrize("vector", vectors(5, "queries"), ids=lambda v: v["name"])
def test_queries_are_those_of_bep_5(vector: dict[str, Any]) -> None:
    message = krpc.decode(vector["datagram"].encode())
    assert isinstance(message, Query)
    assert (message.transaction, message.node_id) == (b"aa", ID)
    question = message.question
    assert type(question) is getattr(krpc_messages, vector["question"])
    assert {key: value_of(getattr(question, key)) for key in vector["fields"]} == vector["fields"]
    assert krpc.encode(message) == vector["datagram"].encode()


@pytest.mark.parametrize("vector", vectors(5, "responses"), ids=lambda v: v["name"])
def test_responses_are_those_of_bep_5(vector: dict[str, Any]) -> None:
    message = krpc.decode(vector["datagram"].encode())
    assert isinstance(message, Response)
    reply = message.reply
    assert reply.node_id.hex() == vector["node_id"]
    assert {key: value_of(getattr(reply, key)) for key in vector["fields"]} == vector["fields"]
    assert krpc.encode(message) == vector["datagram"].encode()


def test_errors_are_those_of_bep_5() -> None:
    vector: Any = vectors(5, "error")
    message = krpc.decode(vector["datagram"].encode())
    assert message == Error(b"aa", ErrorCode.GENERIC, vector["text"])
    assert krpc.encode(Error(b"aa", ErrorCode.GENERIC, vector["text"])) == (
        vector["datagram"].encode()
    )


@pytest.mark.parametrize("vector", vectors(5, "malformed"), ids=lambda v: v["name"])
def test_bad_queries_can_be_refused(vector: dict[str, Any]) -> None:
    message = krpc.decode(vector["datagram"].encode())
    assert isinstance(message, Malformed)
    assert message.transaction == b"aa"
    assert message.why.isprintable()


@pytest.mark.parametrize("vector", vectors(5, "nothing"), ids=lambda v: v["name"])
def test_nothing_can_be_said_to_the_rest(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError):
        krpc.decode(vector["datagram"].encode())


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_messages_survive_the_round_trip(message: Query | Response | Error) -> None:
    assert krpc.decode(krpc.encode(message)) == message


def test_a_datagram_that_is_too_long_is_not_parsed() -> None:
    text = "x" * krpc.MAX_RECEIVED
    with pytest.raises(RemoteProtocolError, match="too long"):
        krpc.decode(krpc.encode(Error(b"aa", 201, text)))


def test_the_text_of_an_error_is_made_printable() -> None:
    message = krpc.decode(b"d1:eli201e4:a\x1b[2e1:t2:aa1:y1:ee")
    assert isinstance(message, Error)
    assert message.text == "a\ufffd[2"


def test_samples_are_asked_and_given_as_in_bep_51() -> None:
    query: Any = vectors(51, "query")
    assert krpc.decode(query.encode()) == Query(b"aa", ID, SampleInfoHashes(TARGET))
    response: Any = vectors(51, "response")
    message = krpc.decode(response.encode())
    assert isinstance(message, Response)
    assert message.reply.samples is not None
    assert [sample.hex() for sample in message.reply.samples] == vectors(51, "samples")
    assert message.reply.sampled_from == vectors(51, "num")
    assert message.reply.sample_seconds == vectors(51, "interval")
    assert krpc.encode(message) == response.encode()


def test_damage_gives_a_message_or_the_one_error(seed: int) -> None:
    seeds = [krpc.encode(message) for message in MESSAGES]
    refused = 0
    for data in damage.mutations(seeds, 3000, seed):
        try:
            message = krpc.decode(data)
        except RemoteProtocolError:
            refused += 1
            continue
        if not isinstance(message, Malformed):
            assert krpc.decode(krpc.encode(message)) == message
    for data in (*damage.truncations(seeds[4]), *damage.single_byte_changes(seeds[4])):
        try:
            krpc.decode(data)
        except RemoteProtocolError:
            refused += 1
    assert refused


def test_noise_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(500):
        with pytest.raises(RemoteProtocolError):
            krpc.decode(b"d" + rng.randbytes(rng.randrange(60)))
