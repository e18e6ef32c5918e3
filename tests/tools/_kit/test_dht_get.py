"""get by target, key and document."""

import json

from raintools.rain_dht import main
from tests.tools.running import run


def test_a_document_comes_back_as_it_is_now(entrance):
    [stored] = run(main, "put", *entrance, "to be found").documents
    given = json.dumps(stored | {"x_own": 1}).encode()
    [found] = run(main, "get", *entrance, stdin=given).documents
    assert (found["value"], found["x_own"], "stored" in found) == ("to be found", 1, False)
    assert run(main, "get", *entrance, stored["target"]).documents[0]["value"] == "to be found"


def test_a_key_document_gets_what_belongs_to_the_key(entrance, tmp_path):
    path = tmp_path / "key"
    [key] = run(main, "key", "new", path).documents
    assert run(main, "put", "--key", path, "--salt", "s", *entrance, "mine").code == 0
    [found] = run(main, "get", "--salt", "s", *entrance, stdin=json.dumps(key).encode()).documents
    assert (found["value"], "path" in found) == ("mine", False)


def test_what_nobody_has_is_one_line(entrance):
    ended = run(main, "get", *entrance, "4a" * 20)
    assert (ended.code, ended.documents) == (4, [])
    assert "nobody has the item: " in ended.stderr
