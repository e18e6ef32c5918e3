"""put of values, of documents, and of what nobody takes."""

import json

from raintools.rain_dht import main
from tests.tools.running import run


def test_a_bencoded_value_is_stored_as_what_it_is(entrance):
    [stored] = run(main, "put", "--bencoded", *entrance, "d1:ali1e1:bee").documents
    assert stored["value"] == {"a": [1, "b"]}
    assert stored["stored"] >= 1


def test_a_document_that_does_not_fit_its_target_is_bad_input(entrance):
    item = {"type": "item", "v": 1, "target": "5a" * 20, "value": "x"}
    ended = run(main, "put", "--items", *entrance, stdin=json.dumps(item).encode())
    assert (ended.code, "$.target" in ended.stderr) == (3, True)


def test_nobody_there_is_one_line():
    ended = run(main, "put", "--bootstrap", "127.0.0.1:1", "--timeout", "300ms", "x")
    assert (ended.code, ended.documents) == (4, [])
    assert "nobody answered" in ended.stderr
