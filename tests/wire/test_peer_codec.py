import random
from typing import Any

import pytest

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import messages as m
from raincore.wire import peer_codec
from tests.wire.pair import vectors

MAX = 100_000
MESSAGES = [vector for bep in (3, 6, 10) for vector in vectors(bep, "messages")]
BAD = [vector for bep in (3, 6, 10) for vector in vectors(bep, "bad_messages")]


def decode(data: bytes, max_length: int = MAX) -> tuple[int, list[m.Message]]:
    out: list[m.Message] = []
    consumed = peer_codec.decode(memoryview(data), len(data), max_length, out)
    return consumed, [freeze(message) for message in out]


def freeze(message: m.Message) -> m.Message:
    if isinstance(message, m.Block):
        return m.Block(message.piece, message.begin, bytes(message.data))
    return message


def typed(messages: list[m.Message]) -> list[tuple[type, m.Message]]:
    """Named tuples of different kinds compare equal; their types do not."""
    return [(type(message), message) for message in messages]


def message_of(vector: dict[str, Any]) -> m.Message:
    fields = {
        key: bytes.fromhex(value) if isinstance(value, str) else value
        for key, value in vector["fields"].items()
    }
    message: m.Message = getattr(m, vector["message"])(**fields)
    return message


def plain_decode(data: bytes, max_length: int) -> tuple[int, list[m.Message]]:
    """The same as the hot decoder, by slicing, without a thought for speed."""
    simple: dict[int, Any] = {0: m.Choke, 1: m.Unchoke, 2: m.Interested, 3: m.NotInterested}
    simple |= {14: m.HaveAll, 15: m.HaveNone}
    one: dict[int, Any] = {4: m.Have, 13: m.Suggest, 17: m.AllowedFast}
    three: dict[int, Any] = {6: m.Request, 8: m.Cancel, 16: m.Reject}
    lengths = dict.fromkeys(simple, 1) | dict.fromkeys(one, 5) | dict.fromkeys(three, 13) | {9: 3}
    lengths |= {21: 49, 23: 49}
    out: list[m.Message] = []
    position = 0
    while len(rest := data[position:]) >= 4:
        length = int.from_bytes(rest[:4])
        if length > max_length:
            raise RemoteProtocolError("long")
        if length and len(rest) >= 5:
            kind = rest[4]
            if length != lengths.get(kind, length) or length < {7: 10, 20: 2, 22: 49}.get(kind, 1):
                raise RemoteProtocolError("length")
        if len(rest) < 4 + length:
            break
        position += 4 + length
        if length == 0:
            out.append(m.KeepAlive())
            continue
        kind, body = rest[4], rest[5 : 4 + length]
        numbers = [int.from_bytes(body[i : i + 4]) for i in range(0, len(body), 4)]
        if kind in simple:
            out.append(simple[kind]())
        elif kind in one:
            out.append(one[kind](numbers[0]))
        elif kind in three:
            out.append(three[kind](*numbers))
        elif kind == 5:
            out.append(m.PieceBitfield(body))
        elif kind == 7:
            out.append(m.Block(numbers[0], numbers[1], body[8:]))
        elif kind == 9:
            out.append(m.Port(int.from_bytes(body)))
        elif kind == 20:
            out.append(m.Extended(body[0], body[1:]))
        elif kind in (21, 22, 23):
            run = (body[:32], *(int.from_bytes(body[at : at + 4]) for at in range(32, 48, 4)))
            shapes: dict[int, Any] = {21: m.HashRequest, 23: m.HashReject}
            out.append(m.Hashes(*run, body[48:]) if kind == 22 else shapes[kind](*run))
    return position, out


RANDOM_KINDS = [getattr(m, name) for name in m.__all__ if name != "Message"]
RANDOM_KINDS += [m.Request, m.Block] * 6  # what nearly all messages are


def random_message(rng: random.Random) -> Any:
    def number() -> int:
        return rng.choice((0, 1, rng.randrange(2**32), 2**32 - 1))

    kind = rng.choice(RANDOM_KINDS)
    if kind in (m.Request, m.Cancel, m.Reject):
        return kind(number(), number(), number())
    if kind is m.Block:
        return m.Block(number(), number(), rng.randbytes(rng.randint(1, 60)))
    if kind in (m.Have, m.Suggest, m.AllowedFast):
        return kind(number())
    if kind is m.PieceBitfield:
        return m.PieceBitfield(rng.randbytes(rng.randint(0, 20)))
    if kind is m.Extended:
        return m.Extended(rng.randrange(256), rng.randbytes(rng.randint(0, 20)))
    if kind is m.Port:
        return m.Port(rng.randrange(65536))
    if kind in (m.HashRequest, m.HashReject, m.Hashes):
        run = (rng.randbytes(32), number(), number(), number(), number())
        return kind(*run, rng.randbytes(64)) if kind is m.Hashes else kind(*run)
    return kind()


# --- decoding ------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda v: v["name"])
def test_messages_as_the_beps_describe_them(vector: dict[str, Any]) -> None:
    data, message = bytes.fromhex(vector["hex"]), message_of(vector)
    consumed, messages = decode(data)
    assert consumed == len(data)
    assert typed(messages) == typed([message])
    assert peer_codec.encode(message) == data


@pytest.mark.parametrize("vector", BAD, ids=lambda v: v["name"])
def test_lengths_that_do_not_fit_are_refused_before_the_body_is_in(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    for end in (5, len(data)):
        with pytest.raises(RemoteProtocolError) as caught:
            decode(data[:end] + b"\0" * 20 * (end == len(data)))
        assert caught.value.code == vector["error"]
        assert caught.value.rule == "BEP 3, peer messages"


@pytest.mark.parametrize("vector", vectors(3, "skipped"), ids=lambda v: v["name"])
def test_unknown_ids_are_skipped(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    consumed, messages = decode(data + peer_codec.encode(m.Have(3)))
    assert consumed == len(data) + 9
    assert messages == [m.Have(3)]


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda v: v["name"])
def test_a_message_that_is_not_whole_waits(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    for end in range(len(data)):
        assert decode(data[:end]) == (0, [])


def test_every_changed_byte_is_refused_or_read() -> None:
    for vector in MESSAGES:
        data = bytearray.fromhex(vector["hex"])
        for offset in range(len(data)):
            for value in range(256):
                changed = data[:offset] + bytes((value,)) + data[offset + 1 :]
                compare_with_plain(bytes(changed))


def compare_with_plain(data: bytes) -> None:
    try:
        expected = plain_decode(data, MAX)
    except RemoteProtocolError:
        with pytest.raises(RemoteProtocolError):
            decode(data)
    else:
        consumed, messages = decode(data)
        assert consumed == expected[0]
        assert typed(messages) == typed(expected[1])


def test_the_fast_decoder_agrees_with_the_plain_one(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1000):
        messages = [random_message(rng) for _ in range(rng.randint(0, 12))]
        data = bytearray(b"".join(map(peer_codec.encode, messages)))
        if rng.random() < 0.5:  # else it stays valid
            for _ in range(rng.randint(1, 3)):
                if data:
                    data[rng.randrange(len(data))] = rng.choice((0, 1, 13, rng.randrange(256)))
        compare_with_plain(bytes(data[: rng.randint(0, len(data))]))
        compare_with_plain(bytes(data))


def test_messages_survive_the_round_trip(seed: int) -> None:
    rng = random.Random(seed)
    messages = [random_message(rng) for _ in range(2000)]
    data = b"".join(map(peer_codec.encode, messages))
    consumed, decoded = decode(data)
    assert consumed == len(data)
    assert typed(decoded) == typed(messages)


def test_only_what_has_arrived_is_parsed() -> None:
    data = peer_codec.encode(m.Have(1)) * 3
    out: list[m.Message] = []
    assert peer_codec.decode(memoryview(data), 20, MAX, out) == 18
    assert out == [m.Have(1), m.Have(1)]


def test_block_data_is_a_view_of_the_buffer() -> None:
    buffer = bytearray(peer_codec.encode(m.Block(1, 2, b"abc")))
    out: list[Any] = []
    peer_codec.decode(memoryview(buffer), len(buffer), MAX, out)
    buffer[-1] = ord("z")
    assert bytes(out[0].data) == b"abz"


@pytest.mark.parametrize("kind", [7, 5, 99])
def test_a_message_may_be_as_long_as_the_limit_and_no_longer(kind: int) -> None:
    exact = (50).to_bytes(4) + bytes((kind,)) + b"x" * 49
    assert decode(exact, 50)[0] == 54
    longer = (51).to_bytes(4) + bytes((kind,)) + b"x" * 50
    for data in (longer, longer[:20], longer[:4]):
        with pytest.raises(RemoteProtocolError, match="longer than 50 bytes: 51"):
            decode(data, 50)


def test_what_came_before_an_offence_is_kept() -> None:
    data = peer_codec.encode(m.Have(1)) + b"\0\0\0\2\0\0" + bytes(10)
    out: list[m.Message] = []
    with pytest.raises(RemoteProtocolError):
        peer_codec.decode(memoryview(data), len(data), MAX, out)
    assert out == [m.Have(1)]


# --- encoding ------------------------------------------------------------------------------


def test_a_batch_of_requests_is_the_requests_one_after_the_other() -> None:
    requests = [m.Request(1, 16384 * number, 16384) for number in range(5)]
    assert peer_codec.encode_requests(requests) == b"".join(map(peer_codec.encode, requests))
    assert peer_codec.encode_requests([]) == b""


def test_a_block_is_its_header_and_its_data() -> None:
    header = peer_codec.block_header(1, 2, 3)
    assert len(header) == peer_codec.BLOCK_HEADER_LENGTH
    assert header + b"abc" == peer_codec.encode(m.Block(1, 2, b"abc"))
    assert peer_codec.encode(m.Block(1, 2, memoryview(b"abc"))) == header + b"abc"


@pytest.mark.parametrize(
    "message",
    [
        m.Have(-1),
        m.Have(2**32),
        m.Request(0, 0, -1),
        m.Port(65536),
        m.Extended(256, b""),
        m.HashRequest(bytes(32), 0, 2**32, 1, 1),
    ],
    ids=repr,
)
def test_numbers_that_do_not_fit_are_our_bug(message: m.Message) -> None:
    with pytest.raises(LocalProtocolError):
        peer_codec.encode(message)


def test_requests_that_do_not_fit_are_our_bug() -> None:
    with pytest.raises(LocalProtocolError):
        peer_codec.encode_requests([m.Request(0, 0, 2**32)])
