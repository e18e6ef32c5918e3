import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.base.endpoint import Endpoint
from raincore.policy.candidates import EXHAUSTED_FAILS, Candidates
from raincore.policy.own_addresses import OwnAddresses
from raincore.policy.peer_priority import priority
from raincore.policy.refusals import REFUSED_MAX


def at(number: int, port: int = 6881) -> Endpoint:
    return Endpoint(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}", port)


def candidates(max_count: int = 3000) -> Candidates:
    return Candidates(random.Random(1), max_count)


def known(source: str, *numbers: int) -> Candidates:
    new = candidates()
    new.add(source, [at(number) for number in numbers])
    return new


def dial(candidates: Candidates, now: float) -> Endpoint | None:
    endpoint = candidates.next(now)
    if endpoint is not None:
        candidates.connecting(endpoint, now)
    return endpoint


def fail(candidates: Candidates, endpoint: Endpoint, now: float, times: int) -> float:
    """Dial and fail, as soon as due; return the last time."""
    for _ in range(times):
        now = candidates.next_time(now)
        assert dial(candidates, now) == endpoint
        candidates.failed(endpoint, now)
    return now


# -- order ---------------------------------------------------------------------------------


def test_nobody_is_known_at_first():
    new = candidates()
    assert new.next(0.0) is None
    assert new.next_time(0.0) == math.inf
    assert len(new) == 0


def test_asking_for_the_next_changes_nothing():
    new = known("pex", 1)
    assert new.next(0.0) == new.next(0.0) == at(1)
    assert new.next_time(0.0) == 0.0


def test_better_sources_come_first():
    new = candidates()
    for number, source in enumerate(["incoming", "pex", "dht", "lsd", "tracker", "manual"]):
        new.add(source, [at(number)])
    assert [dial(new, 0.0) for _ in range(7)] == [at(n) for n in range(5, -1, -1)] + [None]


def test_who_failed_less_often_comes_before_a_better_source():
    new = known("manual", 1)
    fail(new, at(1), 0.0, 1)
    new.add("pex", [at(2)])
    assert dial(new, 10.0) == at(2)
    assert dial(new, 10.0) == at(1)


def test_who_was_tried_longest_ago_comes_first():
    new = known("tracker", 1, 2)
    first, second = dial(new, 0.0), dial(new, 1.0)
    new.failed(second, 5.0)
    new.failed(first, 6.0)
    assert dial(new, 100.0) == first


def test_equals_come_in_random_order():
    order = [
        [dial(new, 0.0) for _ in range(20)]
        for new in (Candidates(random.Random(seed)) for seed in (1, 1, 2))
        if new.add("pex", [at(number) for number in range(20)]) is None
    ]
    assert order[0] == order[1] != order[2]


def test_neighbours_come_before_a_better_source():
    new = candidates()
    new.add("manual", [Endpoint("80.1.2.3", 1)])
    new.add("pex", [at(1), Endpoint("127.0.0.1", 1)])
    assert {dial(new, 0.0), dial(new, 0.0)} == {at(1), Endpoint("127.0.0.1", 1)}


def test_the_canonical_priority_decides_as_soon_as_our_address_is_known():
    own = OwnAddresses(port=6881)
    new = Candidates(random.Random(1), own=own)
    far = [Endpoint(f"80.{n}.2.3", 6881) for n in range(20)]
    new.add("pex", far)
    new.next(0.0)
    for voter in "ab":
        own.told(voter, "20.1.2.3")
    new.rerank()
    ours = Endpoint("20.1.2.3", 6881)
    expected = sorted(far, key=lambda theirs: -priority(ours, theirs))
    assert [dial(new, 0.0) for _ in far] == expected


def test_a_torrent_that_is_complete_does_not_dial_seeds():
    new = candidates()
    new.add("pex", [at(1), at(2), at(3)], seeds={at(1), at(2)})
    dial_first = new.next(0.0)
    new.complete()
    assert dial_first is not None
    assert [dial(new, 0.0), dial(new, 0.0)] == [at(3), None]
    new.add("tracker", [at(1)])
    new.is_seed(at(9))
    assert new.next(0.0) is None
    assert len(new) == 3


def test_seeds_are_dialled_again_when_something_was_lost():
    new = candidates()
    new.add("pex", [at(1)], seeds={at(1)})
    new.complete()
    assert dial(new, 0.0) is None
    new.complete(now=False)
    assert dial(new, 0.0) == at(1)


def test_a_seed_that_we_met_is_not_dialled_again_when_we_are_one():
    new = known("tracker", 1, 2)
    new.complete()
    new.is_seed(at(1))
    new.add("pex", [at(2)], seeds={at(2)})
    assert new.next_time(0.0) == math.inf
    new = known("tracker", 1)
    new.connecting(at(1), 0.0)
    new.connected(at(1), 0.0)
    new.is_seed(at(1))
    new.complete()
    new.disconnected(at(1), 100.0)
    assert new.next_time(100.0) == math.inf


def test_an_unknown_source_is_our_bug():
    with pytest.raises(ValueError, match="rumour"):
        candidates().add("rumour", [at(1)])


# -- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", [at(1, port=0), Endpoint("0.0.0.0", 1), Endpoint("ff15::1", 1)], ids=str
)
def test_nobody_is_dialled_who_cannot_be(endpoint):
    new = candidates()
    new.add("manual", [endpoint])
    assert len(new) == 0


def test_we_are_never_dialled():
    own = OwnAddresses(["10.0.0.1"], 6881)
    new = Candidates(random.Random(1), own=own)
    world = Endpoint("80.1.2.3", 6881)
    new.add("tracker", [at(1), world, Endpoint("10.0.0.1", 6881)])
    for voter in "ab":
        own.told(voter, world.host)
    new.rerank()
    new.add("manual", [world])
    assert len(new) == 0


def test_what_only_some_sources_named_can_be_forgotten():
    new = candidates()
    for source, number in (("manual", 1), ("tracker", 2), ("pex", 3), ("dht", 4), ("pex", 5)):
        new.add(source, [at(number)])
    new.add("tracker", [at(5)])
    new.connecting(at(4), 0.0)
    assert new.forget(["pex", "dht"]) == {at(3), at(4)}
    assert [new.knows(at(number)) for number in range(1, 6)] == [True, True, False, False, True]
    new.failed(at(4), 1.0)
    assert {dial(new, 99.0) for _ in range(4)} == {at(1), at(2), at(5), None}


def test_the_banned_and_our_own_addresses_are_forgotten_and_never_learned_again():
    new = known("tracker", 1, 2, 3)
    new.ban(at(1))
    new.ours(at(2))
    new.add("manual", [at(1), at(2)])
    assert [dial(new, 0.0), dial(new, 0.0)] == [at(3), None]


def test_a_ban_spares_other_ports_of_the_host():
    new = candidates()
    new.ban(at(1, port=1))
    new.add("pex", [at(1, port=1), at(1, port=2)])
    assert [dial(new, 0.0), dial(new, 0.0)] == [at(1, port=2), None]


def test_the_list_of_the_banned_is_bounded():
    new = candidates()
    for number in range(REFUSED_MAX + 1):
        new.ban(at(number))
    new.add("pex", [at(0), at(REFUSED_MAX)])
    assert [dial(new, 0.0), dial(new, 0.0)] == [at(0), None]


def test_who_is_dialled_or_connected_is_not_offered_again():
    new = known("tracker", 1)
    new.connecting(at(1), 0.0)
    new.add("manual", [at(1)])
    assert new.next(1000.0) is None
    new.connected(at(1), 1.0)
    assert new.next(1000.0) is None
    assert new.next_time(1000.0) == math.inf


def test_idle_addresses_are_counted_by_where_they_are_from():
    new = known("tracker", 1, 2, 3)
    new.add("dht", [at(4)])
    new.connecting(at(1), 0.0)
    idle = new.idle()
    assert (idle["tracker"], idle["dht"], idle["pex"]) == (2, 1, 0)
    assert sum(idle.values()) == 3


def test_addresses_that_dialled_us_are_none_of_our_business():
    new = candidates()
    new.connecting(at(1), 0.0)
    new.connected(at(1), 0.0)
    new.disconnected(at(1), 0.0)
    new.failed(at(1), 0.0)
    assert len(new) == 0


# -- back-off ------------------------------------------------------------------------------


def test_strangers_wait_a_minute_per_failure_and_are_dropped_after_three():
    new = known("tracker", 1)
    dial(new, 0.0)
    new.failed(at(1), 0.0)
    assert new.next(59.0) is None
    assert new.next_time(59.0) == 60.0
    fail(new, at(1), 60.0, 1)
    assert new.next_time(60.0) == 180.0
    fail(new, at(1), 180.0, 1)
    assert new.next_time(180.0) == math.inf
    assert len(new) == 0


def test_the_users_own_peers_are_retried_quickly_and_for_ever():
    new = known("manual", 1)
    now, waits = 0.0, []
    for _ in range(9):
        dial(new, now)
        new.failed(at(1), now)
        waits.append(new.next_time(now) - now)
        now = new.next_time(now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_lasting_connection_clears_the_record():
    new = known("tracker", 1)
    fail(new, at(1), 0.0, 2)
    dial(new, 180.0)
    new.connected(at(1), 180.0)
    new.disconnected(at(1), 300.0)
    assert new.next_time(300.0) == 360.0
    fail(new, at(1), 360.0, 2)
    assert len(new) == 1


def test_a_useful_connection_clears_the_record_however_short():
    new = known("manual", 1)
    fail(new, at(1), 0.0, 4)
    now = new.next_time(0.0)
    dial(new, now)
    new.connected(at(1), now)
    new.disconnected(at(1), now + 0.5, useful=True)
    assert new.next_time(now + 0.5) == now + 1.5


def test_a_short_and_useless_connection_counts_as_a_failure():
    new = known("tracker", 1)
    now = 0.0
    for _ in range(3):
        now = new.next_time(now)
        dial(new, now)
        new.connected(at(1), now)
        new.disconnected(at(1), now + 1.0)
    assert len(new) == 0


# -- when to despair -------------------------------------------------------------------------


def test_there_is_hope_while_somebody_is_untried_being_dialled_or_connected():
    new = known("tracker", 1)
    assert not new.exhausted(0.0)
    dial(new, 0.0)
    assert not new.exhausted(0.0)
    new.connected(at(1), 0.0)
    assert not new.exhausted(0.0)
    new.disconnected(at(1), 0.0)
    assert new.exhausted(1.0)
    assert not new.exhausted(60.0)


def test_there_is_hope_until_the_users_own_peers_failed_five_times():
    new = known("manual", 1)
    fail(new, at(1), 0.0, EXHAUSTED_FAILS - 1)
    assert not new.exhausted(0.0)
    fail(new, at(1), 0.0, 1)
    assert new.exhausted(0.0)


def test_knowing_nobody_is_no_hope():
    assert candidates().exhausted(0.0)


# -- bounds ----------------------------------------------------------------------------------


def test_a_known_address_gains_by_a_better_source_only():
    new = known("pex", 1, 2)
    new.add("tracker", [at(1)])
    new.add("pex", [at(1)])
    assert len(new) == 2
    assert dial(new, 0.0) == at(1)


def test_the_best_are_kept_when_there_are_too_many():
    new = candidates(max_count=4)
    new.add("pex", [at(number) for number in range(10, 14)])
    new.add("manual", [at(1)])
    new.add("tracker", [at(2), at(3)])
    assert len(new) == 4
    assert [dial(new, 0.0) for _ in range(4)][:3].count(at(1)) == 1
    assert new.next(0.0) is None


def test_addresses_in_use_survive_a_flood():
    new = candidates(max_count=2)
    new.add("pex", [at(1)])
    dial(new, 0.0)
    for flood in range(50):
        new.add("tracker", [at(100 + 2 * flood), at(101 + 2 * flood)])
    assert len(new) == 2
    new.failed(at(1), 0.0)
    assert {dial(new, 60.0), dial(new, 60.0)} >= {at(1)}


def test_one_announcement_cannot_flood_us():
    new = candidates(max_count=10)
    new.add("dht", (at(number) for number in range(1 << 40)))
    assert len(new) == 10


def test_stale_entries_do_not_pile_up():
    new = candidates(max_count=5)
    for turn in range(300):
        new.add("pex", [at(5 * turn + n) for n in range(5)])
        for n in range(5):
            new.next(0.0)
            new.ban(at(5 * turn + n))
    assert len(new._queue._waiting) <= 20
    assert len(new._queue._ready) <= 20


def test_stale_entries_that_wait_are_passed_over():
    new = known("tracker", 1, 2)
    first, second = dial(new, 0.0), dial(new, 0.0)
    new.failed(first, 0.0)
    new.failed(second, 5.0)
    new.ban(first)
    assert new.next_time(10.0) == 65.0
    assert new.next(60.0) is None


def test_an_upgrade_while_waiting_keeps_the_time_and_voids_the_old_entry():
    new = known("pex", 1)
    dial(new, 0.0)
    new.failed(at(1), 0.0)
    new.add("manual", [at(1)])
    assert new.next_time(0.0) == 60.0
    assert dial(new, 60.0) == at(1)
    assert new.next(60.0) is None


@settings(max_examples=60, derandomize=True)
@given(st.randoms(use_true_random=False), st.integers(0, 120))
def test_any_history_offers_only_idle_known_and_due_addresses(rng, steps):
    new = Candidates(rng, max_count=8)
    busy: set[Endpoint] = set()
    banned: set[Endpoint] = set()
    now = 0.0
    for _ in range(steps):
        now += rng.choice([0.0, 0.5, 30.0])
        endpoint = at(rng.randrange(12))
        match rng.randrange(6):
            case 0 | 1:
                source = rng.choice(["manual", "tracker", "pex"])
                new.add(source, [at(rng.randrange(12)) for _ in range(3)])
            case 2 if endpoint not in busy:
                new.ban(endpoint)
                banned.add(endpoint)
            case 3 if busy:
                left = rng.choice(sorted(busy))
                busy.discard(left)
                new.failed(left, now)
            case 4 if busy:
                left = rng.choice(sorted(busy))
                busy.discard(left)
                new.connected(left, now)
                new.disconnected(left, now, useful=rng.random() < 0.5)
            case _:
                found = dial(new, now)
                if found is not None:
                    assert found not in busy | banned
                    busy.add(found)
        assert len(new) <= 8
        due = new.next_time(now)
        assert (due == now) == (new.next(now) is not None)
        assert not (new.exhausted(now) and busy & set(new._known))
        assert due >= now


# --- blocked ------------------------------------------------------------------------------


def test_blocked_addresses_are_counted_once_and_never_dialled() -> None:
    new = Candidates(random.Random(1), blocks=lambda endpoint: endpoint == at(1))
    for source in ("tracker", "manual"):
        new.add(source, [at(1), at(2)])
    assert new.refusals.news() == "1 address blocked by the blocklist"
    assert dial(new, 0.0) == at(2)
    assert new.next(0.0) is None
