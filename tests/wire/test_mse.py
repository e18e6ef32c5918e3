"""MSE handshakes: vectors, two machines back to back, every cut, every lie."""

import random
import struct

import pytest

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.base.ids import InfoHash
from raincore.wire import mse_keys
from raincore.wire.mse import Crypto, Initiator, Responder
from tests.wire import plain_mse
from tests.wire.plain_mse import FixedDice, conversation

BOTH = Crypto.PLAINTEXT | Crypto.RC4
HASH = InfoHash(bytes(range(20)))
OTHERS = [InfoHash(bytes([n]) * 20) for n in range(100)]
TABLE = {mse_keys.key_hash(one): one for one in [*OTHERS, HASH]}
PAYLOAD = b"\x13BitTorrent protocol" + bytes(48)

each_vector = pytest.mark.parametrize(
    "vector", plain_mse.VECTORS["handshakes"], ids=lambda v: v["name"]
)


def applied(stream, data: bytes) -> bytes:
    changed = bytearray(data)
    stream.apply(memoryview(changed))
    return bytes(changed)


def initiator(seed: int, provide: Crypto = BOTH, payload: bytes = PAYLOAD) -> Initiator:
    return Initiator(HASH, provide, payload, random.Random(seed))


def responder(seed: int, allowed: Crypto = BOTH) -> Responder:
    return Responder(TABLE.get, allowed, random.Random(-1 - seed))


def feed(machine, data: bytes, size: int = 10**9) -> bytes:
    """Let bytes arrive, cut to `size` and to what is wanted; return what was not wanted."""
    while data and machine.wanted:
        count = min(size, machine.wanted)
        machine.receive_data(data[:count])
        data = data[count:]
    return data


def converse(a, b, size: int = 10**9, trailing: bytes = b"") -> tuple[bytes, bytes]:
    """Let two machines talk until they are done; what was left of each one's input."""
    to_a = to_b = b""
    while not a.agreed:
        to_b = feed(b, to_b + a.data_to_send(), size)
        to_a += b.data_to_send()
        to_a = feed(a, to_a + trailing if b.agreed else to_a, size)
    return to_a, to_b


class Cut:
    """A machine whose private key and paddings are those of a vector."""

    def __init__(self, vector, allowed: Crypto = BOTH) -> None:
        choices = conversation(vector)
        table = {mse_keys.key_hash(InfoHash(choices.skey)): InfoHash(choices.skey)}
        self.a = Initiator(
            InfoHash(choices.skey),
            Crypto(choices.provide),
            choices.payload,
            FixedDice(choices.private_a, choices.pad_a, choices.pad_c),
        )
        self.b = Responder(
            table.get,
            Crypto(choices.select) if allowed is BOTH else allowed,
            FixedDice(choices.private_b, choices.pad_b, choices.pad_d),
        )


# --- what is said --------------------------------------------------------------------------


@each_vector
def test_the_plain_version_makes_the_vectors(vector) -> None:
    choices = conversation(vector)
    for name in ("secret", "message_1", "message_2", "message_3", "message_4", "after_a"):
        assert getattr(choices, name).hex() == vector[name], name


@each_vector
@pytest.mark.parametrize("size", [1, 7, 10**9])
def test_who_dials_says_what_the_vector_has(vector, size) -> None:
    machine = Cut(vector).a
    said = machine.data_to_send().hex()
    assert said == vector["message_1"]
    left = feed(machine, bytes.fromhex(vector["message_2"] + vector["message_4"]) + b"next", size)
    assert machine.data_to_send().hex() == vector["message_3"]
    assert left == b"next"
    agreed = machine.agreed
    assert agreed is not None
    assert (agreed.crypto, agreed.payload) == (vector["select"], b"")
    assert agreed.info_hash.hex() == vector["skey"]
    assert applied(agreed.outgoing, bytes(64)).hex() == vector["after_a"]
    assert applied(agreed.incoming, bytes(64)).hex() == vector["after_b"]


@each_vector
@pytest.mark.parametrize("size", [1, 7, 10**9])
def test_who_is_dialled_says_what_the_vector_has(vector, size) -> None:
    machine = Cut(vector).b
    assert machine.data_to_send() == b""
    left = feed(machine, bytes.fromhex(vector["message_1"] + vector["message_3"]) + b"next", size)
    assert machine.data_to_send().hex() == vector["message_2"] + vector["message_4"]
    assert left == b"next"
    agreed = machine.agreed
    assert agreed is not None
    assert (agreed.crypto, agreed.payload.hex()) == (vector["select"], vector["payload"])
    assert agreed.info_hash.hex() == vector["skey"]
    assert applied(agreed.incoming, bytes(64)).hex() == vector["after_a"]
    assert applied(agreed.outgoing, bytes(64)).hex() == vector["after_b"]


def test_who_is_dialled_answers_as_soon_as_a_key_is_there() -> None:
    machine = responder(1)
    machine.receive_data(initiator(1).data_to_send()[:96])
    assert 96 <= len(machine.data_to_send()) <= 96 + 512


# --- two machines ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 19, 10**9])
def test_machines_agree_whatever_the_dice_say_and_however_bytes_are_cut(size, seed) -> None:
    for number in range(12 if size > 2 else 4):
        a, b = initiator(1000 * seed + number), responder(1000 * seed + number)
        assert converse(a, b, size, trailing=b"more") == (b"more", b"")
        assert a.agreed is not None
        assert b.agreed is not None
        assert b.agreed.payload == PAYLOAD
        assert b.agreed.info_hash == HASH
        assert applied(b.agreed.incoming, applied(a.agreed.outgoing, b"there")) == b"there"
        assert applied(a.agreed.incoming, applied(b.agreed.outgoing, b"back")) == b"back"
        assert a.wanted == b.wanted == 0


@pytest.mark.parametrize(
    ("provide", "allowed", "chosen"),
    [
        (BOTH, BOTH, Crypto.PLAINTEXT),
        (BOTH, Crypto.RC4, Crypto.RC4),
        (BOTH, Crypto.PLAINTEXT, Crypto.PLAINTEXT),
        (Crypto.RC4, BOTH, Crypto.RC4),
        (Crypto.RC4, Crypto.RC4, Crypto.RC4),
        (Crypto.PLAINTEXT, BOTH, Crypto.PLAINTEXT),
    ],
)
def test_plaintext_is_chosen_where_both_allow_it(provide, allowed, chosen) -> None:
    a, b = initiator(1, provide), responder(1, allowed)
    converse(a, b)
    assert a.agreed is not None
    assert b.agreed is not None
    assert a.agreed.crypto is b.agreed.crypto is chosen


def test_nothing_in_common_is_refused() -> None:
    a, b = initiator(1, Crypto.PLAINTEXT), responder(1, Crypto.RC4)
    with pytest.raises(RemoteProtocolError, match="peer offers 0x1, none of which we allow"):
        converse(a, b)


@pytest.mark.parametrize("payload", [b"", b"x", bytes(65535)])
def test_payload_of_any_length_arrives(payload) -> None:
    a, b = initiator(1, payload=payload), responder(1)
    assert converse(a, b) == (b"", b"")
    assert b.agreed is not None
    assert b.agreed.payload == payload


def test_one_torrent_is_found_among_many_by_one_look() -> None:
    asked = []

    def find(hashed: bytes) -> InfoHash | None:
        asked.append(hashed)
        return TABLE.get(hashed)

    a, b = initiator(1), Responder(find, BOTH, random.Random(2))
    converse(a, b)
    assert asked == [mse_keys.key_hash(HASH)]


def test_two_handshakes_have_nothing_in_common() -> None:
    rng = random.Random(5)
    said = [Initiator(HASH, BOTH, PAYLOAD, rng).data_to_send() for _ in range(2)]
    assert said[0][:96] != said[1][:96]
    assert len(said[0]) != len(said[1])


def test_paddings_have_random_lengths_up_to_512(seed) -> None:
    rng = random.Random(seed)
    said = [Initiator(HASH, BOTH, b"", rng).data_to_send() for _ in range(60)]
    lengths = {len(data) - 96 for data in said}
    assert 0 <= min(lengths) < 100
    assert 400 < max(lengths) <= 512
    assert len(lengths) > 40


# --- lies and noise -----------------------------------------------------------------------------


class Liar:
    """Speaks MSE by hand, to a machine that was dialled or to one that has dialled."""

    def __init__(self, machine, *, dials: bool) -> None:
        self.machine = machine
        self.pair = mse_keys.KeyPair(random.Random(77))
        if dials:
            self.feed(self.pair.public())
            self.secret = self.pair.secret(machine.data_to_send()[:96])
        else:
            theirs = machine.data_to_send()[:96]
            self.secret = self.pair.secret(theirs)
            self.feed(self.pair.public())
        seed = mse_keys.seed_of_dialler if dials else mse_keys.seed_of_dialled
        self.key = seed(self.secret, HASH)
        self.position = 0

    def feed(self, data: bytes) -> None:
        assert feed(self.machine, data) == b""

    def sealed(self, data: bytes) -> bytes:
        start, self.position = self.position, self.position + len(data)
        return plain_mse.xor(data, plain_mse.stream(self.key, self.position)[start:])

    def say_hashes(self, pad: bytes = b"", torrent: InfoHash = HASH) -> None:
        veiled = mse_keys.veil(mse_keys.key_hash(torrent), self.secret)
        self.feed(pad + mse_keys.start_mark(self.secret) + veiled)


@pytest.mark.parametrize("size", [1, 600, 10**9])
def test_noise_instead_of_an_answer_is_refused_after_616_bytes(size) -> None:
    machine = initiator(1)
    data = mse_keys.KeyPair(random.Random(2)).public() + b"\xaa" * 1000
    with pytest.raises(RemoteProtocolError, match="padding does not end"):
        feed(machine, data, size)
    machine = initiator(1)
    feed(machine, data[: 96 + 512 + 8 - 1], size)
    with pytest.raises(RemoteProtocolError, match="padding does not end"):
        machine.receive_data(b"\xaa")


@pytest.mark.parametrize("size", [1, 600, 10**9])
def test_noise_instead_of_a_torrent_is_refused_after_628_bytes(size) -> None:
    machine = responder(1)
    data = mse_keys.KeyPair(random.Random(2)).public() + b"\xaa" * 1000
    assert feed(machine, data[: 96 + 512], size) == b""
    with pytest.raises(RemoteProtocolError, match="padding does not end"):
        feed(machine, b"\xaa" * 20, size)


@pytest.mark.parametrize("length", [0, 1, 19, 20, 500, 511, 512])
@pytest.mark.parametrize("size", [1, 10**9])
def test_the_end_of_a_padding_is_found_wherever_it_is(length, size, seed) -> None:
    liar = Liar(responder(1), dials=True)
    mark = mse_keys.start_mark(liar.secret)
    rng = random.Random(seed)
    # Beginnings of the mark inside the padding must not lead astray.
    pad = (rng.randbytes(length) + (mark[:19] + mark[:3] + mark[:1]) * 30)[-length:]
    pad = pad if length else b""
    veiled = mse_keys.veil(mse_keys.key_hash(HASH), liar.secret)
    assert feed(liar.machine, pad + mark + veiled + b"...", size) == b""
    assert liar.machine.wanted == 14 - 3


def test_a_padding_of_513_bytes_is_refused() -> None:
    liar = Liar(responder(1), dials=True)
    with pytest.raises(RemoteProtocolError, match="padding does not end"):
        liar.say_hashes(pad=b"\x01" * 513)


def test_a_torrent_that_is_not_ours_is_refused() -> None:
    liar = Liar(responder(1), dials=True)
    with pytest.raises(RemoteProtocolError, match="no torrent of ours"):
        liar.say_hashes(torrent=InfoHash(b"\xee" * 20))


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (b"\0\0\0\0\0\0\0\1" + struct.pack(">IH", 3, 0), "wrong verification constant"),
        (bytes(8) + struct.pack(">IH", 3, 513), "padding is too long: 513"),
        (bytes(8) + struct.pack(">IH", 3, 65535), "padding is too long: 65535"),
        (bytes(8) + struct.pack(">IH", 0, 0), "peer offers 0x0, none of which we allow"),
        (bytes(8) + struct.pack(">IH", 0xFFFFFFFC, 0), "peer offers 0xfffffffc, none of"),
    ],
)
def test_what_a_dialler_may_not_say_is_refused(inner, message) -> None:
    liar = Liar(responder(1), dials=True)
    liar.say_hashes()
    with pytest.raises(RemoteProtocolError, match=message):
        liar.feed(liar.sealed(inner))
    assert liar.machine.agreed is None


def test_methods_of_the_future_are_ignored() -> None:
    liar = Liar(responder(1), dials=True)
    liar.say_hashes()
    liar.feed(liar.sealed(bytes(8) + struct.pack(">IHH", 0xFFFFFFFF, 0, 0)))
    assert liar.machine.agreed is not None
    assert liar.machine.agreed.crypto is Crypto.PLAINTEXT


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (struct.pack(">IH", 0, 0), "peer chose what was not offered: 0x0"),
        (struct.pack(">IH", 1, 0), "peer chose what was not offered: 0x1"),
        (struct.pack(">IH", 3, 0), "peer chose what was not offered: 0x3"),
        (struct.pack(">IH", 4, 0), "peer chose what was not offered: 0x4"),
        (struct.pack(">IH", 2, 513), "padding is too long: 513"),
    ],
)
def test_what_a_dialled_peer_may_not_say_is_refused(inner, message) -> None:
    liar = Liar(initiator(1, Crypto.RC4), dials=False)
    with pytest.raises(RemoteProtocolError, match=message):
        liar.feed(liar.sealed(bytes(8) + inner))
    assert liar.machine.agreed is None


@pytest.mark.parametrize("make", [initiator, responder])
@pytest.mark.parametrize("key", [bytes(96), b"\xff" * 96], ids=["zero", "too large"])
def test_degenerate_keys_end_the_handshake_without_a_word(make, key) -> None:
    machine = make(1)
    machine.data_to_send()
    with pytest.raises(RemoteProtocolError, match="degenerate public key"):
        machine.receive_data(key)
    assert machine.data_to_send() == b""
    assert machine.wanted == 0
    assert machine.agreed is None


def test_a_recorded_handshake_does_not_work_twice() -> None:
    a, b = initiator(1), responder(1)
    first = a.data_to_send()
    feed(b, first)
    feed(a, b.data_to_send())
    third = a.data_to_send()
    assert feed(b, third) == b""
    assert b.agreed is not None
    again = responder(2)
    with pytest.raises(RemoteProtocolError, match="padding does not end"):
        feed(again, first + third + third)


@pytest.mark.parametrize("side", ["a", "b"])
def test_damage_never_agrees_on_something_else_nor_breaks_a_machine(side, seed) -> None:
    """One changed byte is refused, waits for more, or was in a padding and means nothing."""
    vector = plain_mse.VECTORS["handshakes"][1]
    names = ["message_2", "message_4"] if side == "a" else ["message_1", "message_3"]
    whole = bytes.fromhex("".join(vector[name] for name in names))
    rng = random.Random(seed)
    outcomes = set()
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.randrange(8)
        machine = getattr(Cut(vector, allowed=Crypto.PLAINTEXT), side)
        try:
            feed(machine, bytes(damaged) + bytes(700))
        except RemoteProtocolError:
            outcomes.add("refused")
        else:
            assert machine.agreed is None or machine.agreed.crypto is Crypto.PLAINTEXT
            outcomes.add("agreed" if machine.agreed else "waits")
    assert {"refused", "agreed"} <= outcomes


@pytest.mark.parametrize("side", ["a", "b"])
def test_half_a_handshake_waits_and_keeps_no_more_than_arrived(side) -> None:
    vector = plain_mse.VECTORS["handshakes"][2]
    names = ["message_2", "message_4"] if side == "a" else ["message_1", "message_3"]
    whole = bytes.fromhex("".join(vector[name] for name in names))
    for end in range(0, len(whole), 97):
        machine = getattr(Cut(vector), side)
        assert feed(machine, whole[:end]) == b""
        assert machine.agreed is None
        assert machine.wanted > 0


# --- bugs of the caller ---------------------------------------------------------------------------


def test_more_than_is_wanted_is_a_bug_of_the_caller() -> None:
    machine = responder(1)
    with pytest.raises(LocalProtocolError, match="more than the 96 bytes wanted: 97"):
        machine.receive_data(bytes(97))


def test_nothing_can_be_received_after_the_end() -> None:
    a, b = initiator(1), responder(1)
    converse(a, b)
    b.receive_data(b"")
    with pytest.raises(LocalProtocolError, match="more than the 0 bytes wanted: 1"):
        b.receive_data(b"x")


@pytest.mark.parametrize(("provide", "payload"), [(Crypto(0), b""), (BOTH, bytes(65536))])
def test_what_cannot_be_said_is_a_bug_of_the_caller(provide, payload) -> None:
    with pytest.raises(LocalProtocolError):
        Initiator(HASH, provide, payload, random.Random(1))
