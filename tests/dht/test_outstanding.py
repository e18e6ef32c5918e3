import math
import random
from typing import Any

import pytest

from raincore.base.ids import NodeId
from raincore.dht.outstanding import GIVEN_UP_SECONDS, LATE_SECONDS, Outstanding
from raincore.dht.single import Quiet
from raincore.wire import krpc
from raincore.wire.krpc_messages import Ping, Query, Reply, Response
from tests.dht.places import OWN, node_id, public

QUIET = Quiet()


@pytest.fixture
def outstanding(seed: int) -> Outstanding:
    return Outstanding(random.Random(seed), read_only=False)


def ask(outstanding: Outstanding, number: int = 1, now: float = 0.0) -> Query:
    """Ask, and give what was sent."""
    outstanding.ask(public(number), None, Ping(), QUIET, own_id=OWN, now=now)
    data, endpoint = outstanding.datagrams[-1]
    assert endpoint == public(number)
    message = krpc.decode(data)
    assert isinstance(message, Query)
    return message


def answer(query: Query) -> Response:
    return Response(query.transaction, Reply(node_id=node_id("aa")))


def test_a_question_is_sent_with_our_id(outstanding: Outstanding) -> None:
    query = ask(outstanding)
    assert (query.node_id, query.question, query.read_only) == (OWN, Ping(), False)


def test_a_read_only_node_says_so(seed: int) -> None:
    assert ask(Outstanding(random.Random(seed), read_only=True)).read_only


def test_an_answer_counts_once_and_from_who_was_asked(outstanding: Outstanding) -> None:
    query = ask(outstanding)
    assert outstanding.match(answer(query), public(2)) is None
    assert outstanding.match(answer(query), public(1, port=9)) is None
    asked = outstanding.match(answer(query), public(1))
    assert asked is not None
    assert asked.question == Ping()
    assert outstanding.match(answer(query), public(1)) is None
    assert len(outstanding) == 0


def test_questions_that_cannot_be_sent_are_taken_back(outstanding: Outstanding) -> None:
    query, other = ask(outstanding, 1), ask(outstanding, 2)
    [asked] = outstanding.take_back(public(1))
    assert asked.transaction == query.transaction
    assert outstanding.take_back(public(1)) == []
    assert outstanding.match(answer(query), public(1)) is None
    assert outstanding.match(answer(other), public(2)) is not None


def test_transactions_cannot_be_guessed(outstanding: Outstanding) -> None:
    sent = {ask(outstanding).transaction for _ in range(1000)}
    assert len(sent) == 1000
    guessed = Response(b"\0\0\0\0", Reply(node_id=NodeId(bytes(20))))
    assert outstanding.match(guessed, public(1)) is None


def test_a_slow_answer_is_late_and_then_given_up(outstanding: Outstanding) -> None:
    ask(outstanding)
    assert outstanding.next_timer() == LATE_SECONDS
    assert [late for _, late in outstanding.due(LATE_SECONDS)] == [False]
    assert outstanding.next_timer() == GIVEN_UP_SECONDS
    assert list(outstanding.due(GIVEN_UP_SECONDS - 0.1)) == []
    assert [late for _, late in outstanding.due(GIVEN_UP_SECONDS)] == [True]
    assert outstanding.next_timer() == math.inf
    assert len(outstanding) == 0


def test_a_late_answer_still_counts(outstanding: Outstanding) -> None:
    query = ask(outstanding)
    list(outstanding.due(LATE_SECONDS))
    assert outstanding.match(answer(query), public(1)) is not None
    assert outstanding.next_timer() == math.inf


def test_a_clock_that_jumps_gives_everything_up_at_once(outstanding: Outstanding) -> None:
    for number in range(5):
        ask(outstanding, number)
    ended = [late for _, late in outstanding.due(1000.0)]
    assert ended.count(True) == ended.count(False) == 5
    assert outstanding.next_timer() == math.inf


def test_answered_questions_leave_no_timer(outstanding: Outstanding) -> None:
    first, second = ask(outstanding, 1, 0.0), ask(outstanding, 2, 0.5)
    outstanding.match(answer(first), public(1))
    assert outstanding.next_timer() == 0.5 + LATE_SECONDS
    outstanding.match(answer(second), public(2))
    assert outstanding.next_timer() == math.inf


def test_there_is_room_for_some_thousands(outstanding: Outstanding, monkeypatch: Any) -> None:
    monkeypatch.setattr("raincore.dht.outstanding.MAX_OUTSTANDING", 3)
    for number in range(3):
        assert outstanding.has_room
        ask(outstanding, number)
    assert not outstanding.has_room
