"""Content comes from the disk in runs, without waiting, and only what is as it was proven."""

from types import SimpleNamespace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ReadError
from raincore.engine import lending, proofs
from raincore.engine.lending import Lending
from raincore.storage.piece_cache import PieceCache
from raincore.storage.piece_hashes import PieceHashes
from tests.engine.desk import BLOCK, Borrower, FaultyStorage, ManualOffload
from tests.sim.content import sample
from tests.sim.v2_content import v2_sample

PIECE = 2 * BLOCK


class Bench:
    def __init__(self, run_length: int = lending.RUN_LENGTH) -> None:
        self.sample = sample(1, pieces=4, piece_length=PIECE)
        self.offload = ManualOffload()
        self.storage = FaultyStorage(self.sample.info, self.sample.content)
        self.unreadable: list[str] = []
        self.lost: list[object] = []
        self.now = 0.0
        owner = SimpleNamespace(
            storage=self.storage,
            hashes=PieceHashes.of(self.sample.info, {}),
            unproven=Bitfield(0),
            note_unreadable=lambda error: self.unreadable.append(str(error)),
            is_fixed=False,
        )
        self.cache = PieceCache(16 << 20)
        self.lending = Lending(
            owner, self.offload, self.cache, run_length=run_length, clock=lambda: self.now
        )
        self.lending.proofs.tell = self.lost.append

    def bytes_of(self, piece: int) -> bytes:
        return self.sample.content[piece * PIECE : (piece + 1) * PIECE]


@pytest.fixture
def full() -> Bench:
    return Bench()


@pytest.fixture
def short() -> Bench:
    """As `full`, but little is read at once."""
    return Bench(run_length=BLOCK)


def test_what_the_system_has_in_memory_is_lent_at_once(full):
    lease = full.lending.lend(1, BLOCK, 100, Borrower())
    assert (lease.begin, bytes(lease.view)) == (0, full.bytes_of(1))
    lease.release()
    assert full.offload.jobs.__len__() == 0


def test_a_run_is_read_once_for_many(full):
    first = full.lending.lend(1, 0, BLOCK, Borrower())
    full.storage.cold = True
    second = full.lending.lend(1, BLOCK, BLOCK, Borrower())
    assert second.view.obj is first.view.obj
    first.release()
    second.release()


def test_cold_content_is_read_beside_and_all_who_wait_are_called_once(full):
    full.storage.cold = True
    one, two = Borrower(), Borrower()
    for borrower in (one, two, one, two, one):
        assert full.lending.lend(2, 0, BLOCK, borrower) is None
    assert len(full.offload.jobs) == 1
    full.offload.finish()
    assert (one.flushes, two.flushes) == (1, 1)
    lease = full.lending.lend(2, 0, BLOCK, one)
    assert bytes(lease.view) == full.bytes_of(2)
    lease.release()


def test_a_run_under_way_is_not_looked_for_again(full):
    full.storage.cold = True
    assert full.lending.lend(2, 0, BLOCK, Borrower()) is None
    full.storage.cold = False
    assert full.lending.lend(2, 0, BLOCK, Borrower()) is None
    full.offload.finish()


def test_long_pieces_are_read_in_runs(short):
    lease = short.lending.lend(1, BLOCK + 5, 100, Borrower())
    assert (lease.begin, bytes(lease.view)) == (BLOCK, short.bytes_of(1)[BLOCK:])
    lease.release()


def test_a_request_across_runs_is_read_for_itself(short):
    lease = short.lending.lend(1, BLOCK - 5, 10, Borrower())
    assert (lease.begin, bytes(lease.view)) == (BLOCK - 5, short.bytes_of(1)[BLOCK - 5 :][:10])
    lease.release()


def test_where_readers_pin_too_much_no_more_is_lent_than_is_asked_for(full, monkeypatch):
    pinned = [full.lending.lend(piece, 0, BLOCK, Borrower()) for piece in range(3)]
    assert not any(lease.alone for lease in pinned)
    monkeypatch.setattr(full.cache, "limit_bytes", 0)
    lease = full.lending.lend(3, 100, 50, Borrower())
    assert (lease.begin, bytes(lease.view)) == (100, full.bytes_of(3)[100:150])
    assert lease.alone
    for one in (*pinned, lease):
        one.release()


def test_what_cannot_be_read_is_refused_and_told_once(full):
    full.storage.cold = True
    full.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    borrower = Borrower()
    assert full.lending.lend(0, 0, BLOCK, borrower) is None
    assert full.lending.lend(0, BLOCK, BLOCK, borrower) is None
    full.offload.finish()
    assert borrower.flushes == 1
    with pytest.raises(LookupError):
        full.lending.lend(0, 0, BLOCK, borrower)
    assert full.unreadable == ["cannot read: input/output error: x"]


def test_what_cannot_be_read_is_refused_for_a_while_whoever_asks(short):
    short.storage.cold = True
    short.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    assert short.lending.lend(0, 0, BLOCK, Borrower()) is None
    short.offload.finish()
    assert short.unreadable == ["cannot read: input/output error: x"]
    assert str(short.lending.proofs.trouble) == "cannot read: input/output error: x"
    reads = len(short.storage.done)
    for begin in (0, BLOCK):
        with pytest.raises(LookupError):
            short.lending.lend(0, begin, BLOCK, Borrower())
    assert len(short.storage.done) == reads


def test_content_that_has_become_shorter_is_unreadable(full):
    full.storage.cold = True
    full.storage.sizes = [100]
    assert full.lending.lend(1, 0, BLOCK, Borrower()) is None
    full.offload.finish()
    assert full.unreadable == ["content is missing: piece 1"]


def test_what_becomes_readable_again_is_served_again(full):
    full.storage.cold = True
    full.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    full.lending.lend(0, 0, BLOCK, Borrower())
    full.offload.finish()
    full.storage.read_error = None
    full.now += proofs.RETRY_SECONDS
    assert full.lending.lend(0, 0, BLOCK, Borrower()) is None
    full.offload.finish()
    assert full.lending.proofs.trouble is None
    lease = full.lending.lend(0, 0, BLOCK, Borrower())
    assert bytes(lease.view) == full.bytes_of(0)
    lease.release()


@pytest.mark.parametrize("cold", [False, True])
def test_what_somebody_else_has_changed_is_not_sent(full, cold):
    full.lending.lend(0, 0, BLOCK, Borrower()).release()
    full.lending.close()  # nothing is in memory
    full.storage.cold = cold
    full.storage.content[5] ^= 1
    full.storage.changed_files = {0}
    borrower = Borrower()
    lease = full.lending.lend(0, 0, BLOCK, borrower)
    while lease is None and not full.lost:
        full.offload.finish()
        lease = full.lending.lend(0, 0, BLOCK, borrower) if not full.lost else None
    assert lease is None
    assert [event.piece for event in full.lost] == [0]
    assert borrower.flushes
    full.storage.cold = False
    assert full.lending.lend(1, 0, BLOCK, borrower) is None  # of the same file
    full.offload.finish()
    lease = full.lending.lend(1, 0, BLOCK, borrower)
    assert bytes(lease.view) == full.bytes_of(1)
    lease.release()


def test_a_bug_while_reading_is_not_hidden(full):
    full.storage.cold = True
    full.storage.read_error = ZeroDivisionError()
    full.lending.lend(0, 0, BLOCK, Borrower())
    with pytest.raises(ZeroDivisionError):
        full.offload.finish()


def test_no_run_stays_in_use(full):
    full.storage.cold = True
    full.lending.lend(0, 0, BLOCK, Borrower())
    full.offload.finish()
    for piece in range(4):
        full.storage.cold = False
        full.lending.lend(piece, 0, 10, Borrower()).release()
    assert all(run.users == 0 for run in full.cache.runs.values())


def test_padding_that_is_asked_for_behind_the_last_file_is_zeros():
    made = v2_sample(lengths=(PIECE + 5,), piece_length=PIECE)
    storage = FaultyStorage(made.info, made.content)
    hashes = PieceHashes.of(made.info, made.layers)
    owner = SimpleNamespace(storage=storage, hashes=hashes, unproven=Bitfield(0))
    made_lending = Lending(owner, ManualOffload(), PieceCache(16 << 20), clock=float)
    lease = made_lending.lend(1, 0, BLOCK, Borrower())
    assert lease is not None
    assert bytes(lease.view) == made.content[PIECE:] + bytes(BLOCK - 5)
    lease.release()


def test_reads_of_a_torrent_take_turns(full):
    full.offload._lanes = {"read": 2}
    full.storage.cold = True
    for piece in (0, 1):
        full.lending.lend(piece, 0, BLOCK, Borrower())
    assert {steps[0][0] for steps, _ in full.offload.jobs} == {"read-0", "read-1"}
