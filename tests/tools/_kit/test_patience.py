import math

from raintools._kit import patience


def test_what_is_not_said_never_comes_but_a_disk_is_waited_for_a_while() -> None:
    limits = patience.limits(
        stall_seconds=None, seed_seconds=None, seed_ratio=None, waits_for_peers=False
    )
    assert (limits.stall_seconds, limits.seed_seconds, limits.seed_ratio) == (math.inf,) * 3
    assert limits.disk_seconds == patience.DISK_SECONDS


def test_who_says_how_patient_it_is_means_the_disk_too() -> None:
    limits = patience.limits(
        stall_seconds=7.0, seed_seconds=0.0, seed_ratio=1.5, waits_for_peers=True
    )
    assert (limits.stall_seconds, limits.disk_seconds, limits.seed_seconds) == (7.0, 7.0, 0.0)
    assert (limits.seed_ratio, limits.waits_for_peers) == (1.5, True)
