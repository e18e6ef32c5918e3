"""Bytes that come once, in order, hashed by all cores while more are read."""

import hashlib

import pytest

from raincore.formats import merkle
from raincore.storage import stream_hashing
from raincore.storage.stream_hashing import StreamHasher
from raincore.storage.stream_pieces import PieceSums
from raincore.storage.stream_pool import Pool
from tests.storage import archives

MIB = 1024 * 1024
LENGTHS = [MIB, 2 * MIB, 4 * MIB]


class Stream:
    def __init__(self, data):
        self.data = data

    def fill(self, view):
        assert len(self.data) >= len(view)
        view[:], self.data = self.data[: len(view)], self.data[len(view) :]


def plain(data, length):
    return b"".join(
        hashlib.sha1(data[at : at + length]).digest() for at in range(0, len(data), length)
    )


@pytest.mark.parametrize("size", [0, 1, stream_hashing.INLINE_LENGTH + 1, 9 * MIB + 5])
@pytest.mark.parametrize("threads", [1, 3])
def test_each_file_has_its_own_pieces_and_tree(size, threads):
    data = archives.content(size)
    with Pool(threads) as pool:
        hasher = StreamHasher(pool, LENGTHS)
        for _ in range(2):
            found = hasher.file(size, Stream(data).fill, with_pieces=True, with_tree=True)
            assert [found.pieces.of(length, 0) for length in LENGTHS] == [
                plain(data, length) for length in LENGTHS
            ]
            if size:
                assert found.tree.of(MIB).root == merkle.root(merkle.leaves(data))
            else:
                assert found.tree is None


def test_only_what_is_wanted_is_hashed():
    with Pool(1) as pool:
        hasher = StreamHasher(pool, LENGTHS)
        data = archives.content(1000)
        assert (
            hasher.file(1000, Stream(data).fill, with_pieces=False, with_tree=True).pieces is None
        )
        assert hasher.file(1000, Stream(data).fill, with_pieces=True, with_tree=False).tree is None


def test_runs_may_go_on_where_the_last_one_stopped_and_lengths_be_given_up():
    data = archives.content(6 * MIB)
    told = []
    with Pool(2) as pool:
        hasher = StreamHasher(pool, LENGTHS, told.append)
        sums = PieceSums(LENGTHS)
        stream = Stream(data)
        hasher.run(100, stream.fill, [sums])
        hasher.at_least(2 * MIB)
        hasher.run(len(data) - 100, stream.fill, [sums])
    assert sums.finish().of(4 * MIB, 0) == plain(data, 4 * MIB)
    assert hasher.lengths == LENGTHS[1:]
    assert told[0] == 100
    assert told[-1] == len(data)


def test_what_cannot_be_read_ends_it_with_its_threads():
    reads = []

    def fill(view):
        reads.append(len(view))
        if len(reads) == 3:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"), Pool(2) as pool:
        StreamHasher(pool, LENGTHS).file(20 * MIB, fill, with_pieces=True, with_tree=True)
    assert pool.threads == []


def test_many_small_jobs_become_a_few():
    done = []
    jobs = [lambda n=n: done.append(n) for n in range(1000)]
    bundles = stream_hashing.bundled(jobs)
    assert len(bundles) == stream_hashing.MAX_JOBS
    for job in bundles:
        job()
    assert sorted(done) == list(range(1000))
