import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.geometry import Geometry
from raincore.wire.piece_bounds import PieceBounds

GEOMETRY = Geometry(piece_length=10, file_lengths=(10, 10, 3))


def bounds(geometry: Geometry | None = GEOMETRY) -> PieceBounds:
    return PieceBounds(geometry, 1000)


@pytest.mark.parametrize(("piece", "there"), [(-1, False), (0, True), (2, True), (3, False)])
def test_pieces_are_counted(piece: int, there: bool) -> None:
    assert bounds().has_piece(piece) is there


@pytest.mark.parametrize(
    ("piece", "begin", "length", "there"),
    [
        (0, 0, 10, True),
        (0, 9, 1, True),
        (0, 0, 11, False),
        (0, 10, 1, False),
        (1, 4, 6, True),
        (2, 0, 3, True),
        (2, 0, 4, False),
        (2, 2, 2, False),
        (3, 0, 1, False),
        (-1, 0, 1, False),
    ],
)
def test_runs_lie_within_their_piece(piece: int, begin: int, length: int, there: bool) -> None:
    assert bounds().has_run(piece, begin, length) is there


def test_every_run_agrees_with_the_geometry() -> None:
    for piece in range(3):
        for begin in range(12):
            for length in range(1, 12):
                expected = begin + length <= GEOMETRY.length_of(piece)
                assert bounds().has_run(piece, begin, length) is expected


def test_while_nothing_is_known_indices_are_bounded_and_no_piece_has_bytes() -> None:
    unknown = bounds(None)
    assert not unknown.known
    assert unknown.has_piece(999)
    assert not unknown.has_piece(1000)
    assert not unknown.has_run(0, 0, 1)


def test_content_without_bytes_has_no_pieces() -> None:
    empty = bounds(Geometry(piece_length=10, file_lengths=(0,)))
    assert empty.known
    assert not empty.has_piece(0)
    assert not empty.has_run(0, 0, 1)
    assert len(empty.bitfield(b"")) == 0


def test_bitfields_are_read() -> None:
    assert list(bounds().bitfield(b"\xa0")) == [0, 2]


@pytest.mark.parametrize("data", [b"", b"\xa0\0", b"\x10"], ids=["short", "long", "spare bit"])
def test_bitfields_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        bounds().bitfield(data)
