"""Nodes, samples, counts, keys and events of the DHT as JSON documents."""

import json
from pathlib import Path

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import DocumentError
from raincore.base.ids import InfoHash, NodeId
from raincore.documents import dht, registry
from raincore.formats.compact import Node

GOLDEN = Path(__file__).parent / "golden"
HERE = Endpoint("192.0.2.1", 6881)
ID = NodeId(bytes(range(20)))
NODE = Node(ID, HERE)
HASH = InfoHash(bytes(range(1, 21)))
MADE = {
    "node": dht.node(NODE, 0.01234),
    "sample": dht.sample(NODE, [HASH, HASH], 17, 600),
    "scrape": dht.scrape(HASH, "photos", 3.4, 11.6, 24),
    "key": dht.key(bytes(32), "/srv/keys/news.key"),
    "dht_node": dht.event(
        "joined",
        1_500_000_000.25,
        address=HERE,
        node_id=ID,
        external=Endpoint("2001:db8::1", 7),
        nodes=30,
        asked=12,
        answered=11,
    ),
}


@pytest.mark.parametrize("kind", MADE)
def test_documents_are_written_as_their_golden_files_say(kind):
    golden = json.loads((GOLDEN / f"{kind}-1.json").read_text("utf-8"))
    assert MADE[kind] == golden
    assert list(MADE[kind]) == list(golden)
    registry.validate(MADE[kind])


def test_what_is_not_known_is_left_out():
    assert "rtt_ms" not in dht.node(NODE)
    assert {"total", "interval"}.isdisjoint(dht.sample(NODE, [], None, None))
    assert "name" not in dht.scrape(HASH, None, 0, 0, 0)
    bare = dht.event("stopped", 0)
    assert bare.keys() == {"type", "v", "time", "event"}
    for document in (dht.node(NODE), dht.sample(NODE, [], None, None), bare):
        registry.validate(document)


def test_the_address_of_a_node_is_read_back():
    assert dht.address_of(dht.node(NODE)) == HERE


@pytest.mark.parametrize("text", ["256.1.1.1:1", "host.example:1", "192.0.2.1:0", "[::1]:99999"])
def test_what_has_the_shape_of_an_address_and_is_none_is_refused(text):
    with pytest.raises(DocumentError) as caught:
        dht.address_of({"address": text})
    assert caught.value.where == "$.address"
