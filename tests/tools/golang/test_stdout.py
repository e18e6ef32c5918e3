"""JSON as rain prints it."""

import io
import json
import sys

from raintools.golang import stdout

VALUE = {"b": [], "a": {"Ω<>": 'x"\\', "n": -1.5}, "z": [True, None, {}], "c": "\x9b"}


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


def test_keys_are_sorted_and_nothing_is_escaped(capsys):
    stdout.value(VALUE)
    said = capsys.readouterr().out
    assert json.loads(said) == VALUE
    assert said.startswith('{\n  "a": {\n    "n": -1.5,\n    "Ω<>": "x\\"\\\\"\n  },\n  "b": [],')
    assert said.endswith("}\n")


def test_on_a_terminal_it_has_colours_and_no_control_characters(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(kept, "utf-8"))
    stdout.value(VALUE)
    said = kept.getvalue().decode()
    assert '\x1b[34;1m"b"\x1b[0m: []' in said
    assert '\x1b[32;1m"x\\"\\\\"\x1b[0m' in said
    for coloured in ("\x1b[36;1m-1.5\x1b[0m", "\x1b[33;1mtrue\x1b[0m", "\x1b[30;1mnull\x1b[0m"):
        assert coloured in said
    assert "\x9b" not in said


def test_no_color_is_honoured(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(kept, "utf-8"))
    stdout.value({"a": 1})
    assert kept.getvalue() == b'{\n  "a": 1\n}\n'
