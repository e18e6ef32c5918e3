"""Hashes of content that becomes a torrent."""

import hashlib
import threading
from itertools import product
from random import Random

import pytest

from raincore.base.errors import Incomplete, ReadError
from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.storage import content_hashing, hashing, piece_slots
from raincore.storage.content_hashing import FileTree

KIB = 1024


@pytest.fixture(autouse=True)
def small_reads(monkeypatch):
    monkeypatch.setattr(hashing, "READ_LENGTH", 2 * BLOCK_LENGTH)
    monkeypatch.setattr(hashing, "RUN_LENGTH", 2 * BLOCK_LENGTH)


def reader(content):
    def read_into(offset, buffer):
        assert offset + len(buffer) <= len(content)
        buffer[:] = content[offset : offset + len(buffer)]
        return len(buffer)

    return read_into


def plain_pieces(content, piece_length):
    return b"".join(
        hashlib.sha1(content[begin : begin + piece_length]).digest()
        for begin in range(0, len(content), piece_length)
    )


def plain_level(hashes):
    return [
        hashlib.sha256(left + right).digest()
        for left, right in zip(hashes[::2], hashes[1::2], strict=True)
    ]


def plain_tree(data, piece_length):
    """The oracle: BEP 52 read literally, whole file in memory, no shortcuts."""
    level = [
        hashlib.sha256(data[begin : begin + BLOCK_LENGTH]).digest()
        for begin in range(0, len(data), BLOCK_LENGTH)
    ]
    while len(level) & (len(level) - 1):
        level.append(bytes(32))
    covered, layer = BLOCK_LENGTH, b""
    while True:
        if covered == piece_length and len(data) > piece_length:
            layer = b"".join(level[: -(-len(data) // piece_length)])
        if len(level) == 1:
            return FileTree(level[0], layer)
        level = plain_level(level)
        covered *= 2


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("piece_length", [1, 100, 16 * KIB, 32 * KIB, 64 * KIB])
def test_pieces_run_across_files(jobs, piece_length):
    if piece_length == 1:
        lengths = (3, 0, 4)
    else:
        lengths = (piece_length - 1, 0, piece_length + 1, 5 * piece_length, 7)
    geometry = Geometry(piece_length, lengths)
    content = Random(1).randbytes(geometry.total_length)
    hashes = content_hashing.hash_pieces(reader(content), geometry, jobs=jobs)
    assert hashes == plain_pieces(content, piece_length)


def padded(lengths, piece_length):
    """Lengths with padding after each file that ends inside a piece."""
    laid, padding = [], set()
    for length in lengths:
        laid.append(length)
        if gap := -length % piece_length:
            padding.add(len(laid))
            laid.append(gap)
    return laid, padding


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("with_pieces", [False, True])
@pytest.mark.parametrize("piece_length", [16 * KIB, 32 * KIB, 128 * KIB])
def test_trees_are_what_bep_52_says(jobs, with_pieces, piece_length):
    near = [-1, 0, 1]
    lengths = [1, 0, *(n * piece_length + d for n, d in product([1, 2, 3, 5], near))]
    laid, padding = padded(lengths, piece_length)
    geometry = Geometry(piece_length, laid)
    content = bytearray(geometry.total_length)
    expected = {}
    for index, (offset, length) in enumerate(zip(geometry.file_offsets, laid, strict=False)):
        if length and index not in padding:
            content[offset : offset + length] = Random(index).randbytes(length)
            expected[index] = plain_tree(bytes(content[offset : offset + length]), piece_length)
    trees, pieces = content_hashing.hash_trees(
        reader(content), geometry, padding, with_pieces=with_pieces, jobs=jobs
    )
    assert trees == expected
    assert pieces == (plain_pieces(content, piece_length) if with_pieces else b"")


@pytest.mark.parametrize("piece_length", [16 * KIB, 64 * KIB, 1024 * KIB])
def test_tasks_cover_all_pieces_once_and_are_alike_in_work(piece_length):
    sizes = [*[100] * 500, 0, 9 * piece_length + 1, *[1, 40 * KIB] * 100, 0, 0]
    laid, padding = padded(sizes, piece_length)
    geometry = Geometry(piece_length, laid)
    tasks = content_hashing.tree_runs(geometry, padding)
    assert [piece for task in tasks for piece in task] == list(range(geometry.piece_count))
    assert all(tasks)
    most = max(2 * hashing.RUN_LENGTH, piece_length) + 16 * KIB
    for task in tasks:
        slots = piece_slots.slots(geometry, task)
        assert sum(slot.used + content_hashing.FILE_COST for slot in slots) <= 2 * most


@pytest.mark.parametrize("with_pieces", [False, True])
def test_padding_is_not_read(with_pieces, monkeypatch):
    monkeypatch.setattr(piece_slots, "ZEROS", memoryview(bytes(1000)))
    laid, padding = padded([5, 16 * KIB], 64 * KIB)
    reads = []

    def read_into(offset, buffer):
        reads.append((offset, len(buffer)))
        return len(buffer)

    geometry = Geometry(64 * KIB, laid)
    _, pieces = content_hashing.hash_trees(read_into, geometry, padding, with_pieces=with_pieces)
    assert pieces == (2 * hashlib.sha1(bytes(64 * KIB)).digest() if with_pieces else b"")
    assert sorted(reads) == [(0, 5), (64 * KIB, 16 * KIB)]


GEOMETRY = Geometry(16 * KIB, (100 * KIB,))
CONTENT = bytes(100 * KIB)


@pytest.fixture(params=["pieces", "trees"])
def run(request):
    def call(read_into, **how):
        if request.param == "pieces":
            return content_hashing.hash_pieces(read_into, GEOMETRY, **how)
        return content_hashing.hash_trees(read_into, GEOMETRY, (), with_pieces=True, **how)

    return call


def test_progress_counts_every_byte_once(run):
    told = []
    run(reader(CONTENT), jobs=2, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 100 * KIB
    assert len(told) >= 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stop_is_incomplete(run, jobs):
    told = []
    with pytest.raises(Incomplete) as caught:
        run(reader(CONTENT), jobs=jobs, on_progress=told.append, stop=lambda: bool(told))
    assert (caught.value.have, caught.value.need) == (told[-1], 100 * KIB)


def test_a_failing_read_ends_it(run):
    def read_into(offset, buffer):
        raise ReadError("file changed", "/x")

    with pytest.raises(ReadError):
        run(read_into, jobs=2)


def test_small_files_are_read_by_one_thread_at_a_time(monkeypatch):
    monkeypatch.setattr(content_hashing, "TURN_SECONDS", 60)
    geometry = Geometry(16 * KIB, [16 * KIB] * 64)
    reading, together = threading.Lock(), []

    def read_into(offset, buffer):
        if not reading.acquire(blocking=False):
            together.append(offset)
            return len(buffer)
        buffer[:] = bytes(len(buffer))
        reading.release()
        return len(buffer)

    content_hashing.hash_pieces(read_into, geometry, jobs=4)
    content_hashing.hash_trees(read_into, geometry, (), with_pieces=False, jobs=4)
    assert not together


@pytest.mark.parametrize("lengths", [[16 * KIB] * 4, [64 * KIB]])
def test_a_slow_disk_is_read_by_all(monkeypatch, lengths):
    if len(lengths) == 1:
        monkeypatch.setattr(content_hashing, "TURN_SECONDS", 60)
        monkeypatch.setattr(hashing, "READ_LENGTH", 16 * KIB)
    both = threading.Barrier(2, timeout=60)

    def read_into(offset, buffer):
        if offset % (32 * KIB) == 0:
            both.wait()
        return len(buffer)

    monkeypatch.setattr(hashing, "RUN_LENGTH", 32 * KIB)
    content_hashing.hash_pieces(read_into, Geometry(16 * KIB, lengths), jobs=2)
