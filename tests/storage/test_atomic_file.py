"""A whole file that appears under its name at once, or not at all."""

import errno
import os
import stat

import pytest

from raincore.base.errors import NoSpace, WriteError
from raincore.storage import atomic_file


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_new_file_has_the_bytes_and_the_mode_of_the_umask(tmp_path, overwrite):
    before = os.umask(0o027)
    try:
        atomic_file.write(str(tmp_path / "a"), b"data", overwrite=overwrite)
    finally:
        assert os.umask(before) == 0o027
    assert (tmp_path / "a").read_bytes() == b"data"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["a"]


def test_a_relative_path_is_in_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atomic_file.write("a", b"data", overwrite=False)
    assert names(tmp_path) == ["a"]


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(WriteError, match="file exists") as caught:
        atomic_file.write(str(tmp_path / "a"), b"new", overwrite=False)
    assert caught.value.path == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("links_work", [False, True])
def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch, links_work):
    real = os.link

    def link(source, target):
        (tmp_path / "a").write_bytes(b"theirs")
        if links_work:
            return real(source, target)
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(WriteError, match="file exists"):
        atomic_file.write(str(tmp_path / "a"), b"ours", overwrite=False)
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert names(tmp_path) == ["a"]


def test_a_file_system_without_links_works_too(tmp_path, monkeypatch):
    def link(source, target):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    atomic_file.write(str(tmp_path / "a"), b"ours", overwrite=False)
    assert (tmp_path / "a").read_bytes() == b"ours"
    assert names(tmp_path) == ["a"]


def test_overwriting_a_symlink_writes_what_it_leads_to(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "a").symlink_to("real")
    atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True)
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace):
        atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(("name", "why"), [("missing/a", "cannot write"), ("\0", "not a path")])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name, why):
    with pytest.raises(WriteError, match=why):
        atomic_file.write(f"{tmp_path}/{name}", b"new", overwrite=True)


def test_a_directory_in_the_way_is_not_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(WriteError, match="is a directory"):
        atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True)
    assert names(tmp_path) == ["a"]


def test_a_pipe_is_written_into_and_stays(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for overwrite in (True, False):
            atomic_file.write(str(path), b"data", overwrite=overwrite)
            assert os.read(reader, 100) == b"data"
    finally:
        os.close(reader)
    assert path.is_fifo()


def test_a_file_that_is_replaced_may_keep_mode_and_owner(tmp_path):
    old = tmp_path / "a"
    old.write_bytes(b"old")
    old.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(old, 12345, 54321)
    before = old.stat()
    atomic_file.write(str(old), b"new", overwrite=True, keep=True)
    after = old.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert after.st_ino != before.st_ino


def test_access_of_a_file_that_is_not_there_cannot_be_kept(tmp_path):
    atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True, keep=True)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~atomic_file.current_umask()


def test_access_that_the_system_does_not_let_us_keep_is_no_reason_to_stop(tmp_path, monkeypatch):
    def fchown(*_):
        raise PermissionError(errno.EPERM, "not yours")

    monkeypatch.setattr(os, "fchown", fchown)
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o600)
    atomic_file.write(str(tmp_path / "a"), b"new", overwrite=True, keep=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_secret_file_is_for_its_owner_only_whatever_the_umask(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o666)
    umask = os.umask(0)
    try:
        atomic_file.write(str(path), b"x", overwrite=True, secret=True)
    finally:
        os.umask(umask)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"x", 0o600)
