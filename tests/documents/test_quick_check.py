"""The quick check against jsonschema, which has the last word."""

import copy
import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from raincore.documents import quick_check, registry

GOLDEN = Path(__file__).parent / "golden"
ODD = [
    *(None, True, False, 0, 1, -1, 7, 2**63, 2**70, 0.5, 1.0, 1e300, -0.0),
    *("", "x", "v1", "0" * 40, "0" * 40 + "\n", "f" * 64, "ZGU=", "/tmp", "magnet:?x", "a:1"),
    *([], [None], [0], ["x"], [["x"]], [{}], {}, {"path": "a", "length": 1}, {"length": 1.0}),
    *("torrent", "status", 2, "2017-07-14T02:40:00Z", "error", {"type": "torrent"}),
]


def damaged(value, rng):
    """A copy with a value anywhere in it replaced, left out, or added."""
    value = copy.deepcopy(value)
    node = value
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return value
        key = rng.choice(keys)
        if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.7:
            node = node[key]
            continue
        what = rng.random()
        if what < 0.15:
            del node[key]
        elif what < 0.25 and isinstance(node, dict):
            node["x_" + str(key)] = rng.choice(ODD)
        else:
            node[key] = rng.choice(ODD)
        return value


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_both_agree_on_every_golden_document_however_damaged(name, seed):
    schema = registry.schema(name)
    quick, thorough = quick_check.compiled(schema), Draft202012Validator(schema)
    good = json.loads((GOLDEN / f"{name}-1.json").read_text("utf-8"))
    assert quick(good)
    rng = random.Random(seed)
    seen = set()
    for _ in range(600):
        document = good
        for _ in range(rng.randrange(1, 4)):
            document = damaged(document, rng)
        sure, allowed = quick(document), thorough.is_valid(document)
        assert sure == allowed or (allowed and document.get("v") == 1), document  # {"v": 1.0}
        seen.add(allowed)
    assert seen == {True, False}


RULES = [
    {"type": "integer"},
    {"type": ["string", "null"]},
    {"type": "number", "minimum": 0, "maximum": 7},
    {"minimum": 1},
    {"pattern": "^x"},
    {"const": 1},
    {"const": True},
    {"const": []},
    {"enum": ["x", 0, None]},
    {"items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    {"items": False},
    {"required": ["path"], "properties": {"length": {"type": "integer"}}},
    {"anyOf": [{"type": "string"}, {"type": "array"}]},
    {"title": "t", "description": "d", "$comment": "c", "default": 1, "examples": [1]},
    {"not": {"type": "string"}},
    {"properties": {"path": {"maxLength": 0}}},
    True,
    False,
]


@pytest.mark.parametrize("schema", RULES, ids=str)
def test_it_is_never_sure_of_what_the_library_forbids(schema):
    quick, thorough = quick_check.compiled(schema), Draft202012Validator(schema)
    for value in ODD:
        assert thorough.is_valid(value) or not quick(value), value


@pytest.mark.parametrize("schema", RULES[:13], ids=str)
def test_of_what_it_knows_it_is_sure(schema):
    quick, thorough = quick_check.compiled(schema), Draft202012Validator(schema)
    plain = [value for value in ODD if type(value) in (bool, int, str)]
    library_only = schema == {"const": []}
    for value in plain:
        assert quick(value) == thorough.is_valid(value) or library_only, value


def test_a_rule_that_is_not_known_makes_it_unsure():
    quick = quick_check.compiled({"type": "string", "maxLength": 5})
    assert not quick("x")


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_our_schemas_use_only_rules_that_it_knows(name):
    """Otherwise every document of this type would wait for the library."""

    def rules(schema):
        if isinstance(schema, bool):
            return
        yield from schema
        for part in schema.get("properties", {}).values():
            yield from rules(part)
        for part in [schema.get("items", True), *schema.get("anyOf", [])]:
            yield from rules(part)

    known = quick_check.RULES.keys() | quick_check.ANNOTATIONS
    assert set(rules(registry.schema(name))) <= known


def test_a_large_document_is_checked_without_the_library():
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from raincore.documents import registry\n"
        "files = [{'path': 'a', 'length': n} for n in range(20_000)]\n"
        "registry.validate({'type': 'torrent', 'files': files})\n"
        "print('jsonschema' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False\n"
