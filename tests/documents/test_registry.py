"""Schemas, and what is said of documents that break them."""

import copy
import json
import re

import pytest
from jsonschema import Draft202012Validator

from raincore.base.errors import DocumentError
from raincore.documents import registry
from raincore.formats import magnet

HASH = "0" * 40
GOOD = {
    "type": "torrent",
    "v": 1,
    "info_hash": HASH,
    "info_hash_v2": "f" * 64,
    "meta_version": "hybrid",
    "name": "photos",
    "comment": "",
    "created_by": "x",
    "source": "x",
    "creation_date": "2017-07-14T02:40:00Z",
    "private": True,
    "piece_length": 16384,
    "piece_count": 1,
    "total_length": 5,
    "file_count": 1,
    "files": [
        {
            "path": "photos/a",
            "length": 5,
            "path_b64": "YQ==",
            "pieces_root": "0" * 64,
            "attr": "x",
            "symlink": "photos/b",
            "mtime": -1,
            "x": 1,
        }
    ],
    "pieces": [HASH],
    "trackers": [["http://t.example/"], []],
    "webseeds": ["http://s.example/"],
    "http_seeds": ["http://s.example/"],
    "nodes": ["r.example:1"],
    "similar": [HASH],
    "collections": ["c"],
    "path": "/tmp/a.torrent",
    "metainfo": "ZGU=",
    "magnet": "magnet:?xt=urn:btih:" + HASH,
    "select": [0, 3],
    "data_dir": "/tmp",
    "peers": ["192.0.2.1:6881", "[2001:db8::1]:6881", "peer.example:1"],
    "status": "seeding",
    "last": True,
    "verify": {"pieces_ok": 1, "pieces_bad": 0, "pieces_missing": 0, "bytes_ok": 5, "files": []},
    "x_unknown": [1.5],
}


def changed(where, value):
    document = copy.deepcopy(GOOD)
    *parents, last = where
    node = document
    for step in parents:
        node = node[step]
    node[last] = value
    return document


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_each_schema_is_itself_valid_and_says_what_it_is_about(name):
    schema = registry.schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]
    assert schema["properties"]["type"] == {"const": name}


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_no_pattern_lets_a_line_feed_pass_at_the_end(name):
    def patterns(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "pattern":
                    yield value
                else:
                    yield from patterns(value)
        elif isinstance(node, list):
            for value in node:
                yield from patterns(value)

    for pattern in patterns(registry.schema(name)):
        assert pattern.startswith("^")
        assert "$" not in pattern


@pytest.mark.parametrize("name", registry.VERSIONS)
def test_every_pattern_has_words_for_people(name):
    found = re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', json.dumps(registry.schema(name)))
    assert {json.loads(pattern) for pattern in found} <= registry.PATTERNS.keys()


def test_every_schema_file_has_its_entry():
    from importlib import resources

    folder = resources.files("raincore.documents") / "schemas"
    files = {file.name for file in folder.iterdir()}
    assert files == {f"{name}-{v}.schema.json" for name, v in registry.VERSIONS.items()}


def test_a_stream_of_one_type_has_its_schema():
    assert registry.schema_of(["torrent"]) == registry.schema("torrent")


def test_a_stream_of_several_types_has_alternatives():
    stream = registry.schema_of(["torrent", "status"])
    alternatives = [registry.schema("torrent"), registry.schema("status")]
    for one in alternatives:
        assert one.pop("$schema") == stream["$schema"]  # allowed at the top only
    assert stream["oneOf"] == alternatives
    Draft202012Validator.check_schema(stream)
    assert Draft202012Validator(stream).is_valid(GOOD)
    assert not Draft202012Validator(stream).is_valid({"type": "piece"})


def test_a_document_with_every_key_of_the_contract_is_valid():
    registry.validate(GOOD)


def test_all_keys_are_optional_but_the_type():
    registry.validate({"type": "torrent"})


@pytest.mark.parametrize("key", [k for k in GOOD if k != "x_unknown"])
def test_no_known_key_may_be_null_or_of_another_type(key):
    with pytest.raises(DocumentError) as caught:
        registry.validate({**GOOD, key: None})
    assert caught.value.where == f"$.{key}"


@pytest.mark.parametrize(
    ("where", "value", "path", "said"),
    [
        (["info_hash"], HASH + "\n", "$.info_hash", "must be 40 lower-case hex digits"),
        (["info_hash"], HASH.replace("0", "A"), "$.info_hash", "must be 40 lower-case hex digits"),
        (["creation_date"], "yesterday", "$.creation_date", "must be a time such as"),
        (["files", 0, "length"], "5", "$.files[0].length", 'must be integer: "5"'),
        (["files", 0, "length"], -1, "$.files[0].length", "is out of range: -1"),
        (["total_length"], 2**63, "$.total_length", "is out of range"),
        (["total_length"], 1e300, "$.total_length", "is out of range"),
        (["files", 0], {"length": 1}, "$.files[0]", "lacks the key 'path'"),
        (["meta_version"], "v3", "$.meta_version", 'must be ["v1", "v2", "hybrid"]: "v3"'),
        (["trackers", 1], "x", "$.trackers[1]", "must be array"),
        (["peers", 0], "192.0.2.1", "$.peers[0]", "must be an address such as"),
        (["peers"], ["a:1"] * 1_000_001, "$.peers", "has 1000001 items, and may have 1000000"),
        (["peers", 0], "a b:1", "$.peers[0]", "must be an address such as"),
        (["select", 0], 10**10, "$.select[0]", "is out of range"),
        (["path"], "a.torrent", "$.path", "must be an absolute path"),
        (["v"], 0, "$.v", "must be 1: 0"),
        (["v"], "1", "$.v", 'must be 1: "1"'),
        (["v"], True, "$.v", "must be 1: true"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_message_says_where_and_what(where, value, path, said):
    with pytest.raises(DocumentError) as caught:
        registry.validate(changed(where, value))
    assert caught.value.where == path
    assert said in str(caught.value)


def test_the_first_error_in_the_order_of_the_document_is_reported():
    document = {**GOOD, "files": [{"path": "a", "length": 1}] * 11 + [{"length": 1}, {"path": 1}]}
    with pytest.raises(DocumentError) as caught:
        registry.validate(document)
    assert caught.value.where == "$.files[11]"


def test_a_newer_version_names_the_one_that_is_understood():
    with pytest.raises(DocumentError) as caught:
        registry.validate({"type": "torrent", "v": 2, "info_hash": 7})
    assert str(caught.value) == "$.v: is a newer version than 1, the one understood here: 2"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "$: is not a JSON object"),
        (None, "$: is not a JSON object"),
        ({}, "$.type: is missing"),
        ({"type": "x\x1b"}, '$.type: is no known type of document: "x\\u001b"'),
        ({"type": []}, "$.type: is no known type of document: []"),
    ],
)
def test_what_is_no_document_is_told_apart(document, message):
    with pytest.raises(DocumentError) as caught:
        registry.validate(document)
    assert str(caught.value) == message


def test_a_huge_value_is_not_quoted_whole_and_a_strange_one_is_made_printable():
    with pytest.raises(DocumentError) as caught:
        registry.validate({"type": "torrent", "info_hash": "\u202e" + "x" * 10_000})
    assert len(str(caught.value)) < 300
    assert "\u202e" not in str(caught.value)


def test_a_rule_without_words_of_its_own_is_named(monkeypatch):
    schema = registry.schema("torrent")
    schema["maxProperties"] = 1
    monkeypatch.setattr(registry, "schema", lambda name: schema)
    registry._quick.cache_clear()
    try:
        with pytest.raises(DocumentError, match="breaks the rule 'maxProperties'"):
            registry.validate({"type": "torrent", "v": 1})
    finally:
        registry._quick.cache_clear()


def test_importing_the_registry_does_not_import_jsonschema():
    import subprocess
    import sys

    script = "import sys, raincore.documents.registry; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_schemas_are_json_that_a_person_can_read():
    from importlib import resources

    for name, version in registry.VERSIONS.items():
        path = f"schemas/{name}-{version}.schema.json"
        text = (resources.files("raincore.documents") / path).read_text("utf-8")
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_a_document_may_select_what_a_link_can_carry():
    assert registry.schema("torrent")["properties"]["select"]["maxItems"] == magnet.MAX_SELECTED
