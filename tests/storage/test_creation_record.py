"""What the files of a torrent were when it was made, so that an update knows them again."""

import os
import stat
import time

import pytest

from raincore.storage import creation_record
from raincore.storage.content_scan import SourceFile

HASH = "ab" * 20
SECOND = 1_000_000_000
BEGAN = 1_800_000_000 * SECOND


def file(number, ctime_ns=BEGAN - 10 * SECOND + 1):
    return SourceFile(f"/d/{number}", (b"%d" % number,), number, number + 7, False, ctime_ns, 99)


FILES = [file(number) for number in range(3)]


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "state" / "created")


def saved(files, place, began_ns=BEGAN):
    creation_record.save(HASH, files, began_ns, place)
    return creation_record.load(HASH, len(files), place)


def test_a_file_is_known_again_by_all_its_numbers(place):
    record = saved(FILES, place)
    assert [record.vouches(index, FILES[index]) for index in range(3)] == [True] * 3
    for change in ({"size": 5}, {"mtime_ns": 5}, {"ctime_ns": 5}, {"inode": 5}):
        assert not record.vouches(1, FILES[1]._replace(**change))
    assert record.vouches(1, FILES[1]._replace(path="/elsewhere"))
    assert not record.vouches(0, FILES[1])


def test_a_file_that_could_change_again_within_its_time_is_not_vouched_for(place):
    coarse = BEGAN - BEGAN % SECOND - SECOND
    files = [
        file(0, BEGAN - 1),
        file(1, BEGAN + 5 * SECOND + 1),
        file(2, coarse),
        file(3, BEGAN - creation_record.TICK_NS - 1),
        file(4, BEGAN - 3 * SECOND),
    ]
    record = saved(files, place)
    vouched = [record.vouches(index, each) for index, each in enumerate(files)]
    assert vouched == [False, False, False, True, True]


def test_a_later_record_takes_the_place_of_the_older(place):
    saved(FILES, place)
    record = saved([file(8), file(9), file(7)], place)
    assert record.vouches(0, file(8))
    assert os.listdir(place) == [HASH]
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o700


@pytest.mark.parametrize(
    "damage", [b"", b"x", b"rain-created-1\n\0", b"rain-created-1\n\0" + bytes(95)]
)
def test_what_is_no_record_of_so_many_files_is_none(place, damage):
    assert creation_record.load(HASH, 3, place) is None
    saved(FILES, place)
    assert creation_record.load(HASH, 2, place) is None
    assert creation_record.load(HASH, 4, place) is None
    assert creation_record.load(HASH, 1 << 40, place) is None
    with open(os.path.join(place, HASH), "wb") as out:
        out.write(damage)
    assert creation_record.load(HASH, 3, place) is None


def test_what_cannot_be_saved_is_passed_over(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    creation_record.save(HASH, FILES, BEGAN, str(tmp_path / "file"))
    creation_record.save(HASH, [FILES[0]._replace(inode=1 << 64)], BEGAN, str(tmp_path / "d"))
    assert creation_record.load(HASH, 1, str(tmp_path / "d")) is None


def test_the_oldest_are_deleted_when_there_are_too_many(place):
    os.makedirs(place)
    for number in range(creation_record.KEPT + creation_record.SPARE):
        path = os.path.join(place, f"{number:040}")
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os.utime(path, (number, number))
    saved(FILES, place)
    names = sorted(os.listdir(place))
    assert len(names) == creation_record.KEPT
    assert names[-1] == HASH
    assert names[0] == f"{creation_record.SPARE + 1:040}"


def test_it_lives_in_the_state_directory_of_the_user(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert creation_record.default_directory() == "/state/rain/created"
    monkeypatch.setenv("HOME", "/me")
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", unusable)
        assert creation_record.default_directory() == "/me/.local/state/rain/created"


def test_many_files_cost_little(place):
    files = [file(number) for number in range(20_000)]
    begin = time.thread_time()
    saved(files, place)
    assert time.thread_time() - begin < 0.2  # 0.01 s when it was written
