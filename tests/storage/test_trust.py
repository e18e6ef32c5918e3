"""What is believed, what is hashed, and what is known to be missing."""

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import DeviceError
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


def test_what_has_gone_with_all_that_was_verified_is_not_begun_anew():
    gone = (None, None, None, None)
    with pytest.raises(DeviceError, match=r"the content is gone, maybe its disk .*: /d"):
        trust.require_any(record(0), gone, "/d")
    with pytest.raises(DeviceError):  # padding is always there
        trust.require_any(record(0, files=((8, 0), *WHOLE[1:])), ((8, 0), None, None, None), "/d")


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (None, (None, None, None, None)),
        (record(files=(None, None, None, None)), (None, None, None, None)),
        (record(0), (None, None, None, (6, 2))),
        (record(0), WHOLE),
    ],
)
def test_what_was_never_there_or_is_there_in_part_is_begun(known, now):
    trust.require_any(known, now, "/d")
