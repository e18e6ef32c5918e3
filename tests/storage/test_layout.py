"""Where each file of a torrent lies under one root directory."""

from pathlib import Path

import pytest

from raincore.base.errors import UnsafePath
from raincore.storage.layout import Layout, PlacedFile


def test_a_file_lies_below_the_root():
    layout = Layout(Path("/data"), (PlacedFile(("album", "a.mp3"), 3),))
    assert layout.path_of(0) == Path("/data/album/a.mp3")


def test_padding_lies_nowhere():
    layout = Layout(Path("/data"), (PlacedFile((), 3, "p"),))
    assert layout.files[0].is_padding
    assert layout.path_of(0) is None


@pytest.mark.parametrize("part", ["", ".", "..", "a/b", "/etc", "a\0b"])
def test_a_component_that_could_leave_its_directory_is_refused(part):
    with pytest.raises(UnsafePath):
        Layout(Path("/data"), (PlacedFile(("album", part), 1),))


def test_a_symlink_target_is_checked_like_a_path():
    with pytest.raises(UnsafePath):
        Layout(Path("/data"), (PlacedFile(("a",), 0, "l", symlink=("..", "x")),))


@pytest.mark.parametrize("part", ["a:b", "CON", "x.", "...", "a\\b", " ", "\udcff"])
def test_names_that_linux_allows_are_kept(part):
    assert Layout(Path("/d"), (PlacedFile((part,), 1),)).path_of(0) == Path("/d") / part
