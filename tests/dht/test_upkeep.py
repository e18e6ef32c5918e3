import math
import random

import pytest

from raincore.dht.events import Joined
from raincore.dht.routing_table import RoutingTable
from raincore.dht.upkeep import (
    FIRST_RETRY_SECONDS,
    FIRST_SELF_LOOKUP_SECONDS,
    SELF_LOOKUP_SECONDS,
    TICK_SECONDS,
    Upkeep,
)
from raincore.wire.krpc_messages import FindNode, Ping, Want
from tests.dht.desk import NOW, Desk
from tests.dht.places import OWN, node, public


class Play:
    """A node's upkeep, its table and its desk."""

    def __init__(self, seed: int) -> None:
        self.desk = Desk()
        self.table = RoutingTable(OWN, now=NOW)
        self.upkeep = Upkeep(self.desk, random.Random(seed))

    def know(self, count: int, now: float = NOW) -> None:
        for number in range(count):
            self.table.answered(node("80", number), 0.1, now)

    def start(self, count: int = 0) -> None:
        nodes = [node("80", number) for number in range(count)]
        self.upkeep.start(nodes, [public(90)], self.table, NOW)

    def end_searches(self, now: float = NOW) -> None:
        """Nobody answers, until all searches have ended."""
        while taken := self.desk.take():
            for asked in taken:
                asked.listener.on_silence(asked, now)
        for search in self.desk.over:
            self.upkeep.ended(search, self.table, now)
        self.desk.over = []

    def tick(self, now: float) -> None:
        self.upkeep.handle_timer(self.table, now)


@pytest.fixture
def play(seed: int) -> Play:
    return Play(seed)


def test_nothing_happens_before_the_start(play: Play) -> None:
    assert play.upkeep.next_timer == math.inf


def test_it_begins_by_looking_for_ourselves(play: Play) -> None:
    play.start(3)
    asked = play.desk.take()
    assert {one.endpoint for one in asked} == {public(0), public(1), public(2), public(90)}
    assert {one.question for one in asked} == {FindNode(OWN)}


def test_a_node_with_a_companion_wants_both_families(play: Play) -> None:
    play.upkeep.want = Want(ipv4=True, ipv6=True)
    play.start(1)
    assert play.desk.take()[0].question == FindNode(OWN, Want(ipv4=True, ipv6=True))


def test_enough_known_nodes_need_no_bootstrap(play: Play) -> None:
    play.know(8)
    play.start()
    assert public(90) not in {one.endpoint for one in play.desk.take()}


def pauses(play: Play, count: int, *, known: int = 0) -> list[float]:
    """Seconds from each look for ourselves to the next, while so many nodes stay good."""
    now, found = NOW, []
    for _ in range(count):
        before, told = now, len(play.desk.told)
        while len(play.desk.told) == told:
            now = play.upkeep.next_timer
            play.know(known, now)
            play.tick(now)
            play.end_searches(now)
        found.append(now - before)
    return found


def test_joining_is_told_and_repeated_less_and_less_often(play: Play) -> None:
    play.start()
    play.end_searches()
    assert play.desk.told == [Joined(0, 1, 0)]
    found = pauses(play, 15)
    assert found[0] == pytest.approx(FIRST_RETRY_SECONDS)
    assert found == sorted(found)
    assert found[-1] == pytest.approx(300.0)


def test_whoever_has_joined_looks_for_itself_often_and_then_now_and_then(play: Play) -> None:
    play.know(8)
    play.start()
    play.end_searches()
    assert play.desk.told == [Joined(8, 8, 0)]
    found = pauses(play, 12, known=8)
    assert found[0] == pytest.approx(FIRST_SELF_LOOKUP_SECONDS)
    assert found[-1] == pytest.approx(SELF_LOOKUP_SECONDS)


def test_another_id_is_looked_for_soon_and_not_twice_at_once(play: Play) -> None:
    play.know(8)
    play.start()
    play.upkeep.look_for_self(NOW + 1)
    assert play.upkeep.next_timer == NOW + TICK_SECONDS  # still looking for the first
    play.end_searches(NOW + 2)
    assert play.upkeep.next_timer == NOW + 1
    play.tick(NOW + 2)
    assert len(play.desk.take()) == 5
    assert play.upkeep.next_timer > NOW + 2


def test_silent_contacts_are_asked_whether_they_are_there(play: Play) -> None:
    play.know(8)
    play.start()
    play.end_searches()
    play.know(8)
    play.tick(NOW + 10)
    play.end_searches(NOW + 10)
    play.tick(NOW + 400)
    pinged = [one for one in play.desk.take() if one.question == Ping()]
    assert len(pinged) == 1
    play.tick(NOW + 401)
    assert play.desk.take() == []  # five seconds between two checks


def test_buckets_are_refreshed_one_at_a_time(play: Play) -> None:
    play.know(8)
    for number in range(20, 24):
        play.table.answered(node("01", number), 0.1, NOW)
    play.start()
    play.end_searches()
    play.tick(NOW + 5)
    assert play.desk.take() == []  # the first bucket is full and fresh
    play.tick(NOW + 6)
    play.end_searches(NOW + 6)  # of the second look for ourselves
    play.tick(NOW + 10)
    first = play.desk.take()
    assert len(first) == 5
    assert all(isinstance(one.question, FindNode) for one in first)
    assert len({one.question for one in first} | {FindNode(OWN)}) == 2
    told = len(play.desk.told)
    play.tick(NOW + 15)
    assert play.desk.take() == []  # still on its way
    for one in first:
        one.listener.on_silence(one, NOW)
    play.end_searches()
    assert len(play.desk.told) == told  # refreshing is nobody's news
