"""Where runs of blocks end."""

from __future__ import annotations

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.wire.block_runs import run_end
from raincore.wire.messages import Block

WHOLE = memoryview(bytes(BLOCK_LENGTH))


def blocks(*places: tuple[int, int]) -> list[Block]:
    return [Block(piece, number * BLOCK_LENGTH, WHOLE) for piece, number in places]


@pytest.mark.parametrize(
    ("arrived", "ends"),
    [
        (blocks((0, 0)), [1]),
        (blocks((0, 0), (0, 1), (0, 2)), [3]),
        (blocks((0, 0), (0, 2), (0, 3)), [1, 3]),
        (blocks((0, 3), (1, 4), (1, 5)), [1, 3]),
        (blocks((0, 1), (0, 0)), [1, 2]),
        ([Block(0, 0, WHOLE[:9]), *blocks((0, 1))], [1, 2]),
        ([*blocks((0, 0)), Block(0, BLOCK_LENGTH, WHOLE[:9])], [1, 2]),
    ],
)
def test_a_run_ends_where_the_next_block_is_another_one_or_no_whole_one(
    arrived: list[Block], ends: list[int]
) -> None:
    found, start = [], 0
    while start < len(arrived):
        start = run_end(arrived, start)
        found.append(start)
    assert found == ends
