import math
import random
from itertools import pairwise

import pytest

from raincore.base.ids import InfoHash
from raincore.net.lsd_pace import CROWD, EVERY_SECONDS, PAUSE_SECONDS, LsdPace
from raincore.wire.lsd import HASHES_MAX


def torrent(number: int) -> InfoHash:
    return InfoHash(number.to_bytes(20, "big"))


A, B = torrent(1), torrent(2)


def pace(*hashes: InfoHash) -> LsdPace:
    new = LsdPace(random.Random(1))
    for info_hash in hashes:
        new.add(info_hash, 0.0)
    return new


def run(pace: LsdPace, until: float) -> list[tuple[float, int]]:
    """(when, how many torrents) of all announces."""
    announces = []
    while (now := pace.next_time()) <= until:
        announces.append((now, len(pace.take(now))))
    return announces


def test_nothing_to_announce_needs_no_timer() -> None:
    assert pace().next_time() == math.inf
    assert pace().take(0.0) == ()


def test_a_torrent_is_announced_soon_and_then_every_five_minutes() -> None:
    times = [when for when, _ in run(pace(A), 1000)]
    assert 0.2 <= times[0] <= 1.0
    assert times[1:] == [pytest.approx(times[0] + n * EVERY_SECONDS) for n in (1, 2, 3)]


def test_torrents_that_start_together_are_announced_together() -> None:
    assert [count for _, count in run(pace(*map(torrent, range(5))), 299)] == [5]


def test_announces_are_a_minute_apart_whatever_is_in_them() -> None:
    times = run(pace(*map(torrent, range(300))), 3600)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(times)]
    assert min(gaps) >= PAUSE_SECONDS - 1e-6
    assert max(count for _, count in times) == HASHES_MAX
    assert sum(count for _, count in times) >= 58 * HASHES_MAX


def test_everybody_has_a_turn_when_there_are_too_many() -> None:
    new = pace(*map(torrent, range(200)))
    seen: set[InfoHash] = set()
    for _ in range(10):
        seen |= set(new.take(new.next_time()))
    assert len(seen) == 200


def test_a_torrent_that_is_added_later_waits_for_the_minute_to_pass() -> None:
    new = pace(A)
    first = new.next_time()
    new.take(first)
    new.add(B, first + 1)
    new.add(B, first + 2)
    assert new.next_time() == first + PAUSE_SECONDS
    assert new.take(first + 2) == ()
    assert new.take(first + PAUSE_SECONDS) == (B,)


def test_a_torrent_that_ended_is_not_announced() -> None:
    new = pace(A)
    new.remove(A)
    new.remove(A)
    assert new.next_time() == math.inf


def test_a_newcomer_is_answered_within_seconds() -> None:
    new = pace(A)
    new.take(1.0)
    new.heard(A, 100.0)
    new.heard(B, 100.0)
    assert 101.0 <= new.next_time() <= 110.0


def test_who_heard_us_within_the_minute_is_not_answered() -> None:
    new = pace(A)
    new.take(1.0)
    new.heard(A, 30.0)
    assert new.next_time() == 1.0 + EVERY_SECONDS


def test_where_enough_others_speak_nobody_else_answers() -> None:
    new = pace(A)
    new.take(1.0)
    for neighbour in range(CROWD - 1):
        new.heard(A, 50.0 + neighbour)
    new.heard(A, 100.0)
    assert new.next_time() == 1.0 + EVERY_SECONDS
    new.heard(A, 200.0)
    assert new.next_time() <= 210.0
