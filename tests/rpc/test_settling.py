"""Content that was handed over comes to its place, or nothing changes."""

import os
import shutil

import pytest

from raincore.base.errors import StorageError, WriteError
from raincore.rpc import settling


@pytest.fixture
def staging(tmp_path):
    place = tmp_path / ".moving-x"
    (place / "t").mkdir(parents=True)
    (place / "t" / "a").write_bytes(b"new")
    (place / "u").write_bytes(b"also new")
    return place


def test_a_place_that_does_not_exist_is_made(staging, tmp_path):
    home = tmp_path / "x"
    settling.settle(staging, home, True, 0o750)
    assert (home / "t" / "a").read_bytes() == b"new"
    assert (home / "u").read_bytes() == b"also new"
    assert not staging.exists()


def test_what_an_earlier_torrent_of_that_id_left_makes_way(staging, tmp_path):
    home = tmp_path / "x"
    (home / "u").mkdir(parents=True)
    (home / "u" / "old").write_bytes(b"old")
    (home / "t").symlink_to("/nowhere")
    settling.settle(staging, home, True, 0o750)
    assert (home / "t" / "a").read_bytes() == b"new"
    assert (home / "u").read_bytes() == b"also new"


def test_where_others_have_content_all_of_it_has_a_place_or_nothing_is_moved(staging, tmp_path):
    (tmp_path / "u").write_bytes(b"of somebody else")
    with pytest.raises(StorageError, match="something is there already: u"):
        settling.settle(staging, tmp_path, False, 0o750)
    assert (staging / "t" / "a").exists()
    assert not (tmp_path / "t").exists()
    assert (tmp_path / "u").read_bytes() == b"of somebody else"


def test_what_will_be_gone_is_in_nobodys_way(staging, tmp_path):
    (tmp_path / "u").write_bytes(b"of the torrent that is replaced")
    with pytest.raises(StorageError):
        settling.see_free({"t", "u"}, tmp_path)
    settling.see_free({"t", "u"}, tmp_path, {"u"})


def test_content_of_no_bytes_needs_no_place(tmp_path):
    settling.see_free((), tmp_path)
    settling.settle(tmp_path / "nothing", tmp_path / "x", True, 0o750)
    assert not (tmp_path / "x").exists()


def test_a_place_on_another_disk_is_copied_to(staging, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(18, "Invalid cross-device link", str(source))

    monkeypatch.setattr(os, "rename", refuse)
    settling.settle(staging, tmp_path / "x", True, 0o750)
    assert (tmp_path / "x" / "t" / "a").read_bytes() == b"new"
    assert not staging.exists()


def test_what_the_system_refuses_is_said_with_its_place(staging, tmp_path):
    shutil.rmtree(tmp_path / "x", ignore_errors=True)
    (tmp_path / "x").write_bytes(b"a file where the directory should be")
    with pytest.raises(WriteError, match=r"cannot put content to its place: .*: .*/x"):
        settling.settle(staging, tmp_path / "x", True, 0o750)
    assert (staging / "u").exists()
