"""Signatures are those of RFC 8032, and what strangers send is never an error."""

import hashlib
import subprocess
import sys

import pytest

from raincore.net import ed25519
from tests.dht import ed25519 as plain

MESSAGE = b"3:seqi1e1:v12:Hello World!"
BEP_44_KEY = bytes.fromhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
BEP_44_SIGNATURE = bytes.fromhex(
    "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
    "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01"
)
# RFC 8032, 7.1, test 2
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")


def test_the_vector_of_bep_44_is_genuine():
    assert ed25519.verify(BEP_44_KEY, BEP_44_SIGNATURE, MESSAGE)


def test_the_public_key_of_rfc_8032_comes_from_its_seed():
    assert ed25519.public_key(SEED) == PUBLIC


def test_what_is_signed_is_verified_here_and_in_plain_numbers():
    signature = ed25519.sign(SEED, MESSAGE)
    assert len(signature) == 64
    assert ed25519.verify(PUBLIC, signature, MESSAGE)
    assert plain.verify(PUBLIC, signature, MESSAGE)


@pytest.mark.parametrize(
    ("key", "signature", "message"),
    [
        (BEP_44_KEY, BEP_44_SIGNATURE, MESSAGE + b"x"),
        (BEP_44_KEY, bytes(64), MESSAGE),
        (BEP_44_KEY, b"", MESSAGE),
        (BEP_44_KEY, BEP_44_SIGNATURE + b"x", MESSAGE),
        (b"", BEP_44_SIGNATURE, MESSAGE),
        (b"\xff" * 32, BEP_44_SIGNATURE, MESSAGE),
        (hashlib.sha256(b"no point").digest(), BEP_44_SIGNATURE, MESSAGE),
    ],
)
def test_a_forgery_is_refused(key, signature, message):
    assert not ed25519.verify(key, signature, message)


def test_the_library_is_imported_only_when_it_is_needed():
    script = (
        "import sys; from raincore.net import ed25519;"
        "assert 'cryptography' not in sys.modules;"
        "ed25519.verify(bytes(32), bytes(64), b'');"
        "assert 'cryptography' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
