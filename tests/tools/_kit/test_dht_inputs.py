"""Addresses, ids and documents as inputs of rain-dht."""

import io
import json
import sys

import pytest

from raincore.base.errors import FormatError
from raintools._kit import dht_inputs, exits, output
from raintools._kit.dht_inputs import Given
from raintools._kit.options import Common

NODE = {"type": "node", "v": 1, "id": "0a" * 20, "address": "192.0.2.1:1", "x": [1]}
EVENT = '{"type":  "x-event"}'


@pytest.fixture
def common():
    outcome = exits.Outcome("rain-test")
    return Common(out=output.Writer(as_json=True), outcome=outcome, quiet=False, verbose=0)


def given(monkeypatch, common, text):
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    return list(dht_inputs.each((), ["node"], common))


def test_arguments_are_text(common):
    found = list(dht_inputs.each((" a:1", "b:2"), ["node"], common))
    assert found == [Given(" a:1", "a:1"), Given("b:2", "b:2")]


def test_documents_of_its_type_are_given_and_others_pass(monkeypatch, common, capfdbinary):
    lines = f"{EVENT}\n{json.dumps(NODE)}\n{EVENT}"
    assert given(monkeypatch, common, lines) == [Given("stdin line 2", document=NODE)]
    assert capfdbinary.readouterr().out == f"{EVENT}\n{EVENT}\n".encode()


def test_people_are_not_shown_what_is_not_for_them(monkeypatch, common, capfdbinary):
    common = common._replace(out=output.Writer(as_json=False))
    assert given(monkeypatch, common, EVENT + "\n") == []
    assert capfdbinary.readouterr().out == b""


def test_bad_lines_are_told_and_the_others_go_on(monkeypatch, common, capsys):
    bad = ['{"type": "node"}', "[1]", '{"x": 1}', "{"]
    found = given(monkeypatch, common, "\n".join([json.dumps(NODE), *bad, json.dumps(NODE)]))
    assert [one.document for one in found] == [NODE, NODE]
    assert common.outcome.code == 3
    assert len(capsys.readouterr().err.splitlines()) == len(bad)


def test_a_torrent_file_is_no_such_input(monkeypatch, common, capsys):
    assert given(monkeypatch, common, "d4:infod4:name1:aee") == []
    assert "not what is asked for" in capsys.readouterr().err


def test_an_id_has_forty_digits():
    assert dht_inputs.node_id("0A" * 20) == bytes([10]) * 20
    for text in ("", "0a", "g" * 40, "0a" * 20 + "\n"):
        with pytest.raises(FormatError, match="not 40 hex digits"):
            dht_inputs.node_id(text)
