from itertools import pairwise
from random import Random

import pytest

from raincore.storage.piece_runs import joined, runs_of


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [([], []), ([0], [(0, 0)]), ([0, 1, 2], [(0, 2)]), ([1, 3, 4, 9], [(1, 1), (3, 4), (9, 9)])],
)
def test_neighbours_become_one_run(numbers: list[int], runs: list[tuple[int, int]]) -> None:
    assert list(runs_of(numbers)) == runs


@pytest.mark.parametrize("seed", range(20))
def test_runs_hold_the_very_same_numbers(seed: int) -> None:
    dice = Random(seed)
    numbers = sorted({dice.randrange(60) for _ in range(40)})
    runs = list(runs_of(numbers))
    assert [n for first, last in runs for n in range(first, last + 1)] == numbers
    assert all(b[0] - a[1] > 1 for a, b in pairwise(runs))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [([], []), ([(0, 3)], [(0, 3)]), ([(0, 1), (2, 2), (4, 5), (6, 9)], [(0, 2), (4, 9)])],
)
def test_runs_that_touch_become_one(
    runs: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert list(joined(runs)) == expected
