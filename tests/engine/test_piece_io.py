"""Pieces go to the disk only when they are right, and come from it without waiting."""

from types import SimpleNamespace

import pytest
import trio

from raincore.base.bitfield import Bitfield
from raincore.base.errors import NoSpace, ReadError
from raincore.engine import proofs
from raincore.engine.piece_io import PieceIO
from raincore.policy.budget import Budget, Share
from raincore.storage import hashing
from raincore.storage.piece_cache import PieceCache
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.commands import CheckAndWrite
from raincore.swarm.events import PieceBad, PieceStored, StorageFailed
from tests.engine.desk import BLOCK, FaultyStorage, ManualOffload
from tests.sim.content import sample
from tests.sim.v2_content import v2_sample

PIECE = 2 * BLOCK


class Borrower:
    """Counts how often it is called back."""

    def __init__(self) -> None:
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


class Bench:
    def __init__(self, content: bytes = b"", run_length: int = 1 << 20) -> None:
        self.sample = sample(1, pieces=4, piece_length=PIECE)
        self.offload = ManualOffload()
        self.storage = FaultyStorage(self.sample.info, content)
        self.unreadable: list[str] = []
        self.lost: list[object] = []
        self.now = 0.0
        owner = self.owner = SimpleNamespace(
            storage=self.storage,
            hashes=PieceHashes.of(self.sample.info, {}),
            unproven=Bitfield(0),
            note_unreadable=lambda error: self.unreadable.append(str(error)),
            is_fixed=False,
        )
        cache, share = PieceCache(16 << 20), Share(Budget())
        self.io = PieceIO(owner, self.offload, cache, share, clock=lambda: self.now)
        self.io.proofs.tell = self.lost.append
        self.io.run_length = run_length
        self.io.open(self.sample.info)
        self.told: list[object] = []

    def bytes_of(self, piece: int) -> bytes:
        return self.sample.content[piece * PIECE : (piece + 1) * PIECE]

    def fill(self, piece: int, data: bytes) -> None:
        for begin in range(0, len(data), BLOCK):
            block = data[begin : begin + BLOCK]
            self.io.place(piece, begin, len(block))[:] = block

    def check(self, piece: int, *, digests: bool = False) -> None:
        self.io.check_and_write(CheckAndWrite(piece, digests), self.told.append)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def full() -> Bench:
    return Bench(sample(1, pieces=4, piece_length=PIECE).content)


@pytest.fixture
def short() -> Bench:
    """As `full`, but little is read at once."""
    return Bench(sample(1, pieces=4, piece_length=PIECE).content, run_length=BLOCK)


# --- in -----------------------------------------------------------------------------------


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


# --- out ----------------------------------------------------------------------------------


def test_what_the_system_has_in_memory_is_lent_at_once(full):
    lease = full.io.lend(1, BLOCK, 100, Borrower())
    assert (lease.begin, bytes(lease.view)) == (0, full.bytes_of(1))
    lease.release()
    assert full.offload.jobs.__len__() == 0


def test_a_run_is_read_once_for_many(full):
    first = full.io.lend(1, 0, BLOCK, Borrower())
    full.storage.cold = True
    second = full.io.lend(1, BLOCK, BLOCK, Borrower())
    assert second.view.obj is first.view.obj
    first.release()
    second.release()


def test_cold_content_is_read_beside_and_all_who_wait_are_called_once(full):
    full.storage.cold = True
    one, two = Borrower(), Borrower()
    for borrower in (one, two, one, two, one):
        assert full.io.lend(2, 0, BLOCK, borrower) is None
    assert len(full.offload.jobs) == 1
    full.offload.finish()
    assert (one.flushes, two.flushes) == (1, 1)
    lease = full.io.lend(2, 0, BLOCK, one)
    assert bytes(lease.view) == full.bytes_of(2)
    lease.release()


def test_a_run_under_way_is_not_looked_for_again(full):
    full.storage.cold = True
    assert full.io.lend(2, 0, BLOCK, Borrower()) is None
    full.storage.cold = False
    assert full.io.lend(2, 0, BLOCK, Borrower()) is None
    full.offload.finish()


def test_long_pieces_are_read_in_runs(short):
    lease = short.io.lend(1, BLOCK + 5, 100, Borrower())
    assert (lease.begin, bytes(lease.view)) == (BLOCK, short.bytes_of(1)[BLOCK:])
    lease.release()


def test_a_request_across_runs_is_read_for_itself(short):
    lease = short.io.lend(1, BLOCK - 5, 10, Borrower())
    assert (lease.begin, bytes(lease.view)) == (BLOCK - 5, short.bytes_of(1)[BLOCK - 5 :][:10])
    lease.release()


def test_where_readers_pin_too_much_no_more_is_lent_than_is_asked_for(full, monkeypatch):
    pinned = [full.io.lend(piece, 0, BLOCK, Borrower()) for piece in range(3)]
    assert not any(lease.alone for lease in pinned)
    monkeypatch.setattr(full.io._cache, "limit_bytes", 0)
    lease = full.io.lend(3, 100, 50, Borrower())
    assert (lease.begin, bytes(lease.view)) == (100, full.bytes_of(3)[100:150])
    assert lease.alone
    for one in (*pinned, lease):
        one.release()


def test_what_cannot_be_read_is_refused_and_told_once(full):
    full.storage.cold = True
    full.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    borrower = Borrower()
    assert full.io.lend(0, 0, BLOCK, borrower) is None
    assert full.io.lend(0, BLOCK, BLOCK, borrower) is None
    full.offload.finish()
    assert borrower.flushes == 1
    with pytest.raises(LookupError):
        full.io.lend(0, 0, BLOCK, borrower)
    assert full.unreadable == ["cannot read: input/output error: x"]


def test_what_cannot_be_read_is_refused_for_a_while_whoever_asks(short):
    short.storage.cold = True
    short.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    assert short.io.lend(0, 0, BLOCK, Borrower()) is None
    short.offload.finish()
    assert short.unreadable == ["cannot read: input/output error: x"]
    assert str(short.io.proofs.trouble) == "cannot read: input/output error: x"
    reads = len(short.storage.done)
    for begin in (0, BLOCK):
        with pytest.raises(LookupError):
            short.io.lend(0, begin, BLOCK, Borrower())
    assert len(short.storage.done) == reads


def test_content_that_has_become_shorter_is_unreadable(full):
    full.storage.cold = True
    full.storage.sizes = [100]
    assert full.io.lend(1, 0, BLOCK, Borrower()) is None
    full.offload.finish()
    assert full.unreadable == ["content is missing: piece 1"]


def test_what_becomes_readable_again_is_served_again(full):
    full.storage.cold = True
    full.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    full.io.lend(0, 0, BLOCK, Borrower())
    full.offload.finish()
    full.storage.read_error = None
    full.now += proofs.RETRY_SECONDS
    assert full.io.lend(0, 0, BLOCK, Borrower()) is None
    full.offload.finish()
    assert full.io.proofs.trouble is None
    lease = full.io.lend(0, 0, BLOCK, Borrower())
    assert bytes(lease.view) == full.bytes_of(0)
    lease.release()


@pytest.mark.parametrize("cold", [False, True])
def test_what_somebody_else_has_changed_is_not_sent(full, cold):
    full.io.lend(0, 0, BLOCK, Borrower()).release()
    full.io.close()  # nothing is in memory
    full.storage.cold = cold
    full.storage.content[5] ^= 1
    full.storage.changed_files = {0}
    borrower = Borrower()
    lease = full.io.lend(0, 0, BLOCK, borrower)
    while lease is None and not full.lost:
        full.offload.finish()
        lease = full.io.lend(0, 0, BLOCK, borrower) if not full.lost else None
    assert lease is None
    assert [event.piece for event in full.lost] == [0]
    assert borrower.flushes
    full.storage.cold = False
    assert full.io.lend(1, 0, BLOCK, borrower) is None  # of the same file
    full.offload.finish()
    lease = full.io.lend(1, 0, BLOCK, borrower)
    assert bytes(lease.view) == full.bytes_of(1)
    lease.release()


def test_a_bug_while_reading_is_not_hidden(full):
    full.storage.cold = True
    full.storage.read_error = ZeroDivisionError()
    full.io.lend(0, 0, BLOCK, Borrower())
    with pytest.raises(ZeroDivisionError):
        full.offload.finish()


def test_no_run_stays_in_use(full):
    full.storage.cold = True
    full.io.lend(0, 0, BLOCK, Borrower())
    full.offload.finish()
    for piece in range(4):
        full.storage.cold = False
        full.io.lend(piece, 0, 10, Borrower()).release()
    assert all(run.users == 0 for run in full.io._cache.runs.values())


def test_padding_that_is_asked_for_behind_the_last_file_is_zeros():
    made = v2_sample(lengths=(PIECE + 5,), piece_length=PIECE)
    bench = Bench()
    storage = FaultyStorage(made.info, made.content)
    hashes = PieceHashes.of(made.info, made.layers)
    owner = SimpleNamespace(storage=storage, hashes=hashes, unproven=Bitfield(0))
    io = PieceIO(owner, bench.offload, PieceCache(16 << 20), Share(Budget()), clock=float)
    io.open(made.info)
    lease = io.lend(1, 0, BLOCK, Borrower())
    assert lease is not None
    assert bytes(lease.view) == made.content[PIECE:] + bytes(BLOCK - 5)
    lease.release()


def test_reads_take_turns_and_the_writes_of_a_torrent_do_not():
    bench = Bench()
    bench.offload._lanes = {"read": 2, "write": 2}
    io = [
        PieceIO(bench.owner, bench.offload, PieceCache(1 << 20), Share(Budget()), clock=float)
        for _ in range(2)
    ]
    assert {one._writer for one in io} == {"write-0", "write-1"}
    bench.storage.cold = True
    io[0].open(bench.sample.info)
    for piece in (0, 1):
        io[0].lend(piece, 0, BLOCK, Borrower())
    assert {steps[0][0] for steps, _ in bench.offload.jobs} == {"read-0", "read-1"}
