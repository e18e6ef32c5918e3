"""Key streams: published values, the library against a plain one, and life without it."""

import random
import subprocess
import sys

import pytest

from raincore.wire import rc4
from tests.rules import tree
from tests.wire import plain_mse

KEY = bytes(range(20))


@pytest.fixture
def without_library(monkeypatch):
    """As where OpenSSL has no RC4; what is cached is put back afterwards."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import ciphers

    def refuse(*_):
        raise UnsupportedAlgorithm("cipher RC4 in None mode is not supported")

    monkeypatch.setattr(ciphers, "Cipher", refuse)
    rc4._library.cache_clear()
    yield
    rc4._library.cache_clear()


def applied(stream: rc4.KeyStream, data: bytes) -> bytes:
    changed = bytearray(data)
    stream.apply(memoryview(changed))
    return bytes(changed)


@pytest.mark.parametrize("vector", plain_mse.VECTORS["rc4"], ids=lambda v: f"{v['key']}")
def test_published_values_come_out(vector) -> None:
    key, expected = bytes.fromhex(vector["key"]), bytes.fromhex(vector["hex"])
    plain = rc4.PlainKeyStream(key)
    assert applied(plain, bytes(vector["offset"] + 16))[-16:] == expected
    if vector["offset"] == rc4.DROPPED:
        assert applied(rc4.key_stream(key), bytes(16)) == expected


def test_the_library_and_the_plain_stream_agree_however_bytes_are_cut(seed) -> None:
    rng = random.Random(seed)
    for _ in range(20):
        key, data = rng.randbytes(20), rng.randbytes(rng.randrange(5000))
        stream, rest, result = rc4.key_stream(key), data, b""
        while rest:
            length = rng.randint(1, 1000)
            result += applied(stream, rest[:length])
            rest = rest[length:]
        assert result == plain_mse.xor(data, plain_mse.stream(key, len(data)))


def test_what_is_applied_twice_is_as_before() -> None:
    assert applied(rc4.key_stream(KEY), applied(rc4.key_stream(KEY), b"content")) == b"content"


def test_nothing_applied_moves_nothing() -> None:
    stream = rc4.key_stream(KEY)
    assert applied(stream, b"") == b""
    assert applied(stream, bytes(4)) == plain_mse.stream(KEY, 4)


def test_the_library_is_used_where_there_is_one() -> None:
    assert rc4.is_fast()


def test_without_the_library_a_plain_stream_stands_in(without_library) -> None:
    assert not rc4.is_fast()
    stream = rc4.key_stream(KEY)
    assert isinstance(stream, rc4.PlainKeyStream)
    assert applied(stream, bytes(100)) == plain_mse.stream(KEY, 100)


def test_a_build_of_openssl_without_rc4_is_noticed() -> None:
    code = "from raincore.wire import rc4; print(rc4.is_fast(), rc4.key_stream(bytes(20)))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.ROOT,
        env={"CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.startswith("False <raincore.wire.rc4.PlainKeyStream"), result.stderr


def test_importing_the_module_does_not_import_the_library() -> None:
    code = "import sys; import raincore.wire.mse; print('cryptography' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tree.ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.stdout == "False\n", result.stderr
