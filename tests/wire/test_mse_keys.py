"""The numbers of an MSE handshake: vectors, and keys that are none."""

import random

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import InfoHash
from raincore.wire import mse_keys
from tests.wire import plain_mse
from tests.wire.plain_mse import FixedDice

each_vector = pytest.mark.parametrize(
    "vector", plain_mse.VECTORS["handshakes"], ids=lambda v: v["name"]
)


def number(value: int) -> bytes:
    return value.to_bytes(96, "big")


def test_the_prime_is_that_of_everybody() -> None:
    assert mse_keys.PRIME == plain_mse.P
    assert mse_keys.PRIME.bit_length() == 768
    assert pow(2, mse_keys.PRIME - 1, mse_keys.PRIME) == 1


@each_vector
def test_both_sides_find_the_secret(vector) -> None:
    a = mse_keys.KeyPair(FixedDice(int(vector["private_a"], 16), b"", 0))
    b = mse_keys.KeyPair(FixedDice(int(vector["private_b"], 16), b"", 0))
    assert a.public().hex() == vector["message_1"][:192]
    assert b.public().hex() == vector["message_2"][:192]
    assert a.secret(b.public()).hex() == b.secret(a.public()).hex() == vector["secret"]


def test_private_keys_have_160_bits(seed) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        assert mse_keys.KeyPair(rng)._private.bit_length() == 160


@pytest.mark.parametrize(
    "value",
    [0, 1, plain_mse.P - 1, plain_mse.P, plain_mse.P + 1, plain_mse.P + 2, 2**768 - 1],
    ids=["0", "1", "p-1", "p", "p+1", "p+2", "all ones"],
)
def test_degenerate_keys_are_refused(value) -> None:
    with pytest.raises(RemoteProtocolError, match="degenerate public key"):
        mse_keys.KeyPair(random.Random(1)).secret(number(value))


@pytest.mark.parametrize("value", [2, 3, plain_mse.P - 2])
def test_all_other_keys_are_taken(value) -> None:
    pair = mse_keys.KeyPair(random.Random(1))
    assert pair.secret(number(value)) == number(pow(value, pair._private, plain_mse.P))


@each_vector
def test_the_veil_hides_and_shows_the_torrent(vector) -> None:
    secret, info_hash = bytes.fromhex(vector["secret"]), InfoHash.fromhex(vector["skey"])
    message = bytes.fromhex(vector["message_3"])
    assert mse_keys.start_mark(secret) == message[:20]
    assert mse_keys.veil(mse_keys.key_hash(info_hash), secret) == message[20:40]
    assert mse_keys.veil(message[20:40], secret) == mse_keys.key_hash(info_hash)


@each_vector
def test_the_keys_of_both_directions_are_those_of_the_vector(vector) -> None:
    secret, info_hash = bytes.fromhex(vector["secret"]), InfoHash.fromhex(vector["skey"])
    message = bytes.fromhex(vector["message_4"])
    key = mse_keys.seed_of_dialled(secret, info_hash)
    assert plain_mse.xor(plain_mse.stream(key, 8), message[:8]) == bytes(8)
    key = mse_keys.seed_of_dialler(secret, info_hash)
    message = bytes.fromhex(vector["message_3"])[40:48]
    assert plain_mse.xor(plain_mse.stream(key, 8), message) == bytes(8)
