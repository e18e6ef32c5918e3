"""Dates, as RFC 3339 and people spell them."""

import click
import pytest

from raintools._kit.date_params import DateType


def convert(text):
    return DateType().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("@0", 0),
        ("1500000000", 1_500_000_000),
        ("2026-11-24", 1_795_478_400),
        ("20261124", 1_795_478_400),
        ("2026-11-24T01:00:00Z", 1_795_482_000),
        ("2026-11-24T01:00:00.9+01:00", 1_795_478_400),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_dates_are_seconds_since_1970(text, seconds):
    assert convert(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "1969-12-31",
        "0001-01-01T00:00:00+12:00",
        "9999-12-31T23:59:59-12:00",
        "@999999999999",
        "2026-13-01",
        "@",
        "",
    ],
)
def test_what_is_no_date_or_none_that_a_document_can_say_is_refused(text):
    with pytest.raises(click.BadParameter, match=r"not a date|not from 1970 to 9999"):
        convert(text)


def test_now_and_today_are_dates(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_795_482_000.9)
    assert convert("now") == 1_795_482_000
    assert convert("today") == 1_795_478_400
