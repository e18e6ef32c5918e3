import pytest

from raincore.base.config import PeerLimits
from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.request_pipeline import (
    FEW_PIECES,
    HURRIED_START_DEPTH,
    RequestPipeline,
)

LIMITS = PeerLimits()
START_DEPTH = LIMITS.requests_out_start


def stream(pipeline: RequestPipeline, start: float, seconds: int, per_second: int) -> float:
    """Deliver blocks evenly, a tenth of a second's worth per read; return the end."""
    for tick in range(seconds * 10):
        blocks = per_second // 10
        pipeline.received(blocks, blocks * BLOCK_LENGTH, start + tick / 10)
    return start + seconds - 0.1


def test_a_new_pipeline_is_deep_enough_to_begin():
    assert RequestPipeline(LIMITS).depth(0.0) == START_DEPTH


def test_slow_start_adds_one_per_block():
    pipeline = RequestPipeline(LIMITS)
    pipeline.received(10, 10 * BLOCK_LENGTH, 1.0)
    assert pipeline.depth(1.0) == START_DEPTH + 10


def test_slow_start_stops_at_the_limit():
    pipeline = RequestPipeline(LIMITS)
    pipeline.received(100_000, 100_000 * BLOCK_LENGTH, 1.0)
    assert pipeline.depth(1.0) == LIMITS.requests_out_default


def test_after_slow_start_the_depth_is_three_seconds_of_the_rate():
    pipeline = RequestPipeline(LIMITS)
    now = stream(pipeline, 10.0, 8, per_second=40)
    assert 110 <= pipeline.depth(now) <= 130


@pytest.mark.parametrize(("pieces", "blocks"), [(FEW_PIECES - 1, 60), (FEW_PIECES, 120)])
def test_of_few_pieces_half_as_much_is_asked_for_ahead(pieces, blocks):
    pipeline = RequestPipeline(LIMITS)
    now = stream(pipeline, 10.0, 8, per_second=40)
    assert pipeline.depth(now, piece_count=pieces) == pytest.approx(blocks, rel=0.1)


def test_slow_start_goes_on_while_the_peer_gets_faster():
    pipeline = RequestPipeline(LIMITS)
    for second in range(6):
        stream(pipeline, 10.0 + second, 1, per_second=10 + 10 * second)
    assert pipeline.depth(16.0) == START_DEPTH + sum(10 + 10 * n for n in range(6))


def test_a_crawling_peer_keeps_two_requests():
    pipeline = RequestPipeline(LIMITS)
    for second in range(30):
        pipeline.received(1, 100, float(second))
    assert pipeline.depth(30.0) == 2


def test_the_peers_own_limit_is_respected():
    pipeline = RequestPipeline(LIMITS)
    pipeline.set_peer_limit(3)
    assert pipeline.depth(0.0) == 3
    now = stream(pipeline, 10.0, 8, per_second=1000)
    assert pipeline.depth(now) == 3


def test_a_boastful_peer_gets_no_more_than_our_limit():
    pipeline = RequestPipeline(LIMITS)
    pipeline.set_peer_limit(1 << 40)
    pipeline.received(100_000, 1, 1.0)
    assert pipeline.depth(1.0) == LIMITS.requests_out_default


def test_a_nonsensical_limit_still_allows_one_request():
    for reqq in (0, -7, 1):
        pipeline = RequestPipeline(LIMITS)
        pipeline.set_peer_limit(reqq)
        assert pipeline.depth(0.0) == 1


def test_waiting_for_our_own_sake_does_not_end_slow_start():
    pipeline = RequestPipeline(LIMITS)
    pipeline.received(1, BLOCK_LENGTH, 1.0)
    pipeline.idle()
    pipeline.received(1, BLOCK_LENGTH, 100.0)
    assert pipeline.depth(100.0) == START_DEPTH + 2


def test_silence_after_a_request_becomes_a_snub():
    pipeline = RequestPipeline(LIMITS)
    assert not pipeline.is_snubbed(1000.0)
    pipeline.requested(5.0)
    pipeline.requested(9.0)
    due = 5.0 + LIMITS.request_timeout_seconds
    assert not pipeline.is_snubbed(due - 0.1)
    assert pipeline.is_snubbed(due)


def test_each_block_starts_the_clock_anew():
    pipeline = RequestPipeline(LIMITS)
    pipeline.requested(5.0)
    pipeline.received(1, BLOCK_LENGTH, 20.0)
    due = 20.0 + LIMITS.request_timeout_seconds
    assert not pipeline.is_snubbed(due - 0.1)
    assert pipeline.is_snubbed(due)


def test_a_peer_that_owes_nothing_cannot_snub_us():
    pipeline = RequestPipeline(LIMITS)
    pipeline.requested(5.0)
    pipeline.received(1, BLOCK_LENGTH, 6.0)
    pipeline.idle()
    assert not pipeline.is_snubbed(1000.0)
    assert pipeline.silent_seconds(1000.0) == 0


def test_a_snubbed_peer_is_asked_for_one_block_until_it_delivers():
    pipeline = RequestPipeline(LIMITS)
    pipeline.requested(0.0)
    pipeline.snub()
    assert pipeline.depth(20.0) == 1
    assert pipeline.is_snubbed(20.0)
    assert pipeline.silent_seconds(1000.0) == 0
    pipeline.requested(21.0)
    assert pipeline.silent_seconds(26.0) == 5
    pipeline.received(1, BLOCK_LENGTH, 22.0)
    assert not pipeline.is_snubbed(22.0)
    assert pipeline.depth(22.0) >= 2


def test_a_peer_that_is_excused_has_as_long_again():
    pipeline = RequestPipeline(LIMITS)
    pipeline.requested(5.0)
    pipeline.excuse(25.0)
    assert not pipeline.is_snubbed(44.9)
    assert pipeline.is_snubbed(45.0)


def test_while_somebody_waits_little_is_queued_before_what_may_be_asked_next():
    pipeline = RequestPipeline(LIMITS)
    assert pipeline.depth(0.0, hurried=True) == START_DEPTH
    pipeline.received(20, 0, 1.0)
    assert pipeline.depth(1.0, hurried=True) == HURRIED_START_DEPTH
    pipeline.received(80, 100 * BLOCK_LENGTH, 1.0)
    assert pipeline.depth(1.0, hurried=True) == START_DEPTH + 100
    assert pipeline.depth(1.9, hurried=True) == START_DEPTH + 100
    now = stream(RequestPipeline(LIMITS), 10.0, 8, per_second=40)
    pipeline = RequestPipeline(LIMITS)
    stream(pipeline, 10.0, 8, per_second=40)
    assert 36 <= pipeline.depth(now, hurried=True) <= 44


def test_silence_counts_while_blocks_are_owed():
    pipeline = RequestPipeline(LIMITS)
    assert pipeline.silent_seconds(5.0) == 0.0
    pipeline.requested(5.0)
    assert pipeline.silent_seconds(7.5) == 2.5
    pipeline.received(1, BLOCK_LENGTH, 8.0)
    assert pipeline.silent_seconds(8.5) == 0.5
    pipeline.idle()
    assert pipeline.silent_seconds(9.0) == 0.0


@pytest.mark.parametrize(("most", "said", "depth"), [(7, 1000, 7), (7, 3, 3), (5000, 4000, 4000)])
def test_the_most_that_a_peer_may_be_asked_for_can_be_given(most, said, depth):
    pipeline = RequestPipeline(PeerLimits(requests_out_max=most, requests_out_default=2))
    pipeline.set_peer_limit(said)
    assert pipeline._limit == depth


def test_what_there_is_to_ask_for_bounds_the_depth():
    pipeline = RequestPipeline(LIMITS)
    pipeline.received(100, 100 * BLOCK_LENGTH, 1.0)
    assert pipeline.depth(1.0, ahead=0.5) == 50
    assert pipeline.depth(1.0, ahead=0.5, least=70) == 70
    assert pipeline.depth(1.0, ahead=0.001) == START_DEPTH
    assert pipeline.depth(1.0, ahead=LIMITS.request_queue_seconds) == START_DEPTH + 100
    now = stream(pipeline, 2.0, 8, per_second=40)
    assert 18 <= pipeline.depth(now, ahead=0.5) <= 22


def test_it_never_makes_the_depth_larger():
    pipeline = RequestPipeline(LIMITS)
    assert pipeline.depth(0.0, ahead=0.5, least=70) == START_DEPTH
    pipeline.set_peer_limit(3)
    assert pipeline.depth(0.0, ahead=0.5, least=70) == 3


@pytest.mark.parametrize("pieces", [FEW_PIECES - 1, FEW_PIECES])
def test_who_is_new_may_be_asked_for_more_but_not_for_more_than_it_takes(pieces):
    pipeline = RequestPipeline(LIMITS)
    assert pipeline.depth(0.0, piece_count=pieces, start=40) == 40
    assert pipeline.depth(0.0, piece_count=pieces, start=1) == START_DEPTH
    pipeline.received(10, 10 * BLOCK_LENGTH, 1.0)
    assert pipeline.depth(1.0, ahead=0.1, start=40) == 40
    pipeline.set_peer_limit(7)
    assert pipeline.depth(1.0, piece_count=pieces, start=40) == 7
    pipeline.snub()
    assert pipeline.depth(1.0, piece_count=pieces, start=40) == 1


@pytest.mark.parametrize(("pieces", "blocks"), [(FEW_PIECES - 1, 4), (FEW_PIECES, 10)])
def test_of_few_pieces_slow_start_stays_at_what_the_peer_brings_in_time(pieces, blocks):
    pipeline = RequestPipeline(LIMITS)
    pipeline.received(6, 6 * BLOCK_LENGTH, 0.0)
    assert pipeline.depth(4.0, piece_count=pieces) == blocks


def test_of_few_pieces_slow_start_goes_on_while_they_come_fast():
    pipeline = RequestPipeline(LIMITS)
    for tick in range(8):
        pipeline.received(2**tick, 2**tick * BLOCK_LENGTH, tick / 100)
    assert pipeline.depth(0.08, piece_count=FEW_PIECES - 1) > 200
