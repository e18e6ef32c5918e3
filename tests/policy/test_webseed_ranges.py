import random

import pytest

from raincore.base.bitfield import Bitfield
from raincore.policy import webseed_ranges
from raincore.policy.webseed_ranges import Part
from tests.swarm.swarm_world import info_of

MIB = 1024 * 1024


def pieces(drawn: str) -> Bitfield:
    """Open pieces as a drawing: "x" for open."""
    return Bitfield(len(drawn), [n for n, mark in enumerate(drawn) if mark == "x"])


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("", range(0)),
        ("....", range(0)),
        ("xxxx", range(4)),
        ("x.xx.x", range(2, 4)),
        ("xx.xx", range(2)),
        ("..xxx", range(2, 5)),
        ("xxxxxxxx", range(5)),
    ],
)
def test_the_beginning_of_the_largest_gap_comes_next(drawn: str, expected: range) -> None:
    assert webseed_ranges.largest_gap(pieces(drawn), 1000, 5000) == expected


def test_a_run_has_at_least_one_piece_however_long() -> None:
    assert webseed_ranges.largest_gap(pieces("xxx"), 64 * MIB) == range(1)
    assert webseed_ranges.second_half(range(5, 9), 64 * MIB) == range(8, 9)


def test_a_run_has_sixteen_mebibytes_at_most() -> None:
    assert webseed_ranges.largest_gap(Bitfield.full(100), MIB) == range(16)
    assert webseed_ranges.second_half(range(100), MIB) == range(84, 100)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (range(0), range(0)),
        (range(3, 4), range(3, 4)),
        (range(3, 5), range(4, 5)),
        (range(3, 8), range(5, 8)),
    ],
)
def test_the_second_half_is_taken_over(rest: range, expected: range) -> None:
    assert webseed_ranges.second_half(rest, 1000) == expected


def test_not_all_gaps_of_a_torrent_of_millions_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webseed_ranges, "RUNS_LOOKED_AT", 2)
    assert webseed_ranges.largest_gap(pieces("x.xx.xxx"), 1) == range(2, 4)


@pytest.mark.parametrize("seed", range(20))
def test_the_largest_gap_is_what_a_plain_search_finds(seed: int) -> None:
    rng = random.Random(seed)
    drawn = "".join(rng.choice("x.") for _ in range(rng.randrange(60)))
    longest = max(map(len, drawn.split(".")), default=0)
    found = webseed_ranges.largest_gap(pieces(drawn), 1)
    assert len(found) == longest
    assert drawn[found.start : found.stop] == "x" * longest


def test_a_run_is_cut_at_the_borders_of_files_and_empty_ones_are_left_out() -> None:
    info = info_of(files=[("a", 10), ("empty", 0), ("b", 5)], padding=6)
    found = list(webseed_ranges.parts(info, 4, 19))
    assert found == [
        Part(0, 4, 6, 10, False),
        Part(1, 0, 6, 6, True),
        Part(3, 0, 3, 5, False),
    ]


def test_a_file_that_is_missing_takes_all_its_pieces_along() -> None:
    length = 32 * 1024
    info = info_of(files=[("a", length), ("b", 2 * length), ("c", 5)])
    has = Bitfield.full(info.geometry.piece_count)
    webseed_ranges.without_files(info, has, 1)
    assert list(has) == [0, 3]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [("", range(0)), ("...", range(0)), ("x.xx", range(1)), (".xxxxxxx", range(1, 6))],
)
def test_the_first_gap_comes_next_if_order_matters(drawn: str, expected: range) -> None:
    assert webseed_ranges.first_gap(pieces(drawn), 1000, 5000) == expected
