"""What was written is synced: few files one by one, many by their file system."""

import errno
import os

import pytest

from raincore.base.errors import NoSpace, UnsafePath, WriteError
from raincore.storage import syncing
from raincore.storage.descriptors import Descriptors
from raincore.storage.directory_tree import DirectoryTree
from raincore.storage.layout import Layout, PlacedFile

COUNT = syncing.MANY + 1


@pytest.fixture
def made(tmp_path):
    """Many files in two folders, and what keeps track of them."""
    files = tuple(PlacedFile((f"d{n % 2}", f"f{n}"), 1) for n in range(COUNT))
    tree = DirectoryTree(tmp_path, follow_symlinks=False)
    for file in files:
        os.close(tree.open_file(file.parts, os.O_RDWR | os.O_CREAT))
    descriptors = Descriptors(lambda index, _: tree.open_file(files[index].parts, os.O_RDWR), 4)
    yield syncing.Syncing(Layout(tmp_path, files), tree, descriptors)
    descriptors.close()


@pytest.fixture
def calls(monkeypatch):
    """Which files were synced alone, and what else was."""
    found = {"each": [], "many": []}

    def name(descriptor):
        return os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fdatasync", lambda d: found["each"].append(name(d)))
    monkeypatch.setattr(syncing, "system_call", lambda: lambda d: found["many"].append(name(d)))
    return found


def note_all(made):
    for index in range(COUNT):
        made.note(index)


def test_few_files_are_synced_one_by_one(made, calls):
    made.note(0)
    made.note(2)
    made.sync()
    assert calls == {"each": ["f2", "f0"], "many": []}


def test_many_files_are_synced_with_their_file_system_once(made, calls):
    note_all(made)
    made.sync()
    assert calls["each"] == []
    assert len(calls["many"]) == 1
    assert not made.due


def test_what_is_written_while_files_are_synced_is_for_the_next_time(made, calls, monkeypatch):
    synced = []

    def fdatasync(descriptor):
        synced.append(descriptor)
        for index in range(COUNT):  # somebody writes quicker than this can be
            made.note(index)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    made.note(0)
    made.sync()
    assert len(synced) == 1
    made.sync()
    assert len(synced) == 1
    assert len(calls["many"]) == 1


def test_the_system_has_that_call():
    call = syncing.system_call()
    assert call is not None
    descriptor = os.open(".", os.O_RDONLY)
    call(descriptor)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        call(-1)


def test_a_system_without_that_call_syncs_one_by_one(made, calls, monkeypatch):
    monkeypatch.setattr(syncing, "system_call", lambda: None)
    note_all(made)
    made.sync()
    assert len(calls["each"]) == COUNT


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, NoSpace), (errno.EIO, WriteError)])
def test_what_could_not_be_synced_stays_due(made, calls, monkeypatch, number, kind):
    def refuse(descriptor):
        made.note(0)  # written meanwhile
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(syncing, "system_call", lambda: refuse)
    note_all(made)
    with pytest.raises(kind, match="cannot sync"):
        made.sync()
    assert sorted(made.due) == list(range(COUNT))


def test_a_folder_that_became_a_symlink_is_not_followed(made, calls, tmp_path):
    note_all(made)
    (tmp_path / "d0").rename(tmp_path / "elsewhere")
    (tmp_path / "d0").symlink_to("/")
    with pytest.raises(UnsafePath):
        made.sync()
    assert sorted(made.due) == list(range(COUNT))


def test_what_was_removed_needs_no_sync(made, calls, tmp_path):
    note_all(made)
    for name in ("d0", "d1"):
        (tmp_path / name).rename(tmp_path / f"gone-{name}")
    made.sync()
    assert calls == {"each": [], "many": []}
    made.note(0)
    made.sync()
    assert calls["each"] == []


def test_a_folder_that_cannot_be_synced_is_an_error(made, calls, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    made.note(0)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteError, match="cannot sync"):
        made.sync()
