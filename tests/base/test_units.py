"""Sizes, rates and durations as people write and read them."""

import pytest

from raincore.base import units
from raincore.base.errors import FormatError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("7B", 7),
        ("16KiB", 16384),
        ("16kib", 16384),
        ("16K", 16384),
        ("16KB", 16000),
        ("1.5 MB", 1_500_000),
        (" 1.5MiB ", 1_572_864),
        ("2G", 2**31),
        ("1TiB", 2**40),
        ("1PB", 10**15),
        ("7.999999999999999999EiB", 2**63 - 2),
        ("0.9", 0),
    ],
)
def test_sizes_are_read(text, size):
    assert units.parse_size(text) == size


NONSENSE = [
    "",
    " ",
    "-1",
    "+1",
    "1e3",
    "inf",
    "nan",
    "1 2",
    "x",
    "KiB",
    "1XB",
    "1.",
    ".5",
    "٣",
    "1,5",
]


@pytest.mark.parametrize("text", [*NONSENSE, "1KiBB", "1/s", "1" * 21])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(FormatError, match="not a size"):
        units.parse_size(text)


@pytest.mark.parametrize("text", ["8EiB", "99999999999999999999"])
def test_sizes_beyond_a_file_offset_are_refused(text):
    with pytest.raises(FormatError, match="too large"):
        units.parse_size(text)


def test_a_rate_is_a_size_per_second():
    assert units.parse_rate("500KiB/s") == units.parse_rate("500KiB") == 512_000
    with pytest.raises(FormatError):
        units.parse_rate("1/m")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("30s", 30.0),
        ("250ms", 0.25),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1w1d", 691200.0),
    ],
)
def test_durations_are_read(text, seconds):
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize("text", [*NONSENSE, "1h30", "1y", "s", "5M"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(FormatError, match="not a duration"):
        units.parse_duration(text)


def test_durations_beyond_reason_are_refused():
    with pytest.raises(FormatError, match="too long"):
        units.parse_duration("99999999999999999999w")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1536, "1.50 KiB"),
        (10 * 1024, "10.0 KiB"),
        (1024**2 - 1, "1.00 MiB"),
        (1024**2 - 1024, "1023.0 KiB"),
        (2**63 - 1, "8.00 EiB"),
        (-2048, "-2.00 KiB"),
        (1023.9, "1.00 KiB"),
        (2.0**100, "1099511627776.0 EiB"),
    ],
)
def test_sizes_are_printed(size, text):
    assert units.format_size(size) == text


def test_rates_are_printed():
    assert units.format_rate(1536.5) == "1.50 KiB/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (-1, "0s"),
        (0.25, "250ms"),
        (1, "1s"),
        (59.9, "59s"),
        (60, "1m"),
        (3725, "1h2m"),
        (3605, "1h"),
        (86400 * 8, "1w1d"),
        (float("inf"), "16534w2d"),
    ],
)
def test_durations_are_printed(seconds, text):
    assert units.format_duration(seconds) == text
