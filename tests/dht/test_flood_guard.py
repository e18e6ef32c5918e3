import math
from itertools import pairwise

from raincore.base.endpoint import Endpoint
from raincore.dht import flood_guard
from raincore.dht.flood_guard import BAN_SECONDS, FloodGuard
from tests.dht.places import public


def test_fifty_datagrams_in_ten_seconds_are_too_many() -> None:
    guard = FloodGuard(math.inf, 0.0)
    admitted = [guard.admits(public(1), n * 0.1) for n in range(60)]
    assert admitted == [True] * 49 + [False] * 11


def test_another_port_is_the_same_sender_but_another_address_is_not() -> None:
    guard = FloodGuard(math.inf, 0.0)
    for _ in range(60):
        guard.admits(public(1), 0.0)
    assert not guard.admits(public(1, port=9), 0.0)
    assert guard.admits(public(2), 0.0)


def test_a_ban_ends() -> None:
    guard = FloodGuard(math.inf, 0.0)
    for _ in range(60):
        guard.admits(public(1), 1.0)
    assert not guard.admits(public(1), BAN_SECONDS)
    assert guard.admits(public(1), 1.0 + BAN_SECONDS)


def test_five_a_second_are_not_too_many_for_ever() -> None:
    guard = FloodGuard(math.inf, 0.0)
    assert all(guard.admits(public(1), n * 0.25) for n in range(1000))


def test_answers_that_we_wanted_are_no_flood() -> None:
    guard = FloodGuard(math.inf, 0.0)
    for _ in range(200):
        assert guard.admits(public(1), 0.0)
        guard.forgive(public(1))
    guard.forgive(public(2))
    assert guard.admits(public(2), 0.0)


def test_nodes_on_one_machine_are_told_apart_by_port() -> None:
    guard = FloodGuard(math.inf, 0.0)
    nodes = [Endpoint("127.0.0.1", 1000 + n) for n in range(20)]
    assert all(guard.admits(node, 0.0) for _ in range(40) for node in nodes)


def test_many_senders_cost_bounded_memory(monkeypatch) -> None:
    monkeypatch.setattr(flood_guard, "MAX_SENDERS", 100)
    monkeypatch.setattr(flood_guard, "MAX_BANNED", 10)
    guard = FloodGuard(math.inf, 0.0)
    for n in range(500):
        guard.admits(public(n), 0.0)
    assert len(guard._counts) <= 100
    for n in range(50):
        for _ in range(50):
            guard.admits(public(n), 0.0)
    assert len(guard._banned) <= 10


def test_replies_together_stay_below_their_rate() -> None:
    guard = FloodGuard(1000.0, 0.0)
    sent = [n * 0.01 for n in range(6000) if guard.may_reply(100, n * 0.01)]
    assert 1000 * 60 - 200 <= 100 * len(sent) <= 1000 * (60 + flood_guard.BURST_SECONDS)
    assert all(a < b for a, b in pairwise(sent))


def test_a_reply_that_the_budget_does_not_cover_costs_nothing() -> None:
    guard = FloodGuard(100.0, 0.0)
    assert not guard.may_reply(201, 0.0)
    assert guard.may_reply(200, 0.0)


def test_no_rate_means_no_limit() -> None:
    guard = FloodGuard(math.inf, 0.0)
    assert all(guard.may_reply(10**9, 0.0) for _ in range(100))
