"""No byte of a piece that is only believed to be good leaves before it was hashed."""

from types import SimpleNamespace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ReadError
from raincore.engine.lending import Lending
from raincore.engine.proofs import RESTLESS_MAX, RETRY_SECONDS
from raincore.storage.piece_cache import PieceCache
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.events import PieceLost
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from tests.engine.desk import (
    BLOCK,
    Borrower,
    Desk,
    FaultyStorage,
    ManualOffload,
    ScriptedPeer,
    open_store,
)
from tests.sim.content import sample
from tests.sim.v2_content import v2_sample

PIECES = 4


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
            note_unreadable=lambda error: self.unreadable.append(str(error)),
        )
        self.content = owner
        self.unreadable: list[str] = []
        self.now = 0.0
        self.lending = Lending(owner, self.offload, PieceCache(16 << 20), clock=lambda: self.now)
        self.told: list[object] = []
        self.lending.proofs.tell = self.told.append
        self.borrower = Borrower()

    def lend(self, piece: int, borrower: Borrower | None = None) -> bytes | None:
        lease = self.lending.lend(piece, 0, BLOCK, borrower or self.borrower)
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


def test_a_piece_that_cannot_be_read_is_not_served_and_tried_again_later():
    bench = Bench()
    bench.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    bench.lend(1)
    bench.offload.finish()
    assert bench.told == []
    assert bench.unreadable == ["cannot read: input/output error: x"]
    with pytest.raises(LookupError):
        bench.lend(1)
    bench.storage.read_error = None
    bench.now += RETRY_SECONDS
    assert bench.lend(1) is None
    bench.offload.finish()
    assert bench.lend(1) == bench.sample.content[2 * BLOCK : 3 * BLOCK]
    assert bench.lending.proofs.trouble is None


def test_what_is_not_there_at_all_is_not_fetched_again():
    """A disk that was pulled out comes back; nobody wants it filled anew meanwhile."""
    bench = Bench()
    sizes, bench.storage.sizes = bench.storage.sizes, [None]
    bench.lend(0)
    bench.offload.finish()
    assert bench.told == []
    assert bench.unreadable == ["content is missing: piece 0"]
    bench.storage.sizes = sizes
    bench.now += RETRY_SECONDS
    bench.lend(0)
    bench.offload.finish()
    assert bench.lend(0) == bench.sample.content[:BLOCK]


def test_what_changes_while_it_is_hashed_is_hashed_again():
    bench = Bench()
    bench.lend(0)
    bench.storage.changed_files = {0}
    bench.offload.finish()
    assert bench.borrower.flushes == 1
    assert bench.lend(0) is None
    bench.offload.finish()
    assert bench.lend(0) == bench.sample.content[:BLOCK]
    assert bench.told == []


def test_what_changes_all_the_time_is_refused():
    bench = Bench()
    for _ in range(RESTLESS_MAX):
        assert bench.lend(0) is None
        bench.storage.changed_files = {0}
        bench.offload.finish()
    with pytest.raises(LookupError):
        bench.lend(0)
    assert bench.unreadable == ["content changes while it is read: piece 0"]


def test_a_change_is_known_where_nothing_was_to_be_proven():
    bench = Bench()
    bench.content.unproven = Bitfield(0)
    assert bench.lending.proofs.is_still(range(PIECES))
    bench.storage.changed_files = {0}
    assert not bench.lending.proofs.is_still((2,))
    assert list(bench.content.unproven) == [0, 1, 2, 3]


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
