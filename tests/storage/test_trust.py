"""What is believed, what is hashed, and what is known to be missing."""

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.geometry import Geometry
from raincore.storage import trust
from raincore.storage.resume_record import ResumeRecord

GEOMETRY = Geometry(4, (8, 0, 6, 6))  # pieces 0-1, then 2-3 (to 14), 3-4 (to 20)
WHOLE = ((8, 1), (0, 1), (6, 1), (6, 1))


def record(*have: int, files=WHOLE) -> ResumeRecord:
    return ResumeRecord("ab" * 20, "/d", files, Bitfield(5, have).to_bytes())


def decided(known, now, *, quick=False):
    believed, doubtful = trust.decide(known, now, GEOMETRY, quick=quick)
    assert not believed.meets(doubtful)
    return list(believed), list(doubtful)


def test_without_a_record_everything_is_hashed():
    assert decided(None, WHOLE) == ([], [0, 1, 2, 3, 4])


def test_what_a_record_has_is_believed_and_the_rest_known_to_be_missing():
    assert decided(record(0, 2), WHOLE) == ([0, 2], [])


def test_files_that_changed_are_hashed_and_no_others():
    now = (WHOLE[0], WHOLE[1], (6, 2), WHOLE[3])
    assert decided(record(0, 1, 2, 3, 4), now) == ([0, 1, 4], [2, 3])


def test_who_is_in_a_hurry_believes_what_has_the_right_size():
    now = ((8, 9), None, (6, 9), (5, 9))
    assert decided(None, now, quick=True) == ([0, 1, 2], [3, 4])


@pytest.mark.parametrize("size", [7, 9])
def test_a_file_of_another_size_is_hashed_even_then(size):
    now = ((size, 1), (0, 1), (6, 1), (6, 1))
    assert decided(None, now, quick=True) == ([2, 3, 4], [0, 1])


def test_who_is_in_a_hurry_still_does_not_believe_what_a_record_lacks():
    assert decided(record(0, 2), WHOLE, quick=True) == ([0, 2], [])
