from raincore.dht.events import Event, Refused, Replied, Silent
from raincore.dht.outstanding import Asked
from raincore.dht.single import Quiet, Single
from raincore.formats.compact import Node
from raincore.wire.krpc_messages import Error, Ping, Reply
from tests.dht.places import node_id, public

ASKED = Asked(public(1), None, Ping(), Quiet(), 10.0, b"abcd")
REPLY = Reply(node_id=node_id("aa"))


def test_an_answer_is_told_with_its_round_trip() -> None:
    told: list[Event] = []
    Single(7, told.append).on_reply(ASKED, REPLY, 10.25)
    assert told == [Replied(7, Node(node_id("aa"), public(1)), REPLY, 0.25)]


def test_a_refusal_is_told_with_its_reason() -> None:
    told: list[Event] = []
    Single(7, told.append).on_refusal(ASKED, Error(b"abcd", 204, "what?"), 11.0)
    assert told == [Refused(7, public(1), 204, "what?")]


def test_silence_is_told_only_when_it_is_certain() -> None:
    told: list[Event] = []
    single = Single(7, told.append)
    single.on_late(ASKED, 11.0)
    assert told == []
    single.on_silence(ASKED, 20.0)
    assert told == [Silent(7, public(1))]


def test_quiet_takes_everything_and_says_nothing() -> None:
    quiet = Quiet()
    quiet.on_reply(ASKED, REPLY, 10.0)
    quiet.on_refusal(ASKED, Error(b"abcd", 201, ""), 10.0)
    quiet.on_late(ASKED, 10.0)
    quiet.on_silence(ASKED, 10.0)
