"""Pieces of one file, and pieces that files share."""

from random import Random

import pytest

from raincore.base.geometry import Geometry
from raincore.storage import own_pieces


def test_a_piece_at_the_border_of_two_files_is_shared() -> None:
    geometry = Geometry(4, (6, 6))
    assert own_pieces.sharers(geometry, ()) == {1: [0, 1]}
    first, second = own_pieces.of_files(geometry, ()).values()
    assert (first.own, first.shared, first.total) == (range(1), (1,), 2)
    assert (second.own, second.shared, second.total) == (range(2, 3), (1,), 2)


def test_padding_shares_nothing() -> None:
    geometry = Geometry(4, (6, 2, 6))
    assert own_pieces.sharers(geometry, {1}) == {}
    assert [one.own for one in own_pieces.of_files(geometry, {1}).values()] == [
        range(2),
        range(2, 4),
    ]


def test_padding_of_the_wrong_length_does_not_part_files() -> None:
    """Nothing keeps a stranger from listing padding that aligns nothing."""
    geometry = Geometry(4, (1, 1, 6))
    assert own_pieces.sharers(geometry, {1}) == {0: [0, 2]}


def test_files_within_one_piece_have_none_of_their_own() -> None:
    geometry = Geometry(8, (3, 0, 3, 2))
    found = own_pieces.of_files(geometry, ())
    assert list(found) == [0, 2, 3]
    assert all(not one.own and one.shared == (0,) for one in found.values())
    assert own_pieces.sharers(geometry, ()) == {0: [0, 2, 3]}


@pytest.mark.parametrize("number", range(30))
def test_own_and_shared_pieces_are_what_looking_at_each_piece_says(seed: int, number: int) -> None:
    dice = Random(seed * 1000 + number)
    lengths = [dice.choice((0, 1, 3, 4, 5, 8, 9, 13)) for _ in range(dice.randint(1, 12))]
    padding = {index for index in range(len(lengths)) if dice.random() < 0.2}
    geometry = Geometry(4, lengths)
    found = own_pieces.of_files(geometry, padding)
    for index, length in enumerate(lengths):
        if not length or index in padding:
            assert index not in found
            continue
        alone = {
            piece: {span.file_index for span in geometry.file_spans(piece)} - padding == {index}
            for piece in geometry.pieces_of_file(index)
        }
        assert [piece for piece, own in alone.items() if own] == list(found[index].own)
        assert [piece for piece, own in alone.items() if not own] == list(found[index].shared)
