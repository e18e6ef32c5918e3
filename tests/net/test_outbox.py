"""Requests are answered, refused, cancelled and bounded as BEP 3 and BEP 6 want it."""

import pytest

from raincore.wire import messages as m
from tests.net.far_end import BLOCK, KIB, FarEnd

ASKED = [m.Request(0, 0, BLOCK), m.Request(1, 0, BLOCK), m.Request(2, 0, BLOCK)]


def rejects(requests: list[m.Request]) -> list[tuple[type, tuple[int, int, int]]]:
    return [(m.Reject, tuple(request)) for request in requests]


def typed(messages: list[m.Message]) -> list[tuple[type, object]]:
    """Named tuples compare by content alone."""
    return [(type(x), tuple(x) if isinstance(x, tuple) else x) for x in messages]


def test_a_choked_peer_is_told_that_its_requests_are_void():
    end = FarEnd()
    end.say(*ASKED)
    assert typed(end.heard()) == rejects(ASKED)


def test_a_choked_peer_without_fast_gets_no_answer():
    end = FarEnd(fast=False)
    end.say(*ASKED)
    assert end.heard() == []
    end.unchoke()
    assert not end.owner.leases


def test_a_choke_rejects_what_is_queued_after_it_is_said():
    end = FarEnd(cold=True)
    end.unchoke()
    end.say(*ASKED)
    end.link.say([m.Choke()])
    end.link.flush()
    assert typed(end.heard()) == [(m.Choke, m.Choke()), *rejects(ASKED)]


def test_a_choke_without_fast_forgets_what_is_queued():
    end = FarEnd(fast=False, cold=True)
    end.unchoke()
    end.say(*ASKED)
    end.link.say([m.Choke()])
    end.owner.cold = False
    end.link.flush()
    assert end.heard() == [m.Choke()]


def test_a_cancelled_request_is_rejected():
    end = FarEnd(cold=True)
    end.unchoke()
    end.say(*ASKED)
    end.say(m.Cancel(*ASKED[1]))
    assert typed(end.heard()) == rejects([ASKED[1]])
    end.owner.cold = False
    end.link.flush()
    assert [x.piece for x in end.heard()] == [0, 2]


def test_a_cancelled_request_without_fast_is_just_not_answered():
    end = FarEnd(fast=False, cold=True)
    end.unchoke()
    end.say(*ASKED)
    end.say(m.Cancel(*ASKED[1]))
    end.owner.cold = False
    end.link.flush()
    assert [x.piece for x in end.heard()] == [0, 2]


@pytest.mark.parametrize("fast", [True, False])
def test_a_cancel_that_comes_too_late_is_ignored(fast):
    end = FarEnd(fast=fast)
    end.unchoke()
    end.say(ASKED[0])
    end.heard()
    end.say(m.Cancel(*ASKED[0]))
    assert end.heard() == []


def test_requests_for_what_we_cannot_give_are_rejected_and_the_rest_is_served():
    end = FarEnd(unreadable=True)
    end.unchoke()
    end.say(*ASKED)
    assert typed(end.heard()) == rejects(ASKED)
    assert end.owner.sent_blocks == 0
    end.owner.unreadable = False
    end.say(ASKED[0])
    assert len(end.heard()) == 1


def test_requests_for_what_we_cannot_give_are_dropped_without_fast():
    end = FarEnd(fast=False, unreadable=True)
    end.unchoke()
    end.say(*ASKED)
    assert end.heard() == []
    assert end.stream.on_writable is None


def test_a_request_that_crosses_two_runs_gets_a_run_of_its_own():
    end = FarEnd(run_length=2 * BLOCK)
    end.unchoke()
    end.say(m.Request(0, 0, BLOCK), m.Request(0, BLOCK, 2 * BLOCK), m.Request(0, 3 * BLOCK, 1))
    assert [len(x.data) for x in end.heard()] == [BLOCK, 2 * BLOCK, 1]
    assert len(end.owner.leases) == 3
    assert all(lease.released == 1 for lease in end.owner.leases)


def test_a_peer_that_asks_here_and_there_does_not_pin_many_runs(monkeypatch):
    monkeypatch.setattr("raincore.net.outbox.LENT_BYTES", 100 * KIB)
    end = FarEnd()
    end.unchoke()
    end.stream.room = 1
    end.say(*(m.Request(piece, 0, 1) for piece in range(8)))
    assert len(end.owner.leases) == 2
    end.stream.make_room(10**6)
    assert len(end.heard()) == 8
    assert [lease.released for lease in end.owner.leases] == [1] * 8


def test_where_memory_is_short_one_run_is_lent_for_one_send():
    end = FarEnd()
    end.owner.scarce = True
    end.unchoke()
    end.stream.room = 1
    end.say(*(m.Request(piece, 0, BLOCK) for piece in range(3)))
    assert len(end.owner.leases) == 1
    end.stream.make_room(10**6)
    assert len(end.heard()) == 3
    assert [lease.released for lease in end.owner.leases] == [1] * 3


def test_the_limiter_gets_back_what_a_cold_run_did_not_use():
    end = FarEnd(cold=True)
    end.unchoke()
    end.up.allowance = BLOCK
    end.say(*ASKED)
    assert end.up.allowance == BLOCK


def test_blocks_are_counted_when_the_system_has_taken_them():
    end = FarEnd(batch_blocks=2)
    end.unchoke()
    end.stream.room = 2 * BLOCK + 26 + 5
    end.say(*ASKED)
    assert end.owner.sent_blocks == 0  # the second batch is on its way; all count with it
    end.stream.make_room(10**6)
    assert (end.owner.sent_blocks, end.owner.sent_length) == (3, 3 * BLOCK)


def test_a_lost_link_counts_nothing_that_was_not_taken():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 5
    end.say(*ASKED)
    end.stream.ended = True
    end.stream.deliver()
    assert end.owner.sent_blocks == 0
    assert all(lease.released == 1 for lease in end.owner.leases)


def test_messages_and_headers_count_as_much_as_blocks():
    end = FarEnd()
    end.unchoke()
    before = end.up.moved
    end.say(*ASKED)
    assert end.up.moved - before == 3 * (BLOCK + 13)
    end.link.say([m.Have(1), m.Have(2)])
    end.link.flush()
    assert end.up.charged >= 18


def test_what_is_taken_of_a_long_batch_is_counted_while_it_lasts():
    end = FarEnd()
    end.unchoke()
    end.heard()
    end.stream.room = 0
    end.say(*ASKED)
    told = []
    for _ in range(6):
        end.stream.make_room(BLOCK // 2)
        told.append(end.owner.sent_length)
    assert told == sorted(told)
    assert 0 < told[2] <= 3 * BLOCK // 2
    assert end.owner.sent_blocks == 0, "headers are still to be sent"
    end.stream.make_room(BLOCK)
    assert (end.owner.sent_blocks, end.owner.sent_length) == (3, 3 * BLOCK)


def test_what_was_granted_is_served_without_a_slot_and_the_rest_refused():
    end = FarEnd()
    end.link.say([m.AllowedFast(1)])
    end.say(*ASKED)
    granted, *rest = end.heard()
    assert granted == m.AllowedFast(1)
    blocks = [message for message in rest if isinstance(message, m.Block)]
    assert [(block.piece, block.begin) for block in blocks] == [(1, 0)]
    assert typed([r for r in rest if isinstance(r, m.Reject)]) == rejects([ASKED[0], ASKED[2]])


def test_a_choke_does_not_void_requests_for_what_was_granted():
    end = FarEnd(cold=True)
    end.link.say([m.AllowedFast(1)])
    end.unchoke()
    end.say(*ASKED)
    end.link.say([m.Choke()])
    end.link.flush()
    refused = [message for message in end.heard() if isinstance(message, m.Reject)]
    assert typed(refused) == rejects([ASKED[0], ASKED[2]])
    end.owner.cold = False
    end.link.flush()
    (block,) = [message for message in end.heard() if isinstance(message, m.Block)]
    assert block.piece == 1
