from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.policy.rates import Rate


def test_a_new_rate_is_zero():
    assert Rate().per_second(17.0) == 0.0


def test_a_steady_stream_reads_its_own_speed():
    rate = Rate()
    for tick in range(1, 101):
        rate.add(100, tick / 10)
    assert abs(rate.per_second(10.0) - 1000) < 50


def test_the_first_sample_is_not_mistaken_for_a_second_full_of_them():
    rate = Rate()
    rate.add(16384, 5.001)
    assert rate.per_second(5.002) == 16384


def test_samples_in_the_first_second_of_the_clock_count():
    rate = Rate()
    rate.add(500, 0.25)
    assert rate.per_second(0.5) == 500


def test_a_short_history_is_averaged_over_its_own_length():
    rate = Rate()
    rate.add(1000, 10.0)
    rate.add(1000, 11.5)
    assert rate.per_second(12.0) == 1000


def test_the_history_begins_with_the_first_sample_not_with_the_first_look():
    rate = Rate()
    rate.per_second(10.0)
    rate.add(1000, 13.0)
    assert rate.per_second(14.0) == 1000


def test_what_left_the_window_no_longer_counts():
    rate = Rate(window_seconds=3)
    rate.add(9000, 1.0)
    rate.add(30, 3.0)
    assert rate.per_second(4.0) == 30 / 2


def test_silence_longer_than_the_window_reads_exactly_zero():
    rate = Rate()
    rate.add(1 << 30, 1.0)
    assert rate.per_second(7.0) == 0.0
    rate.add(100, 7.0)
    assert rate.per_second(8.0) == 25.0


def test_the_total_never_forgets():
    rate = Rate()
    rate.add(1, 1.0)
    rate.add(2, 100.0)
    assert rate.total == 3


@settings(derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 4), st.integers(0, 1 << 20)), max_size=40))
def test_any_history_reads_as_the_bytes_of_the_window_over_its_length(steps):
    rate = Rate()
    now = 0.0
    samples = []
    for wait, byte_count in steps:
        now += wait
        rate.add(byte_count, now)
        samples.append((now, byte_count))
    recent = sum(count for at, count in samples if int(at) > int(now) - 5)
    first = int(samples[0][0]) if samples else 0
    length = max(now - max(first, int(now) - 4), 1.0)
    assert rate.per_second(now) == recent / length
