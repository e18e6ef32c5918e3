"""Signing with the key form of libtorrent and of the vectors of BEP 44."""

import hashlib
import json
import time
from pathlib import Path

import pytest

from raincore.dht import expanded_key
from tests.dht import ed25519

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0044.json").read_text("utf-8"))
SECRET = bytes.fromhex(VECTORS["secret"])
SIGNED = [item for item in VECTORS["items"] if item["key"]]


def test_the_vectors_of_the_bep_are_signed_as_they_are():
    for item in SIGNED:
        assert expanded_key.public_key(SECRET).hex() == item["key"]
        assert expanded_key.sign(SECRET, item["signed"].encode()).hex() == item["signature"]


def test_a_seed_and_its_expanded_form_are_one_key():
    # RFC 8032, 7.1, test 2
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] = digest[31] & 63 | 64
    expanded = bytes(digest)
    assert expanded_key.is_expanded(expanded)
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert expanded_key.public_key(expanded).hex() == public
    assert expanded_key.sign(expanded, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize(
    "secret",
    [b"", SECRET[:63], SECRET + b"x", b"\1" + SECRET[1:], SECRET[:31] + b"\xff" + SECRET[32:]],
)
def test_what_is_not_clamped_is_no_expanded_key(secret):
    assert not expanded_key.is_expanded(secret)


def test_any_message_is_signed_so_that_others_believe_it():
    public = expanded_key.public_key(SECRET)
    for message in (b"", b"x" * 1000):
        assert ed25519.verify(public, expanded_key.sign(SECRET, message), message)


def test_a_signature_takes_milliseconds():
    began = time.process_time()
    expanded_key.sign(SECRET, b"x")
    assert time.process_time() - began < 1
