"""What was verified of one torrent in one directory, and how much of it still holds."""

import json

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError
from raincore.base.geometry import Geometry
from raincore.storage import resume_record
from raincore.storage.resume_record import ResumeRecord


def test_a_record_survives_json():
    record = ResumeRecord("ab" * 20, "/data", ((5, 17), None, (3, 0)), b"\xc0")
    assert resume_record.parse(json.loads(json.dumps(resume_record.encode(record)))) == record


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"v": 1}])
def test_anything_else_is_no_record(value):
    with pytest.raises(FormatError):
        resume_record.parse(value)


GEOMETRY = Geometry(4, (6, 2, 4))  # pieces: file 0 | files 0 and 1 | file 2


def bits(files, now, have=b"\xe0"):
    record = ResumeRecord("ab" * 20, "/d", files, have)
    return list(resume_record.trusted(record, now, GEOMETRY))


SAVED = ((6, 1), (2, 2), (4, 3))


@pytest.mark.parametrize(
    ("now", "trusted"),
    [
        (SAVED, [0, 1, 2]),
        (((6, 9), (2, 2), (4, 3)), [2]),
        (((5, 1), (2, 2), (4, 3)), [2]),
        (((6, 1), (2, 9), (4, 3)), [0, 2]),
        (((6, 1), (2, 2), None), [0, 1]),
        (((6, 1), (2, 2)), []),
    ],
)
def test_pieces_of_changed_files_are_not_trusted(now, trusted):
    assert bits(SAVED, now) == trusted


def test_a_file_that_was_missing_is_not_trusted_though_nothing_changed():
    files = ((6, 1), None, (4, 3))
    assert bits(files, files) == [0, 2]


@pytest.mark.parametrize("have", [b"", b"\xff", b"\xe0\0"])
def test_a_bitfield_that_does_not_fit_is_not_trusted(have):
    assert bits(SAVED, SAVED, have) == []


def test_only_verified_pieces_are_trusted():
    assert bits(SAVED, SAVED, b"\x40") == [1]


def test_only_pieces_of_changed_files_are_doubtful():
    geometry = Geometry(piece_length=4, file_lengths=(8, 8))
    record = ResumeRecord("00" * 20, "/d", ((8, 1), (8, 2)), Bitfield(4, (0,)).to_bytes())
    assert list(resume_record.doubtful(record, ((8, 1), (8, 2)), geometry)) == []
    assert list(resume_record.doubtful(record, ((8, 1), (8, 3)), geometry)) == [2, 3]
    assert list(resume_record.doubtful(record, ((8, 1), None), geometry)) == [2, 3]


def test_a_file_that_never_came_into_being_is_not_doubtful():
    geometry = Geometry(piece_length=4, file_lengths=(8, 8))
    record = ResumeRecord("00" * 20, "/d", ((8, 1), None), Bitfield(4, (0,)).to_bytes())
    assert list(resume_record.doubtful(record, ((8, 1), None), geometry)) == []


def test_everything_is_doubtful_if_the_record_is_of_other_files():
    geometry = Geometry(piece_length=4, file_lengths=(8, 8))
    record = ResumeRecord("00" * 20, "/d", ((8, 1),), Bitfield(4).to_bytes())
    assert resume_record.doubtful(record, ((8, 1), (8, 2)), geometry).all()
    record = ResumeRecord("00" * 20, "/d", ((8, 1), (8, 2)), b"")
    assert resume_record.doubtful(record, ((8, 1), (8, 2)), geometry).all()
