"""Messages about hashes survive the round trip and keep their kind."""

import struct

import pytest

from raincore.wire import hash_runs
from raincore.wire.messages import Hashes, HashReject, HashRequest

ROOT = bytes(range(32))


@pytest.mark.parametrize(
    "message",
    [
        HashRequest(ROOT, 0, 0, 2, 0),
        HashReject(ROOT, 3, 512, 512, 9),
        Hashes(ROOT, 1, 2**32 - 1, 1, 0, b""),
        Hashes(ROOT, 1, 4, 4, 2, bytes(160)),
    ],
    ids=repr,
)
def test_messages_survive_the_round_trip(message):
    body = hash_runs.encode(message)
    found = hash_runs.parse(hash_runs.IDS[type(message)], memoryview(body))
    assert found == message
    assert type(found) is type(message)


def test_the_fields_lie_where_the_bep_has_them():
    body = hash_runs.encode(Hashes(ROOT, 1, 2, 3, 4, b"h"))
    assert body == ROOT + b"\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4h"


def test_numbers_that_do_not_fit_are_not_sent():
    with pytest.raises(struct.error):
        hash_runs.encode(HashRequest(ROOT, 0, -1, 1, 0))
