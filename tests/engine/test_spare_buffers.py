"""Memory that was touched is used again, and none is hoarded."""

from raincore.engine import spare_buffers
from raincore.engine.spare_buffers import SpareBuffers
from raincore.policy.budget import Budget, Share

KIB = 1024


def test_a_buffer_is_used_again_by_who_needs_as_much():
    spare = SpareBuffers(Budget(256 * KIB))
    first = spare.take(64 * KIB)
    spare.keep(first)
    assert spare.length == 64 * KIB
    assert spare.take(16 * KIB) is not first
    assert spare.take(64 * KIB) is first
    assert spare.take(64 * KIB) is not first
    assert spare.length == 0


def test_no_more_is_kept_than_pieces_may_take():
    spare = SpareBuffers(Budget(128 * KIB))
    for buffer in [spare.take(64 * KIB) for _ in range(3)]:
        spare.keep(buffer)
    assert spare.length == 128 * KIB


def test_when_somebody_has_done_there_is_as_much_as_others_use(monkeypatch):
    monkeypatch.setattr(spare_buffers, "A_LITTLE", 70 * KIB)
    memory = Budget(1024 * KIB)
    spare = SpareBuffers(memory)
    for buffer in [spare.take(length * KIB) for length in (16, 64, 64, 64)]:
        spare.keep(buffer)
    share = Share(memory)
    share.use(150 * KIB)
    spare.shrink()
    assert spare.length == 128 * KIB
    share.use(1)
    spare.shrink()
    assert spare.length == 64 * KIB
    share.use(0)
    spare.shrink()
    assert spare.length == 0
