import pytest

from raincore.policy.priorities import Priority, edges_of, ranks
from tests.swarm.swarm_world import PIECE_LENGTH, info_of

SIX = info_of(
    files=[("a", 2 * PIECE_LENGTH), ("b", PIECE_LENGTH // 2), ("c", 7 * PIECE_LENGTH // 2)]
)
"""a: pieces 0 and 1; b: 2; c: 2 to 5."""
LOW, NORMAL, HIGH = Priority.LOW, Priority.NORMAL, Priority.HIGH


@pytest.mark.parametrize(
    ("wanted", "priorities", "expected"),
    [
        ([0, 1, 2], {}, []),
        ([0, 1, 2], {0: NORMAL}, []),
        ([0, 1, 2], {2: HIGH}, [[2, 3, 4, 5]]),
        ([0, 1, 2], {1: LOW}, [[0, 1, 2, 3, 4, 5]]),
        ([0, 1, 2], {0: LOW, 1: HIGH}, [[2], [2, 3, 4, 5]]),
        ([0, 1], {0: LOW, 1: LOW, 2: HIGH}, []),
        ([], {0: HIGH}, []),
    ],
)
def test_files_that_are_wanted_more_come_first(
    wanted: list[int], priorities: dict[int, Priority], expected: list[list[int]]
) -> None:
    assert [list(rank) for rank in ranks(SIX, wanted, priorities)] == expected


def test_edges_come_before_the_middle_of_files_that_are_wanted_alike() -> None:
    found = ranks(SIX, [0, 2], {0: HIGH}, edges_first=True)
    assert [list(rank) for rank in found] == [[0, 1], [0, 1], [2, 5]]


def test_padding_has_no_number() -> None:
    info = info_of(files=[("a", PIECE_LENGTH - 100), ("b", PIECE_LENGTH)], padding=100)
    assert [list(rank) for rank in ranks(info, [0, 1], {1: HIGH})] == [[1]]


def test_the_edges_of_a_file_grow_with_it_up_to_8_mib() -> None:
    info = info_of(pieces=1000)
    assert edges_of(info, 0) == (range(10), range(990, 1000))
    large = info_of(pieces=100_000)
    eight_mib = 8 * 1024 * 1024 // PIECE_LENGTH
    assert edges_of(large, 0)[0] == range(eight_mib)
    assert edges_of(info_of(pieces=1), 0) == (range(1), range(1))


def test_an_empty_file_has_no_edges() -> None:
    info = info_of(files=[("a", 0), ("b", 5)])
    assert edges_of(info, 0) == (range(0), range(0))
