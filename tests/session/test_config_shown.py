"""The configuration as YAML that can be read again, as JSON, and its schema."""

import json

import pytest
from jsonschema import Draft202012Validator

from raincore.session import config_shown
from raincore.session.config_file import load
from raincore.session.config_keys import keys

HOME = {"HOME": "/users/me"}
FLAGS = {
    "rpc-token": "secret",
    "on-complete-cmd": "notify 'é \"x\"'",
    "seed-ratio-limit": "1.5",
    "speed-limit-upload": "7",
    "bind": "lo",
    "proxy": "socks5://me:secret@127.0.0.1:1",
    "rpc-allow-unauthenticated": "yes",
}


def test_what_is_printed_means_the_same_when_it_is_read(tmp_path):
    for flags in ({}, FLAGS):
        settings = load("", HOME, flags)
        path = tmp_path / "printed.yaml"
        path.write_text(config_shown.as_yaml(settings))
        again = load(str(path), HOME, {})
        assert again.config == settings.config
        assert list(again.values) == list(keys())


def test_every_line_tells_where_its_value_is_from():
    lines = config_shown.as_yaml(load("", {**HOME, "RAIN_HOST": "127.0.0.1"}, FLAGS)).split("\n")
    assert 'host: "127.0.0.1"  # RAIN_HOST' in lines
    assert "speed-limit-upload: 7  # --speed-limit-upload" in lines
    assert "file-permissions: 0750  # default" in lines
    assert "health-check-timeout: 1m0s  # default" in lines


def test_json_has_no_secrets():
    shown = config_shown.as_json(load("", HOME, FLAGS))
    assert shown["rpc-token"] == shown["proxy"] == ""
    assert shown["on-complete-cmd"] == ["notify", 'é "x"']
    assert list(shown) == list(keys())
    json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("flags", [{}, FLAGS])
def test_what_is_shown_fits_the_schema(flags):
    schema = config_shown.schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(config_shown.as_json(load("", HOME, flags)))


def test_the_schema_knows_every_key_and_nothing_else():
    schema = config_shown.schema()
    assert list(schema["properties"]) == list(keys())
    validator = Draft202012Validator(schema)
    for name, wrong in [
        ("rpc-port", 70000),
        ("rpc-port", "1"),
        ("pex-enabled", 1),
        ("request-timeout", "5 s"),
        ("file-permissions", "750"),
        ("seed-ratio-limit", -1),
        ("bind", "lo"),
        ("host", 1),
        ("other", 1),
    ]:
        assert not validator.is_valid({name: wrong}), name
    for name, part in schema["properties"].items():
        assert validator.is_valid({name: part["default"]}), name
