"""What is wrong with a document, against the library, which looks at all of it."""

import copy
import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from raincore.documents import first_error, registry
from tests.documents.test_quick_check import RULES, damaged

GOLDEN = Path(__file__).parent / "golden"
MANY = 100_000


def order(error):
    steps = error.absolute_path
    return [(0, step, "") if isinstance(step, int) else (1, 0, step) for step in steps]


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_it_is_the_first_of_all_that_the_library_finds(name, seed):
    schema = registry.schema(name)
    good = json.loads((GOLDEN / f"{name}-1.json").read_text("utf-8"))
    assert first_error.find(schema, good) is None
    rng, found_some = random.Random(seed), False
    for _ in range(200):
        document = copy.deepcopy(good)
        for _ in range(rng.randrange(1, 5)):
            document = damaged(document, rng)
        expected = min(Draft202012Validator(schema).iter_errors(document), key=order, default=None)
        found = first_error.find(schema, document)
        if expected is None:
            assert found is None
        else:
            found_some = True
            assert found.path == tuple(expected.absolute_path)
            assert found.error.validator == expected.validator
            assert found.error.message == expected.message
    assert found_some


@pytest.mark.parametrize("schema", RULES, ids=str)
def test_it_finds_something_wherever_the_library_does(schema):
    for value in (0, 9, "x", "yx", None, True, [], ["x"], [1], ["x", "x", "x"], {}, {"path": 7}):
        is_valid = Draft202012Validator(schema).is_valid(value)
        assert (first_error.find(schema, value) is None) == is_valid


@pytest.mark.parametrize(
    ("key", "items", "path"),
    [
        ("peers", ["192.0.2.1:6881"] * MANY + [5], ("peers", MANY)),
        ("select", [1.0] * (MANY - 1) + ["x"], ("select", MANY - 1)),
        ("nodes", [5] * MANY, ("nodes", 0)),
    ],
    ids=["last of many", "last of odd numbers", "first of many bad"],
)
def test_of_a_long_list_the_library_sees_next_to_nothing(monkeypatch, key, items, path):
    asked = []
    of_itself = first_error._of_itself
    monkeypatch.setattr(
        first_error, "_of_itself", lambda *given: asked.append(given[2]) or of_itself(*given)
    )
    found = first_error.find(registry.schema("torrent"), {"type": "torrent", key: items})
    assert found is not None
    assert found.path == path
    assert asked == [(), (key,), path]
