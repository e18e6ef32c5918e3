"""What broken moves have left goes when nobody has gone on with them for long."""

import os
import time

import pytest

from raincore.base.errors import WriteError
from raincore.rpc import leftovers

NOW = time.time() + leftovers.KEEP_SECONDS + 3600.0
OLD = NOW - leftovers.KEEP_SECONDS - 7200.0


def left(data, id, *ages):
    """A directory of a move, in which each thing was written so long ago."""
    folder = data / f"{leftovers.PREFIX}{id}" / "t"
    folder.mkdir(parents=True)
    for number, age in enumerate(ages):
        path = folder / f"f{number}"
        path.write_bytes(b"x")
        os.utime(path, (age, age))
    for path in (folder, folder.parent):
        os.utime(path, (OLD, OLD))
    return folder.parent


def test_what_is_old_in_all_its_parts_is_stale(tmp_path):
    left(tmp_path, "old", OLD, OLD)
    left(tmp_path, "an-older", OLD)
    left(tmp_path, "going-on", OLD, NOW - 60)
    assert leftovers.stale(tmp_path, NOW) == ["an-older", "old"]


def test_what_came_today_is_not_stale_however_old_the_files_were_at_the_sender(tmp_path):
    left(tmp_path, "new", 86400.0)
    assert leftovers.stale(tmp_path, time.time()) == []


def test_nothing_else_is(tmp_path):
    (tmp_path / "torrent").mkdir()
    (tmp_path / ".moving-file").write_bytes(b"x")
    (tmp_path / ".moving-link").symlink_to(tmp_path / "torrent")
    for path in tmp_path.iterdir():
        os.utime(path, (OLD, OLD), follow_symlinks=False)
    assert leftovers.stale(tmp_path, NOW) == []
    assert leftovers.stale(tmp_path / "nowhere", NOW) == []


def test_what_vanishes_under_the_look_is_not_judged(tmp_path, monkeypatch):
    left(tmp_path, "old", OLD)

    def gone(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "lstat", gone)
    assert leftovers.stale(tmp_path, NOW) == []


def test_it_is_removed_and_its_links_are_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"of somebody else")
    place = left(tmp_path, "old", OLD)
    (place / "link").symlink_to(other)
    leftovers.remove(place)
    assert not place.exists()
    assert other.exists()
    with pytest.raises(WriteError, match="cannot delete: no such file"):
        leftovers.remove(place)
