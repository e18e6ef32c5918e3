"""What a setting says as text: as rain's YAML library takes it, and no surprises beyond."""

import math
import random

import pytest

from raincore.session import config_values
from raincore.session.config_keys import keys


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "true", True),
        ("bool", "Yes", True),
        ("bool", "on", True),
        ("bool", "OFF", False),
        ("bool", "n", False),
        ("int", "7246", 7246),
        ("int", " 1_000 ", 1000),
        ("int", "0x10", 16),
        ("int", "0b11", 3),
        ("int", "0o17", 15),
        ("int", "017", 15),
        ("int", "+5", 5),
        ("int", "0", 0),
        ("int", "08", 8),
        ("int", "1e3", 1000),
        ("int", "12.0", 12),
        ("u16", "65535", 65535),
        ("u64", str(2**64 - 1), 2**64 - 1),
        ("kib", "100", 102400),
        ("kib", "-1", 0),
        ("mode", "0750", 0o750),
        ("mode", "750", 0o750),
        ("mode", "488", 488),
        ("mode", "0o700", 0o700),
        ("float", "1.5", 1.5),
        ("float", ".5", 0.5),
        ("ratio", "2", 2.0),
        ("ratio", "0", math.inf),
        ("duration", "30s", 30.0),
        ("duration", "1m30s", 90.0),
        ("duration", "1.5h", 5400.0),
        ("duration", "250ms", 0.25),
        ("duration", "5us", 5e-6),
        ("duration", "5µs", 5e-6),
        ("duration", "30000000000", 30.0),
        ("duration", "0", 0.0),
        ("limit", "1h", 3600.0),
        ("limit", "0s", math.inf),
        ("str", "", ""),
        ("strings", "a, b,,c", ("a", "b", "c")),
        ("strings", "", ()),
        ("command", "notify 'it is there'", ("notify", "it is there")),
    ],
)
def test_texts_that_mean_something(kind, text, value):
    assert config_values.parse(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bool", "2"),
        ("bool", ""),
        ("int", "-1"),
        ("int", "1.5"),
        ("int", "12x"),
        ("int", ""),
        ("int", "1:30"),
        ("int", str(2**31)),
        ("int", "1e99"),
        ("int", "9" * 100),
        ("int", "٣"),
        ("u16", "65536"),
        ("u64", str(2**64)),
        ("mode", "010000"),
        ("float", "-1"),
        ("float", "nan"),
        ("float", "1e3"),
        ("duration", "30 s"),
        ("duration", "30d"),
        ("duration", "-5s"),
        ("duration", ""),
        ("duration", "s"),
        ("duration", "9" * 15 + "h"),
        ("duration", "1s" * 60),
        ("str", "a\0b"),
        ("path", "\0"),
        ("command", "'open"),
    ],
)
def test_texts_that_mean_nothing(kind, text):
    with pytest.raises(ValueError, match="^" + config_values.EXPECTED[kind][:10]):
        config_values.parse(kind, text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (30, "30s"),
        (90, "1m30s"),
        (5400, "1h30m0s"),
        (86400, "24h0m0s"),
        (1.5, "1.5s"),
        (0.25, "250ms"),
        (0.0015, "1.5ms"),
        (2e-6, "2us"),
        (5e-9, "5ns"),
        (100, "1m40s"),
    ],
)
def test_durations_are_shown_as_go_shows_them(seconds, text):
    assert config_values.shown("duration", seconds) == text
    assert config_values.parse("duration", text) == pytest.approx(seconds)


def test_every_default_comes_back_from_what_is_shown():
    for key in keys().values():
        value = config_values.parse(key.kind, key.default)
        shown = config_values.shown(key.kind, value)
        if config_values.is_list(key.kind):
            assert config_values.parse_list(key.kind, shown) == value
        else:
            text = {True: "true", False: "false"}[shown] if key.kind == "bool" else str(shown)
            assert config_values.parse(key.kind, text) == value


def test_a_list_of_the_file_loses_empty_texts_but_a_command_does_not():
    assert config_values.parse_list("strings", ["a", ""]) == ("a",)
    assert config_values.parse_list("command", ["a", ""]) == ("a", "")


def test_durations_are_read_exactly(seed):
    dice = random.Random(seed)
    for _ in range(200):
        seconds = dice.randrange(10**12) / 1000
        text = config_values.shown("duration", seconds)
        assert config_values.parse("duration", text) == pytest.approx(seconds, abs=1e-6)
