"""A torrent that crashes is started again, and not for ever."""

from raincore.session.crashes import MEMORY_SECONDS, MOST, Crashes


def test_a_few_crashes_are_forgiven():
    crashes = Crashes()
    assert [crashes.is_worth_another(1) for _ in range(MOST)] == [True] * (MOST - 1) + [False]


def test_a_crash_a_day_is_never_too_many():
    crashes = Crashes()
    assert all(crashes.is_worth_another(MEMORY_SECONDS + 1) for _ in range(100))


def test_whoever_starts_it_again_begins_anew():
    crashes = Crashes()
    while crashes.is_worth_another(1):
        pass
    crashes.forget()
    assert crashes.is_worth_another(1)
