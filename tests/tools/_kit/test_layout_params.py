"""Lengths of pieces as several programs spell them, and the order of files."""

import click
import pytest

from raincore.storage.creation_options import SortKey
from raintools._kit import layout_params

KIB, MIB = 1024, 1024 * 1024


def read(kind, text):
    return kind.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "length"),
    [("14", 16 * KIB), ("18", 256 * KIB), ("30", 1 << 30), ("65536", 65536), ("1MiB", MIB)],
)
def test_a_small_number_is_a_power_of_two(text, length):
    assert read(layout_params.PieceLength(), text) == length


@pytest.mark.parametrize("text", ["13", "31", "99", "0", "018"])
def test_other_small_numbers_are_bytes_for_others_to_refuse(text):
    assert read(layout_params.PieceLength(), text) == int(text)


@pytest.mark.parametrize(
    ("text", "length"), [("16", 16 * KIB), ("256", 256 * KIB), ("256KiB", 256 * KIB)]
)
def test_transmission_counts_in_kib(text, length):
    assert read(layout_params.Kibibytes(), text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("4", 4 * MIB), ("0.5", MIB // 2), ("16384", 16384), ("4MiB", 4 * MIB), ("262144", 262144)],
)
def test_torf_counts_in_mib(text, length):
    assert read(layout_params.Mebibytes(), text) == length


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("size", SortKey("size")),
        ("path:ascending", SortKey("path")),
        ("size:descending", SortKey("size", True)),
    ],
)
def test_files_are_ordered_by_a_key(text, key):
    assert read(layout_params.SortBy(), text) == key


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (layout_params.SortBy, "name"),
        (layout_params.SortBy, "size:"),
        (layout_params.SortBy, "size:up"),
        (layout_params.PieceLength, "x"),
        (layout_params.Kibibytes, "-1"),
        (layout_params.Mebibytes, "4X"),
    ],
)
def test_anything_else_is_refused(kind, text):
    with pytest.raises(click.BadParameter):
        read(kind(), text)


def test_shells_offer_the_keys():
    offered = layout_params.SortBy().shell_complete(None, None, "size")
    assert [item.value for item in offered] == ["size", "size:ascending", "size:descending"]
