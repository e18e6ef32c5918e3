import os
from pathlib import Path

import pytest

from raincore.base.errors import Incomplete
from raincore.storage import content_state
from raincore.storage.layout import Layout, PlacedFile


def layout(root: Path, *files: PlacedFile) -> Layout:
    return Layout(root, files)


FILE = PlacedFile(("t", "a"), 3)
EMPTY = PlacedFile(("t", "b"), 0)
PADDING = PlacedFile((), 5)
LINK = PlacedFile(("t", "sub", "link"), 0, "l", ("t", "a"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "t" / "sub").mkdir(parents=True)
    (tmp_path / "t" / "a").write_bytes(b"abc")
    (tmp_path / "t" / "b").touch()
    return tmp_path


def test_files_are_told_by_size_and_stamp(root: Path) -> None:
    a, b, padding = content_state.states(layout(root, FILE, EMPTY, PADDING))
    status = (root / "t" / "a").stat()
    assert (a.exists, a.size, a.is_right_kind) == (True, 3, True)
    assert a.stamp == (3, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)
    assert (b.size, b.is_right_kind) == (0, True)
    assert (padding.size, padding.is_right_kind, padding.stamp) == (5, True, None)


def test_what_is_not_there_does_not_exist(tmp_path: Path) -> None:
    (state,) = content_state.states(layout(tmp_path, FILE))
    assert not state.exists
    assert state.stamp is None


def test_a_file_in_the_place_of_a_directory_is_as_good_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"abc")
    (state,) = content_state.states(layout(tmp_path, FILE))
    assert not state.exists


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "t" / "a").mkdir(parents=True)
    (state,) = content_state.states(layout(tmp_path, FILE))
    assert (state.exists, state.size, state.is_right_kind) == (True, 0, False)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [("../a", True), (".././a", True), ("../../t/a", True), ("../b", False), ("a", False)],
)
def test_a_link_is_right_if_it_leads_where_it_should(root: Path, text: str, is_right: bool) -> None:
    (root / "t" / "sub" / "link").symlink_to(text)
    (state,) = content_state.states(layout(root, LINK))
    assert (state.exists, state.is_right_kind) == (True, is_right)


def test_a_file_in_the_place_of_a_link_is_wrong(root: Path) -> None:
    assert not content_state.states(layout(root, LINK))[0].exists
    (root / "t" / "sub" / "link").touch()
    (state,) = content_state.states(layout(root, LINK))
    assert (state.exists, state.is_right_kind) == (True, False)


def test_extra_files_are_found_at_every_depth(root: Path) -> None:
    (root / "t" / "sub" / "x").touch()
    (root / "t" / "y\n").touch()
    (root / "t" / "dirlink").symlink_to("sub")
    (root / "beside").touch()
    names, count = content_state.extra_files(layout(root, FILE, EMPTY))
    assert names == ["t/dirlink", "t/sub/x", "t/y�"]
    assert count == 3


def test_names_of_extra_files_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_state, "MAX_EXTRA", 2)
    for number in range(5):
        (root / "t" / f"x{number}").touch()
    assert content_state.extra_files(layout(root, FILE, EMPTY)) == (["t/x0", "t/x1"], 5)


def test_looking_for_extra_files_can_be_stopped(root: Path) -> None:
    (root / "t" / "x").touch()
    with pytest.raises(Incomplete):
        content_state.extra_files(layout(root, FILE, EMPTY), lambda: True)


def test_beside_a_single_file_nothing_is_extra(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "other").touch()
    assert content_state.extra_files(layout(tmp_path, PlacedFile(("f",), 0))) == ([], 0)


def test_an_unreadable_directory_is_not_an_error(root: Path) -> None:
    os.chmod(root / "t" / "sub", 0)
    try:
        content_state.extra_files(layout(root, FILE, EMPTY))
    finally:
        os.chmod(root / "t" / "sub", 0o755)


def test_what_cannot_be_looked_at_is_an_error(root: Path) -> None:
    (root / "t" / "a").unlink()
    (root / "t" / "a").symlink_to("a")  # leads to itself
    (state,) = content_state.states(layout(root, FILE))
    assert not state.exists
    assert str(state.error).startswith("cannot look at: too many levels of symbolic links: ")


def test_a_name_that_is_too_long_is_not_there(root: Path) -> None:
    (state,) = content_state.states(layout(root, PlacedFile(("x" * 300,), 1)))
    assert (state.exists, state.error) == (False, None)


def test_settled_stamps_differ_after_any_later_change(root: Path) -> None:
    for turn in range(5):
        (root / "t" / "a").write_bytes(b"%03d" % turn)
        (before,) = content_state.settled(layout(root, FILE))
        (root / "t" / "a").write_bytes(b"xyz")
        (after,) = content_state.states(layout(root, FILE))
        assert before.stamp != after.stamp
