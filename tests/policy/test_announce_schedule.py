import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raincore.policy.announce_schedule import AnnounceSchedule


def schedule(*, complete: bool = False, seed: int = 1) -> AnnounceSchedule:
    return AnnounceSchedule(random.Random(seed), complete=complete)


def started(now: float = 0.0, **settings: bool) -> AnnounceSchedule:
    made = schedule(**settings)
    assert made.begin(now) == "started"
    made.succeeded(1800.0, None, now)
    return made


def test_the_first_announce_is_due_at_once() -> None:
    assert schedule().next_time <= 0.0


def test_nothing_is_due_while_an_announce_is_under_way() -> None:
    made = schedule()
    made.begin(0.0)
    assert made.next_time == math.inf


def test_regular_announces_follow_the_interval_of_the_tracker() -> None:
    made = started()
    assert 1800.0 <= made.next_time <= 1980.0
    assert made.begin(1900.0) == "regular"


@pytest.mark.parametrize(
    ("interval", "min_interval", "least"),
    [(None, None, 1800.0), (1.0, None, 60.0), (100.0, 500.0, 500.0), (3600.0, 10.0, 3600.0)],
)
def test_intervals_have_floors(
    interval: float | None, min_interval: float | None, least: float
) -> None:
    made = schedule()
    made.begin(0.0)
    made.succeeded(interval, min_interval, 0.0)
    assert least <= made.next_time <= 1.1 * least


def test_a_failed_event_is_said_again() -> None:
    made = schedule()
    made.begin(0.0)
    made.failed(None, 0.0)
    assert made.begin(20.0) == "started"
    made.succeeded(None, None, 20.0)
    made.completed(21.0)
    assert made.begin(21.0) == "completed"
    made.failed(None, 21.0)
    assert made.begin(50.0) == "completed"
    made.succeeded(None, None, 50.0)
    assert made.begin(2500.0) == "regular"


def test_failures_are_repeated_at_growing_distances_up_to_an_hour() -> None:
    made, now, gaps = schedule(), 0.0, []
    for _ in range(25):
        made.begin(now)
        made.failed(None, now)
        gaps.append(made.next_time - now)
        now = made.next_time
    assert 17.5 <= gaps[0] <= 19.3
    assert 55.0 <= gaps[1] <= 60.5
    assert 3600.0 <= gaps[-1] <= 3960.0


def test_success_forgets_failures() -> None:
    made = schedule()
    for now in (0.0, 100.0, 300.0):
        made.begin(now)
        made.failed(None, now)
    made.begin(1000.0)
    made.succeeded(None, None, 1000.0)
    made.begin(5000.0)
    made.failed(None, 5000.0)
    assert 17.5 <= made.next_time - 5000.0 <= 19.3


def test_a_tracker_may_ask_us_to_stay_away() -> None:
    made = schedule()
    made.begin(0.0)
    made.failed(600.0, 0.0)
    assert made.next_time >= 600.0
    made.begin(700.0)
    made.failed(math.inf, 700.0)
    assert made.next_time == math.inf


def test_completed_is_said_at_once_and_only_once() -> None:
    made = started()
    made.completed(10.0)
    assert made.next_time == 10.0
    assert made.begin(10.0) == "completed"
    made.succeeded(1800.0, None, 10.0)
    made.completed(11.0)
    assert made.next_time > 1000.0


def test_who_was_complete_from_the_start_never_says_completed() -> None:
    made = started(complete=True)
    made.completed(10.0)
    assert made.begin(1900.0) == "regular"


def test_who_completes_before_the_tracker_heard_of_it_never_says_completed() -> None:
    made = schedule()
    made.completed(0.0)
    assert made.begin(0.0) == "started"
    made.succeeded(None, None, 0.0)
    assert made.begin(2000.0) == "regular"


def test_completion_during_started_is_said_right_after() -> None:
    made = schedule()
    made.begin(0.0)
    made.completed(1.0)
    made.succeeded(None, None, 2.0)
    assert made.next_time == 2.0
    assert made.begin(2.0) == "completed"


def test_need_of_peers_brings_the_next_announce_forward_as_far_as_the_tracker_allows() -> None:
    made = schedule()
    made.begin(0.0)
    made.succeeded(1800.0, 300.0, 1.0)
    made.hurry(5.0)
    due = made.next_time
    assert 300.0 <= due <= 330.0
    made.hurry(6.0)
    made.hurry(400.0)
    assert made.next_time == due


def test_need_of_peers_is_heard_at_once_when_the_last_announce_is_long_ago() -> None:
    made = started()
    made.hurry(1000.0)
    assert made.next_time == 1000.0


def gaps_of_the_starving(made: AnnounceSchedule, count: int) -> list[float]:
    gaps, now = [], 0.0
    for _ in range(count):
        made.hurry(now)
        gaps.append(made.next_time - now)
        now = made.next_time
        made.begin(now)
        made.succeeded(1800.0, None, now)
    return gaps


def test_need_of_peers_that_lasts_is_told_ever_more_rarely() -> None:
    made = started()
    gaps = gaps_of_the_starving(made, 60)
    assert gaps[0] < 70
    assert all(60 * n <= gap <= 66 * n for n, gap in enumerate(gaps[:25], 1))
    assert all(1800 <= gap <= 1980 for gap in gaps[40:])


def test_need_of_peers_that_has_passed_is_forgotten_in_time() -> None:
    made = started()
    gaps_of_the_starving(made, 5)
    for now in range(10_000, 60_000, 10_000):
        made.begin(now)
        made.succeeded(1800.0, None, now)
    made.hurry(50_000)
    assert made.next_time <= 50_066


def test_need_of_peers_does_not_shorten_a_back_off() -> None:
    made = started()
    made.begin(100.0)
    made.failed(None, 100.0)
    due = made.next_time
    made.hurry(101.0)
    assert made.next_time == due


def test_stopped_is_for_trackers_that_know_us() -> None:
    unknown = schedule()
    assert unknown.stop() == ()
    failed = schedule()
    failed.begin(0.0)
    failed.failed(None, 0.0)
    assert failed.stop() == ()
    in_doubt = schedule()
    in_doubt.begin(0.0)
    assert in_doubt.stop() == ("stopped",)
    known = started()
    assert known.stop() == ("stopped",)
    assert known.next_time == math.inf


STEPS = st.lists(st.sampled_from(["answer", "fail", "complete", "hurry"]), max_size=60)


@given(STEPS, st.integers(0, 9))
def test_events_are_said_once_and_announces_keep_their_distance(
    steps: list[str], seed: int
) -> None:
    made, now, dice = schedule(seed=seed), 0.0, random.Random(seed)
    heard: list[str] = []
    previous = -math.inf
    for step in steps:
        now += dice.uniform(0.0, 30.0)
        if step == "complete":
            made.completed(now)
        elif step == "hurry":
            made.hurry(now)
        elif made.next_time <= now:
            reason = made.begin(now)
            assert reason in ("started", "completed") or now - previous >= 60.0
            if step == "answer":
                made.succeeded(dice.choice([None, 1.0, 900.0]), None, now)
                heard.append(reason)
                previous = now
            else:
                made.failed(None, now)
                assert made.next_time - now >= 17.5
        else:
            now = min(made.next_time, now + 4000.0)
    assert heard.count("started") <= 1
    assert heard.count("completed") <= 1
    assert not heard or heard[0] == "started"


def test_what_a_tracker_was_not_told_yet_comes_before_the_goodbye() -> None:
    owing = started()
    owing.completed(10.0)
    assert owing.stop() == ("completed", "stopped")


def test_what_is_being_told_is_not_told_again_at_the_end() -> None:
    telling = started()
    telling.completed(10.0)
    assert telling.owes_completed
    assert telling.begin(10.0) == "completed"
    assert telling.under_way
    assert not telling.owes_completed
    assert telling.stop() == ("stopped",)


def test_a_floor_of_ones_own_is_under_what_a_tracker_says() -> None:
    made = AnnounceSchedule(random.Random(1), complete=False, least=300.0)
    made.begin(0.0)
    made.succeeded(60.0, 10.0, 0.0)
    assert 300 <= made.next_time <= 330
