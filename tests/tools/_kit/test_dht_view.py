"""What rain-dht shows to people."""

from raincore.documents.documents import TorrentDocument
from raincore.documents.items import Refusal
from raincore.session.dht_queries import Heard
from raintools._kit import dht_view

HEARD = Heard(12, 10, 8, 1.25)
NODE = {"type": "node", "id": "0a" * 20, "address": "192.0.2.1:1"}


def test_peers_come_one_a_line_and_then_the_sum():
    document = TorrentDocument(name="photos\x1b")
    text = dht_view.peers(document, ["192.0.2.1:1"], 1, HEARD, None)
    sum_up = "photos\ufffd: 1 peer found; 10 of 12 nodes answered in 1.2 s"
    assert text == f"192.0.2.1:1\n{sum_up}"
    told = dht_view.peers(TorrentDocument(), [], 0, HEARD, 7)
    assert told.startswith(": port 7 announced at 8 nodes, 0 peers found; ")


def test_a_node_is_a_row():
    assert dht_view.node(NODE | {"rtt_ms": 12.3}) == f"{'0a' * 20}      12.3 ms  192.0.2.1:1"
    assert len(dht_view.node(NODE)) == len(dht_view.node(NODE | {"rtt_ms": 12.3}))


def test_counts_have_their_nouns():
    assert (dht_view.counted(1, "node"), dht_view.counted(1200, "node")) == (
        "1 node",
        "1,200 nodes",
    )
    value = {"info_hash": "0a" * 20, "seeds": 1, "peers": 2, "answered": 3}
    assert (
        dht_view.scrape(value) == f"{'0a' * 20}: about 1 seed and 2 other peers; 3 nodes answered"
    )
    assert dht_view.scrape(value | {"name": "x"}).startswith("x: ")


def test_an_event_is_a_line_of_facts():
    value = {"type": "dht_node", "v": 1, "time": "now", "event": "joined", "nodes": 3}
    assert dht_view.event(value) == "now  joined     3 nodes"
    value |= {"event": "id", "address": "a:1", "id": "0a", "external": "b:2"}
    assert dht_view.event(value) == "now  id         a:1, id 0a, seen as b:2, 3 nodes"
    assert dht_view.sample({"info_hashes": ["a", "b"]}) == "a\nb"


def test_why_nothing_was_stored_is_one_line():
    refusals = [Refusal("it has no room", 2, 202), Refusal("no answer", 1)]
    heard = Heard(12, 10, 0, 1.25, refusals=refusals)
    assert dht_view.stored_nowhere("announced", heard) == (
        "announced nowhere: it has no room (202), said by 2 nodes; no answer from 1 node; "
        "10 of 12 nodes answered in 1.2 s"
    )
    assert "no node gives leave to store" in dht_view.stored_nowhere("stored", HEARD)


def test_programs_get_json_and_people_text(capfd):
    from raintools._kit.output import Writer

    dht_view.show(Writer(as_json=True), {"a": 1}, lambda: "text")
    dht_view.show(Writer(as_json=False), {"a": 1}, lambda: "text")
    assert capfd.readouterr().out == '{"a":1}\ntext\n'
