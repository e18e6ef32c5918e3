"""A host gets a burst, then so many announces a second; hosts do not wait for each other."""

from raincore.policy import announce_pace
from raincore.policy.announce_pace import AnnouncePace


def test_a_burst_goes_at_once_and_the_rest_in_their_turn():
    pace = AnnouncePace(2.0, burst=3)
    assert [pace.reserve("a", 10.0) for _ in range(6)] == [10.0, 10.0, 10.0, 10.5, 11.0, 11.5]
    assert pace.reserve("b", 10.0) == 10.0


def test_time_that_passes_makes_room_for_another_burst():
    pace = AnnouncePace(2.0, burst=2)
    for _ in range(4):
        pace.reserve("a", 10.0)
    assert [pace.reserve("a", 20.0) for _ in range(3)] == [20.0, 20.0, 20.5]


def test_without_a_limit_nobody_waits():
    pace = AnnouncePace(0.0)
    assert {pace.reserve("a", 10.0) for _ in range(100)} == {10.0}


def test_hosts_whose_turn_is_over_are_forgotten(monkeypatch):
    monkeypatch.setattr(announce_pace, "HOSTS_MAX", 5)
    pace = AnnouncePace(1.0, burst=1)
    for number in range(100):
        pace.reserve(str(number), float(number * 2))
    assert len(pace._free) <= 6


def test_looking_for_a_moment_takes_none():
    pace = AnnouncePace(2.0, burst=1)
    assert [pace.when("a", 10.0) for _ in range(3)] == [10.0] * 3
    pace.reserve("a", 10.0)
    assert [pace.when("a", 10.0), pace.when("a", 10.4), pace.when("a", 11.0)] == [10.5, 10.5, 11.0]


def test_who_is_patient_leaves_the_burst_to_others():
    pace = AnnouncePace(2.0, burst=20)
    for _ in range(3):
        assert pace.when("a", 100.0, patient=True) == 100.0
        pace.reserve("a", 100.0)
    assert pace.when("a", 100.0, patient=True) == 100.5
    assert [pace.reserve("a", 100.0) for _ in range(18)] == [100.0] * 17 + [100.5]
