"""Pieces go to the disk only when they are right."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import trio

from raincore.base.errors import NoSpace
from raincore.engine.piece_io import PieceIO
from raincore.engine.spare_buffers import SpareBuffers
from raincore.policy.budget import Budget
from raincore.storage import hashing
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.commands import CheckAndWrite
from raincore.swarm.events import PieceBad, PieceStored, StorageFailed
from tests.engine.desk import BLOCK, FaultyStorage, ManualOffload
from tests.sim.content import Sample, sample
from tests.sim.v2_content import V2Sample, v2_sample

PIECE = 2 * BLOCK


class Bench:
    def __init__(self, made: Sample | V2Sample | None = None, *, small_piece: int = 0) -> None:
        self.sample = made or sample(1, pieces=4, piece_length=PIECE)
        self.offload = ManualOffload()
        self.storage = FaultyStorage(self.sample.info, b"")
        layers = self.sample.layers if isinstance(self.sample, V2Sample) else {}
        self.hashes = PieceHashes.of(self.sample.info, layers)
        owner = self.owner = SimpleNamespace(storage=self.storage, hashes=self.hashes)
        self.io = PieceIO(
            owner, self.offload, SpareBuffers(Budget()), small_piece=small_piece, clock=float
        )
        self.io.open(self.sample.info)
        self.told: list[object] = []

    def bytes_of(self, piece: int) -> bytes:
        return self.sample.content[piece * PIECE : (piece + 1) * PIECE]

    def fill(self, piece: int, data: bytes) -> None:
        for begin in range(0, len(data), BLOCK):
            block = data[begin : begin + BLOCK]
            self.io.place(piece, begin, len(block))[:] = block

    def bring(self, piece: int, data: bytes, begin: int = 0) -> None:
        """Fill blocks as links do."""
        self.io.place_now(piece, begin, len(data))[:] = data
        self.io.hash_placed()

    def workers(self) -> list[str]:
        """Where the only job that waits is to go."""
        [(steps, _)] = self.offload.jobs
        return [worker for worker, _ in steps]

    def check(self, piece: int, *, digests: bool = False) -> None:
        self.io.check_and_write(CheckAndWrite(piece, digests), self.told.append)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def trees() -> Bench:
    return Bench(v2_sample())


def test_a_good_piece_is_written_and_told(bench):
    bench.fill(1, bench.bytes_of(1))
    bench.check(1)
    assert bench.told == []
    bench.offload.finish()
    assert bench.told == [PieceStored(1, ())]
    assert bench.storage.content[PIECE : 2 * PIECE] == bench.bytes_of(1)


def test_a_bad_piece_is_never_written(bench):
    bench.fill(1, bytes(PIECE))
    bench.check(1)
    bench.offload.finish()
    assert bench.told == [PieceBad(1, hashing.block_digests(bytes(PIECE)))]
    assert bench.storage.changes == 0


def test_a_bad_piece_keeps_its_buffer_if_it_is_to(bench):
    bench.fill(1, bytes(PIECE))
    bench.io.check_and_write(CheckAndWrite(1, block_digests=False, keep=True), bench.told.append)
    bench.offload.finish()
    assert isinstance(bench.told[0], PieceBad)
    bench.fill(1, bench.bytes_of(1)[:BLOCK])
    kept = bench.io.place(1, 0, PIECE)
    assert kept[:BLOCK] == bench.bytes_of(1)[:BLOCK]
    assert kept[BLOCK:] == bytes(PIECE - BLOCK)
    bench.io.discard(1)


def test_digests_of_a_good_piece_are_told_if_they_are_wanted(bench):
    bench.fill(2, bench.bytes_of(2))
    bench.check(2, digests=True)
    bench.offload.finish()
    assert bench.told == [PieceStored(2, hashing.block_digests(bench.bytes_of(2)))]


def test_the_last_piece_is_as_short_as_it_is(bench):
    last = bench.bytes_of(3)
    assert len(last) < PIECE
    bench.fill(3, last)
    bench.check(3)
    bench.offload.finish()
    assert bench.told == [PieceStored(3, ())]


def test_a_full_disk_is_told(bench):
    error = bench.storage.write_error = NoSpace("cannot write: no space left: x", "x")
    bench.fill(0, bench.bytes_of(0))
    bench.check(0)
    bench.offload.finish()
    assert bench.told == [StorageFailed(error, 0)]


def test_a_piece_that_the_disk_refused_is_kept_and_written_when_it_can_be(bench):
    bench.storage.write_error = NoSpace("cannot write: no space left: x", "x")
    bench.fill(0, bench.bytes_of(0))
    bench.check(0)
    bench.offload.finish()
    bench.fill(1, bench.bytes_of(1))  # not into the same memory
    bench.storage.write_error = None
    bench.told.clear()
    bench.io.write_again(0, bench.told.append)
    bench.offload.finish()
    assert bench.told == [PieceStored(0, ())]
    assert bench.storage.content[:PIECE] == bench.bytes_of(0)


def test_memory_of_a_refused_piece_that_is_given_up_is_used_again(bench):
    bench.storage.write_error = NoSpace("cannot write: no space left: x", "x")
    bench.fill(0, bench.bytes_of(0))
    first = bench.io.place(0, 0, 1).obj
    bench.check(0)
    bench.offload.finish()
    bench.io.discard(0)
    assert bench.io.place(1, 0, 1).obj is first


def test_a_bug_in_the_storage_is_not_hidden(bench):
    bench.storage.write_error = ZeroDivisionError()
    bench.fill(0, bench.bytes_of(0))
    bench.check(0)
    with pytest.raises(ZeroDivisionError):
        bench.offload.finish()


def test_memory_of_a_discarded_piece_is_used_again(bench):
    first = bench.io.place(0, 0, BLOCK).obj
    bench.io.discard(0)
    bench.io.discard(0)
    assert bench.io.place(2, 0, BLOCK).obj is first


def test_memory_is_used_again_when_a_piece_is_written_and_not_before(bench):
    first = bench.io.place(3, 0, 1).obj
    bench.fill(3, bench.bytes_of(3))
    bench.check(3)
    second = bench.io.place(1, 0, BLOCK).obj
    assert second is not first
    bench.offload.finish()
    assert bench.io.place(0, BLOCK, BLOCK).obj is first
    assert len(bench.io.place(0, 0, PIECE)) == PIECE


def test_memory_of_a_torrent_that_is_over_is_not_kept(bench):
    first = bench.io.place(0, 0, BLOCK).obj
    bench.io.close()
    bench.io.discard(0)
    assert bench.io.place(0, 0, BLOCK).obj is not first


def test_spare_memory_is_given_back_on_demand(bench):
    first = bench.io.place(0, 0, BLOCK).obj
    bench.io.discard(0)
    bench.io.give_back_memory()
    assert bench.io.place(0, 0, BLOCK).obj is not first


async def test_one_can_wait_for_what_is_being_written(bench, autojump_clock):
    await bench.io.wait_written()
    for piece in (0, 1):
        bench.fill(piece, bench.bytes_of(piece))
        bench.check(piece)
    with trio.move_on_after(10) as waiting:
        await bench.io.wait_written()
    assert waiting.cancelled_caught
    bench.offload.finish()
    await bench.io.wait_written()
    assert len(bench.told) == 2


def test_the_writes_of_a_torrent_have_one_thread_and_torrents_take_turns():
    bench = Bench()
    bench.offload._lanes = {"write": 2}
    io = [
        PieceIO(bench.owner, bench.offload, SpareBuffers(Budget()), clock=float) for _ in range(2)
    ]
    assert {one._writer for one in io} == {"write-0", "write-1"}


def test_a_tree_that_links_brought_is_known_to_be_right_without_a_thread(trees):
    trees.bring(1, trees.bytes_of(1)[BLOCK:], BLOCK)
    trees.bring(1, trees.bytes_of(1)[:BLOCK])
    trees.check(1)
    assert trees.workers() == ["write"]
    trees.offload.finish()
    assert trees.told == [PieceStored(1, ())]
    assert trees.storage.content[PIECE : 2 * PIECE] == trees.bytes_of(1)


def test_a_bad_tree_that_links_brought_is_hashed_as_a_whole_and_never_written(trees):
    bad = bytes(BLOCK) + trees.bytes_of(1)[BLOCK:]
    trees.bring(1, bad)
    trees.check(1)
    assert trees.workers() == ["tree", "write"]
    trees.offload.finish()
    assert trees.told == [PieceBad(1, trees.hashes.block_digests(1, bad))]
    assert trees.storage.changes == 0


def test_a_bad_piece_that_is_kept_is_hashed_as_a_whole_when_its_bad_block_came_again(trees):
    trees.bring(1, bytes(BLOCK) + trees.bytes_of(1)[BLOCK:])
    trees.io.check_and_write(CheckAndWrite(1, block_digests=False, keep=True), trees.told.append)
    trees.offload.finish()
    trees.bring(1, trees.bytes_of(1)[:BLOCK])
    trees.check(1)
    assert trees.workers() == ["tree", "write"]
    trees.offload.finish()
    assert trees.told[1:] == [PieceStored(1, ())]


def test_what_did_not_come_by_links_has_its_tree_hashed_by_a_thread(trees):
    trees.bring(1, trees.bytes_of(1)[:BLOCK])
    trees.io.place(1, BLOCK, BLOCK)[:] = bytes(BLOCK)
    trees.check(1)
    assert trees.workers() == ["tree", "write"]
    trees.offload.finish()
    assert isinstance(trees.told[0], PieceBad)


def test_a_piece_that_was_given_up_begins_anew(trees):
    trees.bring(1, trees.bytes_of(1)[:BLOCK])
    trees.io.discard(1)
    trees.bring(1, trees.bytes_of(1)[BLOCK:], BLOCK)
    trees.check(1)
    assert trees.workers() == ["tree", "write"]


def test_memory_that_a_thread_may_be_filling_is_hashed_behind_that_thread(trees):
    trees.bring(1, trees.bytes_of(1))
    trees.io.set_aside(1)[:BLOCK] = bytes(BLOCK)
    trees.check(1)
    assert trees.workers() == ["hash", "write"]
    trees.offload.finish()
    assert isinstance(trees.told[0], PieceBad)


def test_digests_of_a_tree_are_told_if_they_are_wanted(trees):
    trees.bring(1, trees.bytes_of(1))
    trees.check(1, digests=True)
    trees.offload.finish()
    assert trees.told == [PieceStored(1, trees.hashes.block_digests(1, trees.bytes_of(1)))]


def test_of_a_hybrid_the_sha1_is_hashed_too():
    bench = Bench(v2_sample(hybrid=True))
    bench.bring(1, bench.bytes_of(1))
    bench.check(1)
    assert bench.workers() == ["hash", "write"]
    bench.offload.finish()
    assert bench.told == [PieceStored(1, ())]


def test_a_hybrid_whose_tree_alone_is_right_contradicts_itself_and_is_not_written():
    bench = Bench(v2_sample(hybrid=True))
    bench.owner.hashes = replace(bench.hashes, sha1=bytes(len(bench.hashes.sha1)))
    bench.bring(1, bench.bytes_of(1))
    bench.check(1)
    bench.offload.finish()
    [told] = bench.told
    assert told.contradicted
    assert bench.storage.changes == 0


@pytest.mark.parametrize("hybrid", [False, True])
def test_short_pieces_are_hashed_without_a_thread_if_they_may_be(hybrid):
    made = v2_sample(hybrid=True) if hybrid else None
    bench = Bench(made, small_piece=PIECE)
    bench.bring(1, bench.bytes_of(1))
    bench.check(1)
    assert bench.workers() == ["write"]
    assert bench.told == []
    bench.offload.finish()
    bench.bring(2, bytes(PIECE))
    bench.check(2)
    assert bench.workers() == ["write"]
    bench.offload.finish()
    bad = bench.hashes.block_digests(2, bytes(PIECE))
    assert bench.told == [PieceStored(1, ()), PieceBad(2, bad)]
    assert bench.storage.content[2 * PIECE : 3 * PIECE] == bytes(PIECE)


def test_longer_pieces_and_those_that_are_being_restored_are_hashed_by_a_thread():
    bench = Bench(small_piece=PIECE - 1)
    bench.bring(1, bench.bytes_of(1))
    bench.check(1)
    assert bench.workers() == ["hash", "write"]
    bench = Bench(small_piece=PIECE)
    bench.bring(1, bench.bytes_of(1))
    bench.io.set_aside(1)
    bench.check(1)
    assert bench.workers() == ["hash", "write"]
