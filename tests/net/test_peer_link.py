"""A link reads, places, answers, holds back, and ends, whatever the other side does."""

import random

import pytest

from raincore.base.config import PeerLimits
from raincore.wire import messages as m
from raincore.wire import peer_codec
from tests.net.far_end import BLOCK, CONTENT, KIB, FarEnd


def block(piece: int, begin: int, length: int = BLOCK) -> m.Block:
    start = piece * 64 * KIB + begin
    return m.Block(piece, begin, CONTENT[start : start + length])


def encoded(*messages: m.Message) -> bytes:
    return b"".join(map(peer_codec.encode, messages))


# --- in -----------------------------------------------------------------------------------


def test_blocks_land_in_the_memory_that_the_owner_names():
    end = FarEnd()
    end.say(block(0, 0), block(3, BLOCK))
    assert end.owner.received[:BLOCK] == CONTENT[:BLOCK]
    start = 3 * 64 * KIB + BLOCK
    assert end.owner.received[start : start + BLOCK] == CONTENT[start : start + BLOCK]


def test_one_read_is_told_once_with_its_blocks_counted():
    end = FarEnd()
    end.promise()
    end.say(m.Have(1), block(0, 0), m.Unchoke(), block(0, BLOCK))
    assert end.owner.heard_messages == [m.Have(1), m.Unchoke()]
    assert end.owner.reads == [(2, 2 * BLOCK)]


def test_blocks_that_nobody_wants_are_neither_copied_nor_counted():
    end = FarEnd(wanted={(0, 0)})
    end.say(block(1, 0), block(0, 0), block(0, BLOCK))
    assert end.owner.reads == [(1, BLOCK)]
    assert not any(end.owner.received[BLOCK:])


def test_a_read_of_unwanted_blocks_only_is_not_told():
    end = FarEnd(wanted=set())
    end.say(block(1, 0))
    assert end.owner.reads == []


def test_blocks_that_follow_each_other_are_placed_as_one():
    end = FarEnd()
    end.promise()
    end.say(*(block(0, number * BLOCK) for number in range(4)), block(1, 0), block(1, BLOCK))
    assert end.owner.runs == [4, 2]
    assert end.owner.received[: 6 * BLOCK] == CONTENT[: 6 * BLOCK]
    assert end.owner.reads == [(6, 6 * BLOCK)]


def test_a_run_ends_at_a_gap_at_a_piece_and_at_a_part_of_a_block():
    end = FarEnd()
    end.promise()
    end.say(
        *(block(0, 0), block(0, 2 * BLOCK), block(0, 3 * BLOCK), block(2, 0)),
        *(block(2, BLOCK, 100), block(2, BLOCK + 100, 50), block(1, BLOCK), block(1, 0)),
    )
    assert end.owner.runs == [2]
    assert end.owner.reads == [(8, 6 * BLOCK + 150)]
    for start, length in ((0, BLOCK), (2 * BLOCK, 2 * BLOCK), (4 * BLOCK, 2 * BLOCK)):
        assert end.owner.received[start : start + length] == CONTENT[start : start + length]
    assert end.owner.received[8 * BLOCK : 9 * BLOCK + 150] == CONTENT[8 * BLOCK : 9 * BLOCK + 150]


def test_of_a_run_that_is_not_wanted_as_a_whole_each_block_is_asked_for():
    end = FarEnd(wanted={(0, 0), (0, 2 * BLOCK)})
    end.promise()
    end.say(*(block(0, number * BLOCK) for number in range(4)))
    assert end.owner.reads == [(2, 2 * BLOCK)]
    assert end.owner.received[:BLOCK] == CONTENT[:BLOCK]
    assert not any(end.owner.received[BLOCK : 2 * BLOCK])
    assert end.owner.received[2 * BLOCK : 3 * BLOCK] == CONTENT[2 * BLOCK : 3 * BLOCK]


def test_keep_alives_are_told_so_that_silence_can_be_known():
    end = FarEnd()
    end.say(m.KeepAlive())
    assert end.owner.heard_messages == [m.KeepAlive()]


@pytest.mark.parametrize("size", [1, 7, 1000, 20_000])
def test_messages_may_arrive_in_any_pieces(size):
    end = FarEnd()
    data = encoded(m.Have(1), block(0, 0, 100), m.Have(2), block(2, BLOCK, 5000), m.Unchoke())
    for start in range(0, len(data), size):
        end.stream.deliver(data[start : start + size])
    assert end.owner.heard_messages == [m.Have(1), m.Have(2), m.Unchoke()]
    assert end.owner.received[:100] == CONTENT[:100]
    assert sum(blocks for blocks, _ in end.owner.reads) == 2


def test_a_message_longer_than_the_scratch_buffer_arrives_whole():
    end = FarEnd(scratch_length=1000)
    end.say(m.Have(1), block(0, 0), m.Have(2))
    assert end.owner.received[:BLOCK] == CONTENT[:BLOCK]
    assert end.owner.heard_messages == [m.Have(1), m.Have(2)]


def test_links_can_share_one_scratch_buffer():
    first, second = FarEnd(), FarEnd()
    second.link._scratch = first.link._scratch
    whole = encoded(block(0, 0))
    first.stream.deliver(whole[:9000])
    second.stream.deliver(whole[:5000])
    first.stream.deliver(whole[9000:])
    second.stream.deliver(whole[5000:])
    for end in (first, second):
        assert end.owner.received[:BLOCK] == CONTENT[:BLOCK]


def test_a_busy_peer_lets_others_have_their_turn():
    end = FarEnd(scratch_length=64 * KIB)
    end.stream.arrived += encoded(block(0, 0)) * 100
    end.link._on_readable()
    blocks = sum(count for count, _ in end.owner.reads)
    assert 2 * 64 * KIB < blocks * BLOCK <= 4 * 64 * KIB


def test_a_flood_of_tiny_messages_is_read_in_small_portions():
    end = FarEnd(scratch_length=512 * KIB)
    end.say(m.Have(2))
    end.owner.heard_messages.clear()
    end.stream.arrived += encoded(m.Have(1)) * 50_000
    end.link._on_readable()
    assert 0 < len(end.owner.heard_messages) * 9 <= 32 * KIB


def test_who_is_asked_for_blocks_is_read_in_large_portions_though_it_has_said_something_else():
    end = FarEnd(scratch_length=512 * KIB)
    end.promise()
    end.say(m.Have(1))
    end.stream.arrived += encoded(block(0, 0)) * 30
    end.link._on_readable()
    assert end.owner.reads == [(0, 0), (30, 30 * BLOCK)]


@pytest.mark.parametrize("before", [0, 32 * KIB])
def test_a_flood_instead_of_blocks_is_believed_once_and_only_at_the_beginning(before):
    end = FarEnd(scratch_length=512 * KIB)
    if before:
        end.say(*[m.Have(2)] * (before // 9 + 1))
    end.promise()
    end.stream.arrived += encoded(m.Have(1)) * 200_000
    end.link._on_readable()
    assert (len(end.owner.heard_messages) * 9 <= 33 * KIB) is bool(before)
    end.link.say([m.Request(0, BLOCK, BLOCK)])
    end.owner.heard_messages.clear()
    end.link._on_readable()
    assert 0 < len(end.owner.heard_messages) * 9 <= 33 * KIB


def test_a_peer_that_sends_blocks_is_read_in_large_portions_from_then_on():
    end = FarEnd(scratch_length=512 * KIB)
    end.say(block(0, 0))
    end.stream.arrived += encoded(block(0, 0)) * 100
    end.link._on_readable()
    assert len(end.owner.reads) <= 5
    assert max(length for _, length in end.owner.reads) >= 490 * KIB


# --- out ----------------------------------------------------------------------------------


def test_what_is_said_leaves_with_the_flush_in_one_send():
    end = FarEnd()
    end.link.say([m.Interested()])
    end.link.say([m.Have(1), m.Have(2)])
    assert not end.stream.sent
    end.link.flush()
    assert len(end.stream.sends) == 1
    assert end.heard() == [m.Interested(), m.Have(1), m.Have(2)]


def test_requests_are_answered_in_order_in_one_send():
    end = FarEnd()
    end.unchoke()
    end.stream.sends.clear()
    asked = [(2, 0), (2, BLOCK), (0, 0), (1, 3 * BLOCK)]
    end.say(*(m.Request(piece, begin, BLOCK) for piece, begin in asked))
    assert end.heard() == [block(piece, begin) for piece, begin in asked]
    assert len(end.stream.sends) == 1
    assert (end.owner.sent_blocks, end.owner.sent_length) == (4, 4 * BLOCK)


def test_blocks_of_one_run_are_lent_once_and_given_back_once():
    end = FarEnd()
    end.unchoke()
    end.say(*(m.Request(2, begin, BLOCK) for begin in range(0, 64 * KIB, BLOCK)))
    [lease] = end.owner.leases
    assert lease.released == 1


def test_messages_said_while_a_peer_is_slow_come_out_whole_and_in_order():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 0
    end.say(m.Request(0, 0, BLOCK), m.Request(1, 0, BLOCK))
    end.link.say([m.Have(5)])
    end.link.flush()
    rng = random.Random(1)
    while end.stream.on_writable is not None:
        end.stream.make_room(rng.randrange(1, 3000))
    assert end.heard() == [block(0, 0), block(1, 0), m.Have(5)]


def test_a_run_is_kept_until_the_last_of_its_bytes_is_out():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 10_000
    end.say(m.Request(0, 0, BLOCK))
    [lease] = end.owner.leases
    assert (lease.released, end.owner.sent_blocks) == (0, 0)
    end.stream.make_room(10_000)
    assert (lease.released, end.owner.sent_blocks) == (1, 1)


def test_nothing_waits_for_writability_when_nothing_is_to_be_sent():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 100
    end.say(m.Request(0, 0, BLOCK))
    assert end.stream.on_writable is not None
    end.stream.make_room(10**6)
    assert end.stream.on_writable is None


def test_many_requests_are_answered_in_turns():
    end = FarEnd(batch_blocks=2)
    end.unchoke()
    end.stream.sends.clear()
    asked = [m.Request(piece, begin, BLOCK) for piece in range(8) for begin in (0, BLOCK)]
    end.say(*asked)
    assert len(end.stream.sends) == 4
    assert end.stream.on_writable is not None
    end.stream.make_room(1)
    assert [type(x) for x in end.heard()] == [m.Block] * 16


def test_a_cold_run_is_sent_when_it_has_been_read():
    end = FarEnd(cold=True)
    end.unchoke()
    end.say(m.Request(0, 0, BLOCK))
    assert end.heard() == []
    assert end.stream.on_writable is None
    end.owner.cold = False
    end.link.flush()
    assert end.heard() == [block(0, 0)]


# --- both ---------------------------------------------------------------------------------


def test_the_owner_may_flush_while_it_is_told():
    end = FarEnd()

    def answer() -> None:
        end.link.say([m.Unchoke()])
        end.link.flush()

    end.owner.on_heard = answer
    end.say(m.Interested())
    assert end.heard() == [m.Unchoke()]


def test_the_owner_may_close_while_it_is_told():
    end = FarEnd()
    end.unchoke()
    end.owner.on_heard = end.link.close
    end.say(m.Request(0, 0, BLOCK), m.Interested(), m.Have(0))
    assert end.stream.closed == 1
    assert end.owner.reasons == []
    assert not end.stream.sent


def test_nothing_happens_after_close():
    end = FarEnd()
    end.link.close()
    end.link.close()
    end.link.say([m.Interested()])
    end.link.flush()
    end.link.start()
    end.link._resume_reading()
    assert end.stream.closed == 1
    assert not end.stream.sent


def test_closing_in_the_middle_of_a_send_gives_back_what_is_lent():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 70_000
    end.say(*(m.Request(piece, 0, BLOCK) for piece in range(8)))
    assert [lease.released for lease in end.owner.leases] == [0] * 8
    end.link.close()
    assert [lease.released for lease in end.owner.leases] == [1] * 8


def test_who_parts_says_what_waits_to_be_said():
    end = FarEnd()
    end.link.say([m.Have(1), m.Have(2)])
    assert end.link.part()
    assert end.heard() == [m.Have(1), m.Have(2)]
    assert end.stream.closed == 1
    assert end.owner.reasons == []


def test_who_has_nothing_to_say_parts_without_a_send():
    end = FarEnd()
    assert end.link.part()
    assert not end.stream.sends
    assert end.stream.closed == 1


def test_who_finds_the_connection_broken_when_it_parts_is_told_once():
    end = FarEnd()
    end.link.say([m.Have(1)])
    end.stream.broken = True
    assert not end.link.part()
    assert end.owner.reasons == ["network"]
    assert end.stream.closed == 1


# --- the end ------------------------------------------------------------------------------


def test_a_peer_that_closes_is_lost_once():
    end = FarEnd()
    end.stream.ended = True
    end.stream.deliver()
    assert end.owner.reasons == ["closed_by_peer"]
    assert end.stream.closed == 1


def test_what_came_before_the_end_is_told():
    end = FarEnd()
    end.stream.ended = True
    end.say(m.Have(3))
    assert end.owner.heard_messages == [m.Have(3)]
    assert end.owner.reasons == ["closed_by_peer"]


def test_a_broken_connection_is_lost_when_it_is_read():
    end = FarEnd()
    end.stream.broken = True
    end.stream.deliver()
    assert end.owner.reasons == ["network"]


def test_a_broken_connection_is_lost_when_it_is_written():
    end = FarEnd()
    end.unchoke()
    end.stream.room = 100
    end.say(m.Request(0, 0, BLOCK))
    end.stream.broken = True
    end.link.flush()
    assert end.owner.reasons == ["network"]
    assert end.owner.leases[0].released == 1


def test_a_connection_that_breaks_while_answering_is_read_no_more():
    end = FarEnd()
    end.stream.arrived += encoded(m.Interested())
    end.owner.on_heard = lambda: (setattr(end.stream, "broken", True), end.link.say([m.Unchoke()]))
    end.stream.deliver()
    assert end.owner.reasons == ["network"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 9,
        encoded(m.Have(8)),
        encoded(m.Request(0, 0, 2**20)),
        encoded(m.Block(7, 64 * KIB - 1, b"xx")),
        encoded(m.Extended(0, b"d1:ai1e-6:e")),
        b"\xff" * 4,
    ],
)
def test_garbage_ends_the_connection_and_nothing_else(garbage):
    end = FarEnd()
    end.stream.deliver(garbage)
    [reason] = end.owner.reasons
    assert reason in ("remote_protocol", "bencode")
    assert end.stream.closed == 1


def test_too_many_requests_end_the_connection():
    end = FarEnd(limits=PeerLimits(requests_in_max=10))
    end.unchoke()
    end.say(*[m.Request(0, 0, BLOCK)] * 11)
    assert end.owner.reasons == ["remote_protocol"]
    assert not end.owner.leases


def test_blocks_that_came_with_a_flood_are_told_before_it_is_punished():
    end = FarEnd(limits=PeerLimits(requests_in_max=10))
    end.unchoke()
    end.say(block(0, 0), *[m.Request(0, 0, BLOCK)] * 11)
    assert end.owner.reads == [(1, BLOCK)]
    assert end.owner.reasons == ["remote_protocol"]


def test_a_choked_peer_may_ask_in_vain_as_often_as_it_likes():
    end = FarEnd(limits=PeerLimits(requests_in_max=10))
    end.say(*[m.Request(0, 0, BLOCK)] * 100)
    assert end.heard() == [m.Reject(0, 0, BLOCK)] * 100
    assert end.owner.reasons == []


# --- limits -------------------------------------------------------------------------------


def test_a_peer_that_does_not_read_is_not_heard_until_it_does(monkeypatch):
    monkeypatch.setattr("raincore.net.outbox.CLOGGED_BYTES", 10_000)
    end = FarEnd()
    end.stream.room = 0
    flood = encoded(*[m.Request(0, 0, BLOCK)] * 1000)
    for _ in range(20):
        end.stream.deliver(flood)
    assert len(end.stream.arrived) > 15 * len(flood)  # it stays with the system
    end.stream.make_room(10**9)
    end.stream.deliver()
    assert not end.stream.arrived
    assert len(end.heard()) == 20_000


def test_reading_stops_when_the_limiter_says_so_and_goes_on_later():
    end = FarEnd()
    end.down.allowance = 10_000
    end.say(block(0, 0))
    assert end.stream.on_readable is None
    assert len(end.stream.arrived) == BLOCK + 13 - 10_000
    end.down.allow(10_000)
    assert end.owner.received[:BLOCK] == CONTENT[:BLOCK]
    assert end.stream.on_readable is not None
    assert end.down.allowance == 20_000 - BLOCK - 13


@pytest.mark.parametrize("fault", ["ended", "broken"])
def test_an_allowance_that_was_not_used_is_given_back(fault):
    end = FarEnd()
    end.down.allowance = 5000
    end.link._on_readable()
    assert end.down.allowance == 5000
    setattr(end.stream, fault, True)
    end.stream.deliver()
    assert end.owner.reasons
    assert end.down.allowance == 5000


def test_a_link_that_closes_while_the_limiter_holds_it_back_stays_closed():
    end = FarEnd()
    end.down.allowance = 0
    end.say(m.Have(1))
    end.link.close()
    end.down.allow(1000)
    assert end.owner.heard_messages == []


def test_sending_waits_for_the_limiter_but_messages_do_not():
    end = FarEnd()
    end.unchoke()
    end.up.allowance = 0
    end.say(m.Request(0, 0, BLOCK))
    end.link.say([m.Have(1)])
    end.link.flush()
    assert end.heard() == [m.Have(1)]
    assert end.stream.on_writable is None
    end.up.allow(100)
    assert end.heard() == [block(0, 0)]
    assert end.up.allowance == 100 - BLOCK - 13


def test_a_link_says_when_our_own_limit_holds_it_back():
    end = FarEnd()
    assert not end.link.is_held_back
    end.down.allowance = 0
    end.stream.deliver(b"\0\0\0\0")
    assert end.link.is_held_back
    end.down.allow(100)
    assert not end.link.is_held_back


def test_a_link_says_whether_a_message_is_on_its_way():
    end = FarEnd()
    assert end.link.unfinished is None
    end.stream.deliver(b"\0\0\0\5")
    end.stream.deliver(b"\4")
    assert end.link.unfinished == 5
    end.stream.deliver(b"\0\0\0\1")
    assert end.link.unfinished is None
