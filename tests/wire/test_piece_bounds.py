import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.geometry import Geometry
from raincore.wire import messages as m
from raincore.wire.lt_donthave import DontHave
from raincore.wire.piece_bounds import PieceBounds, validate_early

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
    assert empty.fault(m.PieceBitfield(b"")) == ""
    assert len(empty.have([])) == 0


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (m.Have(3), "no such piece: Have 3"),
        (m.Suggest(3), "no such piece: Suggest 3"),
        (m.AllowedFast(3), "no such piece: AllowedFast 3"),
        (m.Request(2, 1, 3), "Request outside the content: piece 2, bytes 1+3"),
        (m.Cancel(0, 10, 1), "Cancel outside the content: piece 0, bytes 10+1"),
        (m.Reject(3, 0, 1), "Reject outside the content: piece 3, bytes 0+1"),
        (m.Block(2, 2, b"xy"), "Block outside the content: piece 2, bytes 2+2"),
        (m.PieceBitfield(b""), "bitfield must be 1 bytes, not 0"),
        (m.PieceBitfield(b"\xa0\0"), "bitfield must be 1 bytes, not 2"),
        (m.PieceBitfield(b"\x10"), "bitfield has spare bits set"),
    ],
    ids=repr,
)
def test_what_does_not_exist_is_named(message: m.Message, fault: str) -> None:
    assert bounds().fault(message) == fault


@pytest.mark.parametrize(
    "message",
    [m.Have(2), m.Request(2, 0, 3), m.Block(0, 9, b"x"), m.PieceBitfield(b"\xe0"), m.Port(1)],
    ids=repr,
)
def test_what_exists_may_pass(message: m.Message) -> None:
    assert bounds().fault(message) == ""


def test_while_nothing_is_known_only_news_about_pieces_pass() -> None:
    unknown = bounds(None)
    assert unknown.fault(m.Have(999)) == ""
    assert unknown.fault(m.Have(1000)) == "no such piece: Have 1000"
    assert unknown.fault(m.PieceBitfield(b"any")) == ""
    assert unknown.fault(m.Request(0, 0, 1)) == "Request before any piece is known: 0"


def test_what_was_said_adds_up_to_a_bitfield() -> None:
    assert list(bounds().have([m.PieceBitfield(b"\x80"), m.Have(2), m.KeepAlive()])) == [0, 2]
    assert bounds().have([m.HaveAll()]).all()
    assert not bounds().have([m.HaveNone()]).any()


@pytest.mark.parametrize("message", [m.Have(3), m.PieceBitfield(b"\x10")], ids=repr)
def test_what_cannot_be_ends_the_connection(message: m.Message) -> None:
    with pytest.raises(RemoteProtocolError):
        bounds().have([message])


def test_early_news_give_a_bitfield() -> None:
    assert list(validate_early([], GEOMETRY)) == []
    assert list(validate_early([m.Have(0), m.Have(2)], GEOMETRY)) == [0, 2]
    assert list(validate_early([m.PieceBitfield(b"\x80"), m.Have(1)], GEOMETRY)) == [0, 1]
    assert list(validate_early([m.HaveAll()], GEOMETRY)) == [0, 1, 2]
    assert list(validate_early([m.HaveNone(), m.Have(2), m.KeepAlive()], GEOMETRY)) == [2]
    assert list(validate_early([m.HaveAll(), DontHave(1)], GEOMETRY)) == [0, 2]


@pytest.mark.parametrize(
    "message",
    [
        m.Have(3),
        m.PieceBitfield(b""),
        m.PieceBitfield(b"\xf0"),
        m.PieceBitfield(b"\xe0\0"),
        DontHave(3),
    ],
    ids=repr,
)
def test_early_news_that_were_wrong_are_refused(message: m.Message) -> None:
    with pytest.raises(RemoteProtocolError):
        validate_early([message], GEOMETRY)


def test_a_piece_that_ends_with_its_file_may_be_asked_for_up_to_its_padding() -> None:
    bounds = PieceBounds(Geometry(10, [7, 3, 14], {0: 7, 2: 4}))
    for piece, begin, length in ((0, 0, 7), (0, 0, 10), (1, 0, 10), (2, 0, 4), (2, 3, 7)):
        assert bounds.may_ask(piece, begin, length)
        assert not bounds.fault(m.Cancel(piece, begin, length))
        assert not bounds.fault(m.Reject(piece, begin, length)), "we may refuse what may be asked"
    for piece, begin, length in ((0, 0, 11), (1, 1, 10), (2, 4, 7), (3, 0, 1)):
        assert not bounds.may_ask(piece, begin, length)
        assert bounds.fault(m.Cancel(piece, begin, length))
        assert bounds.fault(m.Reject(piece, begin, length))
    assert bounds.has_run(0, 0, 7)
    assert not bounds.has_run(0, 0, 8)
    assert bounds.fault(m.Block(0, 0, bytes(8)))
