"""ping and find-node with documents and names."""

import json

from raintools.rain_dht import main
from tests.tools.running import run


def test_node_documents_keep_their_keys_and_get_a_new_time(nodes, entrance):
    [node] = run(main, "ping", nodes[2]).documents
    given = json.dumps(node | {"rtt_ms": 0, "x_own": True}).encode()
    [again] = run(main, "ping", stdin=given).documents
    assert (again["id"], again["x_own"]) == (node["id"], True)
    assert again["rtt_ms"] > 0
    closest = run(main, "find-node", *entrance, stdin=given).documents
    assert closest[0]["id"] == node["id"]


def test_a_name_is_looked_up(nodes):
    port = nodes[1].rpartition(":")[2]
    [node] = run(main, "ping", f"localhost:{port}").documents
    assert node["address"] == nodes[1]
    gone = run(main, "ping", "no.such.host.invalid:1")
    assert (gone.code, "cannot resolve host" in gone.stderr) == (4, True)


def test_an_address_that_is_none_is_bad_input():
    bad = {"type": "node", "v": 1, "id": "0a" * 20, "address": "300.0.0.1:1"}
    ended = run(main, "ping", stdin=json.dumps(bad).encode())
    assert (ended.code, "$.address" in ended.stderr) == (3, True)
