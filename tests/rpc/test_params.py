"""Parameters: any case, zeros for what is lacking, nothing of another kind."""

import json

import pytest

from raincore.rpc.params import Kind, decode
from raincore.wire.jsonrpc import Fault

SHAPE = {"ID": Kind.TEXT, "KeepData": Kind.FLAG, "Limit": Kind.COUNT, "IDs": Kind.TEXTS}
MAYBE = {
    "Flag": Kind.MAYBE_FLAG,
    "Count": Kind.MAYBE_COUNT,
    "Number": Kind.MAYBE_NUMBER,
    "Texts": Kind.MAYBE_TEXTS,
    "Object": Kind.OBJECT,
}


def test_what_is_lacking_or_null_has_the_zero_of_its_kind():
    zeros = {"ID": "", "KeepData": False, "Limit": 0, "IDs": []}
    assert decode(SHAPE, {}) == zeros
    assert decode(SHAPE, dict.fromkeys(SHAPE)) == zeros
    assert decode(MAYBE, {}) == {**dict.fromkeys(MAYBE), "Object": {}}


def test_names_match_in_any_case_and_unknown_ones_are_ignored():
    given = {"id": "a", "KEEPDATA": True, "limit": 3, "ids": ["x"], "Other": {}}
    assert decode(SHAPE, given) == {"ID": "a", "KeepData": True, "Limit": 3, "IDs": ["x"]}


def test_optional_fields_take_their_kinds():
    given = {"Flag": False, "Count": 0, "Number": 1.5, "Texts": [], "Object": {"a": 1}}
    assert decode(MAYBE, given) == given


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("ID", 1, "number into field ID of type string"),
        ("ID", True, "bool into field ID of type string"),
        ("ID", ["a"], "array into field ID of type string"),
        ("ID", {}, "object into field ID of type string"),
        ("KeepData", "true", "string into field KeepData of type bool"),
        ("Limit", 1.5, "number into field Limit of type int"),
        ("Limit", 2**70, "number into field Limit of type int"),
        ("IDs", [1], "array into field IDs of type []string"),
        ("IDs", ["a"] * 100_001, "array into field IDs of type []string"),
    ],
)
def test_a_value_of_another_kind_is_refused(field, value, said):
    with pytest.raises(Fault) as caught:
        decode(SHAPE, {field: value})
    assert caught.value.number == -32602
    assert str(caught.value) == f"json: cannot unmarshal {said}"


@pytest.mark.parametrize("given", [[], ["one"]])
def test_parameters_by_position_are_refused(given):
    with pytest.raises(Fault, match="cannot unmarshal array into an object"):
        decode(SHAPE, given)


def test_halves_of_characters_become_what_can_be_written():
    half = json.loads('"a\\ud800"')
    found = decode(SHAPE, {"ID": half, "IDs": [half, "ü"]})
    assert found["ID"] == "a\ufffd"
    assert found["IDs"] == ["a\ufffd", "ü"]
