"""Geometry against the plain way: a content of numbered bytes, cut by hand."""

import random

import pytest

from raincore.base.errors import FormatError
from raincore.base.geometry import BLOCK_LENGTH, FileSpan, Geometry


@pytest.fixture(params=range(20))
def layout(request, seed):
    """A random small geometry and its content as a list of (file, offset)."""
    rng = random.Random(seed * 100 + request.param)
    lengths = [rng.choice([0, 1, 2, 3, 7, 8, 9]) for _ in range(rng.randrange(1, 8))]
    content = [(n, at) for n, length in enumerate(lengths) for at in range(length)]
    return Geometry(rng.randrange(1, 10), lengths), content


def spelt_out(spans):
    return [(s.file_index, at) for s in spans for at in range(s.offset, s.offset + s.length)]


def test_pieces_cut_the_content_without_gap(layout):
    geometry, content = layout
    found = []
    for piece in range(geometry.piece_count):
        spans = geometry.file_spans(piece)
        assert all(span.length > 0 for span in spans)
        assert len(spelt_out(spans)) == geometry.length_of(piece)
        found += spelt_out(spans)
    assert found == content
    assert geometry.total_length == len(content)


def test_any_run_of_the_content_is_cut_into_files(layout):
    geometry, content = layout
    for start in range(len(content) + 1):
        for end in range(start, len(content) + 1):
            assert spelt_out(geometry.spans(start, end - start)) == content[start:end]


def test_pieces_of_a_file_are_those_that_touch_it(layout):
    geometry, _ = layout
    for index in range(len(geometry.file_lengths)):
        touching = [
            piece
            for piece in range(geometry.piece_count)
            if any(span.file_index == index for span in geometry.file_spans(piece))
        ]
        assert list(geometry.pieces_of_file(index)) == touching


def test_a_span_names_file_offset_and_length():
    geometry = Geometry(piece_length=4, file_lengths=(3, 0, 6))
    assert geometry.file_spans(0) == (FileSpan(0, 0, 3), FileSpan(2, 0, 1))


def test_only_the_last_piece_is_shorter():
    geometry = Geometry(4, [9])
    assert [geometry.length_of(piece) for piece in range(3)] == [4, 4, 1]
    assert geometry.offset_of(2) == 8


@pytest.mark.parametrize("piece", [-1, 3])
def test_a_piece_out_of_range_is_a_bug(piece):
    geometry = Geometry(4, [9])
    with pytest.raises(IndexError):
        geometry.length_of(piece)


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (0, 10), (9, 1)])
def test_a_run_that_leaves_the_content_is_a_bug(offset, length):
    with pytest.raises(IndexError):
        list(Geometry(4, [9]).spans(offset, length))


def test_a_piece_length_of_nothing_is_refused():
    with pytest.raises(FormatError, match="positive"):
        Geometry(0, [1])


def test_blocks_are_numbered_over_the_whole_content():
    geometry = Geometry(3 * BLOCK_LENGTH, [5 * BLOCK_LENGTH + 10])
    assert geometry.blocks_per_piece == 3
    assert [geometry.block_count(piece) for piece in (0, 1)] == [3, 3]
    assert geometry.first_block(1) == 3
    assert geometry.request_of(1) == (0, BLOCK_LENGTH, BLOCK_LENGTH)
    assert geometry.request_of(5) == (1, 2 * BLOCK_LENGTH, 10)


def test_blocks_of_a_piece_that_is_no_multiple_of_a_block_leave_no_gap():
    geometry = Geometry(BLOCK_LENGTH + 1, [2 * BLOCK_LENGTH + 2])
    assert geometry.blocks_per_piece == 2
    requests = [geometry.request_of(block) for block in range(4)]
    assert requests == [
        (0, 0, BLOCK_LENGTH),
        (0, BLOCK_LENGTH, 1),
        (1, 0, BLOCK_LENGTH),
        (1, BLOCK_LENGTH, 1),
    ]


def test_empty_content_has_no_pieces():
    assert Geometry(4, [0, 0]).piece_count == 0
    assert Geometry(4, []).total_length == 0


def test_pieces_that_end_with_their_file_are_shorter() -> None:
    geometry = Geometry(10, [7, 3, 14], {0: 7, 2: 4})
    assert [geometry.length_of(piece) for piece in range(3)] == [7, 10, 4]
    assert geometry.file_spans(0) == (FileSpan(0, 0, 7),)
    assert geometry.request_of(0) == (0, 0, 7)
