"""What time brings, what may pile up, and what a debt costs."""

import pytest

from raincore.base.token_bucket import (
    BURST_SECONDS,
    LONGEST_DEBT_SECONDS,
    SMALLEST_QUANTUM_BYTES,
    TokenBucket,
)

RATE = 1_000_000


def test_a_bucket_begins_full_and_holds_no_more_than_a_tenth_of_a_second():
    bucket = TokenBucket(RATE)
    bucket.refill(1000.0)
    assert bucket.tokens == RATE * BURST_SECONDS
    bucket.refill(5000.0)
    assert bucket.tokens == RATE * BURST_SECONDS


def test_tokens_come_in_at_the_rate():
    bucket = TokenBucket(RATE)
    bucket.refill(0.0)
    bucket.tokens = 0.0
    bucket.refill(0.03)
    assert bucket.tokens == pytest.approx(0.03 * RATE)


def test_even_the_lowest_rate_hands_out_something_worth_a_read():
    bucket = TokenBucket(1)
    assert bucket.quantum == SMALLEST_QUANTUM_BYTES
    bucket.refill(0.0)
    assert bucket.tokens == SMALLEST_QUANTUM_BYTES


def test_the_delay_is_until_a_quantum_is_there():
    bucket = TokenBucket(RATE)
    assert bucket.delay(10.0) == 0.0
    bucket.tokens = 0.0
    delay = bucket.delay(10.0)
    assert delay == pytest.approx(bucket.quantum / RATE, abs=1e-5)
    assert bucket.delay(10.0 + delay) == 0.0


def test_without_a_limit_nothing_is_waited_for_and_nothing_is_owed():
    bucket = TokenBucket()
    bucket.charge(10**9)
    assert bucket.delay(0.0) == 0.0
    assert bucket.tokens == 0.0


def test_a_new_rate_keeps_no_more_than_it_may_and_forgets_no_debt():
    bucket = TokenBucket(RATE)
    bucket.refill(0.0)
    bucket.set_rate(RATE // 10, 0.0)
    assert bucket.tokens == RATE // 10 * BURST_SECONDS
    bucket.tokens = -500.0
    bucket.set_rate(RATE, 0.0)
    assert bucket.tokens == -500.0


def test_a_limit_that_comes_later_does_not_count_what_was_before():
    bucket = TokenBucket()
    bucket.set_rate(RATE, 0.0)
    bucket.refill(77.0)
    assert bucket.tokens == RATE * BURST_SECONDS


def test_what_cannot_be_held_back_makes_a_debt_that_is_bounded():
    bucket = TokenBucket(RATE)
    bucket.refill(0.0)
    bucket.tokens = 0.0
    bucket.charge(1000)
    assert bucket.tokens == -1000
    bucket.charge(100 * RATE)
    assert bucket.tokens == -RATE * LONGEST_DEBT_SECONDS


def test_a_charge_forgives_no_debt_that_blocks_have_made():
    bucket = TokenBucket(RATE)
    bucket.tokens = -3.0 * RATE
    bucket.charge(1)
    assert bucket.tokens == -3.0 * RATE


def test_a_negative_rate_is_a_bug_of_the_caller():
    with pytest.raises(ValueError, match="rate is negative: -5"):
        TokenBucket(-5)
