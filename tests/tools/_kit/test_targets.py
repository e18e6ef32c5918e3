"""Where new .torrent files go; what is wrong with a place is found before hours of hashing."""

import os

import click
import pytest

from raincore.base.errors import ConfigError, WriteError
from raintools._kit import targets
from raintools._kit.targets import Targets


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").write_bytes(b"precious")
    (tmp_path / "nowhere").symlink_to("missing")
    return tmp_path


@pytest.mark.parametrize(
    ("out", "path"),
    [
        (None, "n.torrent"),
        ("dir", "dir/n.torrent"),
        ("dir/", "dir/n.torrent"),
        ("x", "x"),
        ("-", None),
    ],
)
def test_a_place_is_a_directory_a_file_or_stdout(out, path):
    assert Targets(out, force=False, count=1).of("n") == path


@pytest.mark.parametrize("out", ["-", "file", "missing", "missing/"])
def test_only_a_directory_has_room_for_several(out, here):
    (here / "-").mkdir()  # which "-" does not mean
    with pytest.raises(click.UsageError, match="-o needs a directory"):
        Targets(out, force=True, count=2)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("", r"no such directory: \(empty\)"),
        ("missing/", "no such directory: missing/"),
        ("missing/x", "no such directory: missing"),
        ("file/x", "not a directory: file/x"),
        ("dir", "a directory is there: dir"),
        ("n" * 256, "file name too long: nnn"),
    ],
)
def test_a_place_that_can_never_be_written_is_refused_even_by_force(target, reason):
    for force in (False, True):
        with pytest.raises(WriteError, match=reason):
            targets.require_place(target, force=force)


@pytest.mark.parametrize("target", ["file", "nowhere"])
def test_what_is_there_stays_unless_forced(target):
    with pytest.raises(WriteError, match=f"--force would overwrite it: {target}"):
        targets.require_place(target, force=False)
    targets.require_place(target, force=True)


def test_a_device_or_a_pipe_needs_no_force(here):
    os.mkfifo(here / "pipe")
    for target in ("pipe", "/dev/null"):
        targets.require_place(target, force=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written_is_named(here):
    (here / "dir").chmod(0o555)
    with pytest.raises(WriteError, match=r"cannot write into the directory: .*/dir"):
        targets.require_place("dir/x", force=False)


def test_no_torrent_of_a_run_takes_the_place_of_another(here):
    (here / "dir" / "same.torrent").symlink_to("n.torrent")
    places = Targets("dir", force=True, count=2)
    assert places.of("n") == "dir/n.torrent"
    for name in ("n", "same"):
        with pytest.raises(ConfigError, match="another torrent of this run"):
            places.of(name)
    (here / "same.torrent").symlink_to("/dev/null")
    both = Targets(".", force=True, count=2)
    assert both.of("same") == both.of("same") == "same.torrent"


def test_a_path_is_told_whatever_is_there(here):
    (here / "n.torrent").write_bytes(b"old")
    assert Targets(None, force=False, count=1).path_of("n") == "n.torrent"


def test_only_a_file_that_would_be_replaced_stays_apart(here):
    status = os.stat(here / "file")
    assert targets.apart_of("file") == [(status.st_dev, status.st_ino)]
    for target in (None, "missing", "dir", "/dev/null"):
        assert targets.apart_of(target) == []
