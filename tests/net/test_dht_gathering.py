"""Counts of several nodes are added up."""

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht.events import Event, LookupEnded
from raincore.formats.compact import Node
from raincore.net.dht_gathering import Gathering

NEAR = Node(NodeId(bytes(19) + b"\x01"), Endpoint("192.0.2.1", 1))
FAR = Node(NodeId(b"\xff" * 20), Endpoint("192.0.2.2", 2))
SIXTH = Node(NodeId(b"\x0f" * 20), Endpoint("2001:db8::1", 3))


async def test_a_gathering_is_over_when_the_last_node_is():
    told: list[Event] = []
    gathering = Gathering(told.append)
    first, second = gathering.taker(), gathering.taker()
    first(LookupEnded(1, (FAR,), 5, 4, 1, 2))
    assert not gathering.over.is_set()
    second(LookupEnded(9, (NEAR, SIXTH), 3, 2, 0, 7))
    assert gathering.over.is_set()
    summary = gathering.summary()
    assert (summary.asked, summary.answered, summary.stored) == (8, 6, 1)
    assert len(told) == 2


async def test_a_gathering_that_is_given_up_says_what_it_has():
    gathering = Gathering(lambda event: None)
    gathering.taker()
    gathering.give_up()
    assert gathering.over.is_set()
    assert gathering.summary().asked == 0
