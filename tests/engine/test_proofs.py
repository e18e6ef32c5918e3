"""No byte of a piece that is only believed to be good leaves before it was hashed."""

from types import SimpleNamespace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ReadError
from raincore.engine.piece_io import PieceIO
from raincore.policy.budget import Budget, Share
from raincore.storage.piece_cache import PieceCache
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.events import PieceLost
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from tests.engine.desk import BLOCK, Desk, FaultyStorage, ManualOffload, ScriptedPeer, open_store
from tests.sim.content import sample
from tests.sim.v2_content import v2_sample

PIECES = 4


class Borrower:
    def __init__(self) -> None:
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


class Bench:
    """A torrent of which everything is believed."""

    def __init__(self, spoilt: int | None = None, *, fixed: bool = False, own=None, layers=None):
        self.sample = own or sample(1, pieces=PIECES, piece_length=2 * BLOCK)
        content = bytearray(self.sample.content)
        if spoilt is not None:
            content[spoilt] ^= 1
        info = self.sample.info
        self.storage = FaultyStorage(info, bytes(content))
        self.offload = ManualOffload()
        owner = SimpleNamespace(
            storage=self.storage,
            hashes=PieceHashes.of(info, layers or {}),
            unproven=Bitfield.full(info.geometry.piece_count),
            is_fixed=fixed,
        )
        self.content = owner
        self.io = PieceIO(owner, self.offload, PieceCache(16 << 20), Share(Budget()), clock=float)
        self.io.open(info)
        self.told: list[object] = []
        self.io.proofs.tell = self.told.append
        self.borrower = Borrower()

    def lend(self, piece: int, borrower: Borrower | None = None) -> bytes | None:
        lease = self.io.lend(piece, 0, BLOCK, borrower or self.borrower)
        if lease is None:
            return None
        data = bytes(lease.view[:BLOCK])
        lease.release()
        return data


def test_a_piece_is_hashed_before_its_first_byte_leaves_and_then_no_more():
    bench = Bench()
    assert bench.lend(1) is None
    assert bench.storage.done == []  # not on the event loop
    bench.offload.finish()
    assert bench.borrower.flushes == 1
    reads = len(bench.storage.done)
    assert bench.lend(1) == bench.sample.content[2 * BLOCK : 3 * BLOCK]
    assert len(bench.storage.done) == reads
    assert list(bench.content.unproven) == [0, 2, 3]
    assert bench.told == []


def test_all_who_ask_for_a_piece_wait_for_one_proof():
    bench = Bench()
    others = [Borrower() for _ in range(3)]
    for other in [*others, others[0]]:
        assert bench.lend(2, other) is None
    assert len(bench.offload.jobs) == 1
    bench.offload.finish()
    assert [other.flushes for other in others] == [1, 1, 1]


def test_a_piece_that_is_bad_is_lost_before_anybody_is_told_to_go_on():
    bench = Bench(spoilt=0)
    assert bench.lend(0) is None
    bench.borrower.flush = lambda: bench.told.append("flush")
    bench.offload.finish()
    lost = PieceLost(0, "content has changed since it was verified", may_replace=True)
    assert bench.told == [lost, "flush"]


def test_content_that_is_not_ours_is_not_replaced():
    bench = Bench(spoilt=0, fixed=True)
    bench.lend(0)
    bench.offload.finish()
    assert [event.may_replace for event in bench.told] == [False]


def test_a_piece_that_cannot_be_read_is_not_served_and_not_replaced():
    bench = Bench()
    bench.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    bench.lend(3)
    bench.offload.finish()
    assert bench.told == [PieceLost(3, "cannot read: input/output error: x", may_replace=False)]


def test_what_was_hashed_by_the_check_needs_no_proof():
    bench = Bench()
    bench.content.unproven = Bitfield(0)
    assert bench.lend(0) is not None
    assert not bench.offload.jobs


@pytest.mark.parametrize("spoilt", [None, 3])
def test_pieces_of_trees_are_proven_by_their_trees(spoilt):
    own = v2_sample(1)
    bench = Bench(spoilt, own=own, layers=own.layers)
    assert bench.lend(0) is None
    bench.offload.finish()
    assert [event.piece for event in bench.told] == ([] if spoilt is None else [0])


def test_a_piece_whose_hash_nobody_knows_is_not_served():
    own = v2_sample(1)
    bench = Bench(own=own, layers={})
    big = next(piece for piece, node in enumerate(bench.content.hashes.nodes) if node is None)
    bench.lend(big)
    bench.offload.finish()
    assert [event.piece for event in bench.told] == [big]


def test_a_bug_is_not_hidden():
    bench = Bench()
    bench.storage.read_error = ZeroDivisionError()
    bench.lend(0)
    with pytest.raises(ZeroDivisionError):
        bench.offload.finish()


async def test_a_seed_that_comes_back_sends_what_is_good_and_not_what_was_spoilt(
    tmp_path, autojump_clock
):
    store = open_store(tmp_path)
    desk = Desk(whole=True, goal=Goal.SEED, store=store)
    async with desk.running():
        await desk.settle()
    again = Desk(whole=True, goal=Goal.SEED, store=store, prompt=("check", "disk", "read", "prove"))
    again.storage.content[0] ^= 1  # behind the back of size and mtime
    async with again.running():
        peer = ScriptedPeer(again).join()
        peer.say(m.HaveNone(), m.Interested())
        await again.settle()
        peer.heard()
        wanted = [m.Request(0, 0, BLOCK), m.Request(1, 0, BLOCK)]
        peer.say(*wanted)
        await again.settle()
        heard = peer.heard()
        assert m.Reject(0, 0, BLOCK) in heard
        [block] = [one for one in heard if isinstance(one, m.Block)]
        assert (block.piece, bytes(block.data)) == (1, again.sample.content[2 * BLOCK : 3 * BLOCK])
        assert again.statuses[-1] == "downloading"
    store.close()
