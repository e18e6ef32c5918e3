import random

import pytest

from raincore.base.config import TrackerLimits
from raincore.policy.announce_schedule import AnnounceSchedule
from raincore.swarm import tracker_state
from raincore.swarm.tracker_state import MAX_WARNINGS, TrackerState


def tracker(url: str, said: str = "") -> TrackerState:
    made = TrackerState(url, AnnounceSchedule(random.Random(1), complete=False))
    made.said = said
    return made


def test_a_tracker_is_named_without_the_key_of_its_user() -> None:
    assert tracker("http://me:word@t.example:80/secret?key=1").place == "t.example:80"


def test_a_warning_is_told_once_and_their_number_is_bounded() -> None:
    chatty = tracker("http://t.example/")
    told = [text for number in range(100) if chatty.is_news(text := f"warning {number // 2}")]
    assert told == [f"warning {number}" for number in range(MAX_WARNINGS)]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("", ""),
        ("a", "timeout (a.example)"),
        ("ab", "timeout (a.example); host not found (b.example:1)"),
        ("aab", "timeout (a.example, a.example); host not found (b.example:1)"),
        ("aaaaa", "timeout (a.example, a.example, a.example, 2 more)"),
        ("abcd", "timeout (a.example); host not found (b.example:1); c (c.example); 1 more"),
    ],
)
def test_what_trackers_have_said_is_told_in_a_line(said: str, text: str) -> None:
    known = {
        "a": tracker("http://a.example/key", "timeout"),
        "b": tracker("udp://b.example:1/key", "host not found: b.example"),
        "c": tracker("http://c.example", "c"),
        "d": tracker("http://d.example", "d"),
    }
    assert tracker_state.summary([known[name] for name in said]) == text


def test_of_the_trackers_that_wait_those_of_the_torrent_are_known() -> None:
    times = {"http://a/": 5.0, "http://gone/": 1.0}
    found = tracker_state.told_lately(times, ["http://a/"], TrackerLimits(), random.Random(1))
    assert [(url, one.schedule.next_time) for url, one in found.items()] == [("http://a/", 5.0)]
