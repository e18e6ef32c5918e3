"""Room is kept while there is plenty, and given up once."""

import os
from types import SimpleNamespace

import pytest

from raincore.storage.reserve_file import ReserveFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reserve"


def test_room_is_taken_and_given_up(path):
    reserve = ReserveFile(path, 10_000)
    assert not reserve.spend()
    for _ in range(2):
        reserve.keep()
        status = path.stat()
        assert status.st_size == 10_000
        assert status.st_blocks * 512 >= 10_000, "it is no hole"
        assert status.st_mode & 0o777 == 0o600
    assert reserve.spend()
    assert not path.exists()
    assert not reserve.spend()


def test_what_is_too_short_is_made_anew(path):
    path.write_bytes(b"x")
    ReserveFile(path, 10_000).keep()
    assert path.stat().st_size == 10_000


def test_where_there_is_little_room_nothing_is_taken(path, monkeypatch):
    little = SimpleNamespace(f_bavail=15, f_frsize=10_000)
    monkeypatch.setattr(os, "statvfs", lambda path: little)
    ReserveFile(path, 10_000).keep()
    assert not path.exists()


def test_room_that_cannot_be_had_leaves_nothing_behind(path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    ReserveFile(path, 10_000).keep()
    assert not path.exists()
    ReserveFile(path / "x" / "y").keep()
