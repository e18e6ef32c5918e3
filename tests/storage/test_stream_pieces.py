"""SHA-1 of pieces whose length is not known yet: of every length that is still possible."""

import hashlib
from random import Random

import pytest

from raincore.storage.stream_pieces import PieceSums
from tests.storage import archives

KIB = 1024
LENGTHS = [16 * KIB << power for power in range(5)]


def plain(data, length, padding=0):
    data += bytes(padding)
    return b"".join(
        hashlib.sha1(data[at : at + length]).digest() for at in range(0, len(data), length)
    )


def feed(sums, data, step, dice=None):
    for begin in range(0, len(data), step):
        jobs = sums.jobs(memoryview(data)[begin : begin + step])
        if dice is not None:
            dice.shuffle(jobs)
        for job in jobs:
            job()


@pytest.mark.parametrize("size", [0, 1, 16 * KIB, 16 * KIB + 1, 300 * KIB + 7, 512 * KIB])
@pytest.mark.parametrize("step", [1 << 20, 64 * KIB, 5000])
def test_hashes_are_those_of_each_length_whatever_the_parts_and_the_order_of_jobs(size, step):
    data = archives.content(size)
    sums = PieceSums(LENGTHS)
    feed(sums, data, step, Random(1))
    found = sums.finish()
    for length in LENGTHS:
        assert found.of(length, 0) == plain(data, length)


def test_padding_fills_the_last_piece_and_can_be_asked_for_again():
    data = archives.content(50_000)
    sums = PieceSums(LENGTHS)
    feed(sums, data, 1 << 20)
    found = sums.finish()
    for length in LENGTHS * 2:
        padding = -len(data) % length
        assert found.of(length, padding) == plain(data, length, padding)
    assert PieceSums(LENGTHS).finish().of(LENGTHS[0], 0) == b""


def test_lengths_that_were_given_up_are_forgotten_and_the_others_go_on():
    data = archives.content(400 * KIB)
    sums = PieceSums(LENGTHS)
    feed(sums, data[: 200 * KIB], 70 * KIB)
    sums.keep(LENGTHS[2])
    feed(sums, data[200 * KIB :], 70 * KIB)
    found = sums.finish()
    assert found.least == LENGTHS[2]
    assert LENGTHS[0] not in found.whole
    for length in LENGTHS[2:]:
        assert found.of(length, 0) == plain(data, length)


def test_a_single_length_need_not_be_a_power_of_two():
    data = archives.content(200 * KIB)
    sums = PieceSums([48 * KIB])
    feed(sums, data, 60_000)
    assert sums.finish().of(48 * KIB, 0) == plain(data, 48 * KIB)


def test_lengths_share_their_work():
    sums = PieceSums(LENGTHS)
    data = bytes(2 << 20)
    work = 0
    for begin in range(0, len(data), 16 * KIB):
        work += len(sums.jobs(memoryview(data)[begin : begin + 16 * KIB])) * 16 * KIB
    assert work == len(data) * (len(LENGTHS) + 1) / 2
