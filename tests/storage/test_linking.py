import errno
import os
from pathlib import Path

import pytest

from raincore.base.errors import ReadError, UnsafePath, WriteError
from raincore.storage import linking, size_index
from raincore.storage.layout import Layout, PlacedFile
from raincore.storage.linking import How, Linker
from raincore.storage.size_index import LocalFile

FILES = (
    PlacedFile(("t", "a"), 5),
    PlacedFile(("t", "sub", "empty"), 0),
    PlacedFile(("t", "sub", "link"), 0, "l", ("t", "a")),
)
LINKS = [How.HARDLINK, How.SYMLINK]


@pytest.fixture
def source(tmp_path: Path) -> LocalFile:
    (tmp_path / "heap").write_bytes(b"hello")
    found = size_index.look_at(str(tmp_path / "heap"))
    assert found is not None
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new"


def linker(root: Path, how: How = How.COPY) -> Linker:
    return Linker(Layout(root, FILES), how)


def touch(source: LocalFile) -> None:
    """Give a file its old modification time and a new change time, whatever the clock's steps."""
    before = os.stat(source.path).st_ctime_ns
    while os.stat(source.path).st_ctime_ns == before:
        os.utime(source.path, ns=(source.mtime_ns, source.mtime_ns))


def names_in(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


@pytest.mark.parametrize("how", [How.COPY, *LINKS])
def test_a_file_comes_to_its_place_and_nothing_else_does(
    root: Path, source: LocalFile, how: How
) -> None:
    linker(root, how).put(0, source)
    assert (root / "t" / "a").read_bytes() == b"hello"
    assert names_in(root) == ["t", "t/a"]


def test_a_copy_is_a_file_of_its_own(root: Path, source: LocalFile) -> None:
    linker(root).put(0, source)
    (root / "t" / "a").write_bytes(b"other")
    assert Path(source.path).read_bytes() == b"hello"


def test_a_hardlink_is_the_same_file(root: Path, source: LocalFile) -> None:
    linker(root, How.HARDLINK).put(0, source)
    assert (root / "t" / "a").samefile(source.path)
    assert not (root / "t" / "a").is_symlink()


def test_a_symlink_leads_to_the_absolute_path(root: Path, source: LocalFile) -> None:
    linker(root, How.SYMLINK).put(0, source)
    assert os.readlink(root / "t" / "a") == source.path


def test_only_links_share_what_is_written() -> None:
    assert [how for how in How if how.shares_content] == [How.HARDLINK, How.SYMLINK]


def test_a_reflink_shares_nothing_or_says_what_to_use_instead(
    root: Path, source: LocalFile
) -> None:
    try:
        linker(root, How.REFLINK).put(0, source)
    except WriteError as error:
        assert "this file system cannot: use hardlink or copy" in str(error)  # noqa: PT017
        assert names_in(root) == ["t"]
    else:
        assert (root / "t" / "a").read_bytes() == b"hello"


def test_empty_files_and_symlinks_are_made(root: Path) -> None:
    linker(root).put(1, None)
    linker(root).put(2, None)
    assert (root / "t" / "sub" / "empty").stat().st_size == 0
    assert os.readlink(root / "t" / "sub" / "link") == "../../t/a"


@pytest.mark.parametrize("how", [How.COPY, *LINKS])
@pytest.mark.parametrize("index", [0, 1])
def test_nothing_is_overwritten(root: Path, source: LocalFile, how: How, index: int) -> None:
    path = root.joinpath(*FILES[index].parts)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(WriteError, match="something is there already"):
        linker(root, how).put(index, source if index == 0 else None)
    assert path.read_bytes() == b"mine"
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("how", [How.COPY, *LINKS])
def test_a_dangling_symlink_in_the_place_is_not_followed(
    root: Path, source: LocalFile, how: How, tmp_path: Path
) -> None:
    (root / "t").mkdir(parents=True)
    (root / "t" / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(WriteError, match="already"):
        linker(root, how).put(0, source)
    assert not (tmp_path / "outside").exists()


def test_a_symlink_in_the_place_of_a_directory_is_not_followed(
    root: Path, source: LocalFile, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    root.mkdir()
    (root / "t").symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafePath):
        linker(root).put(0, source)
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize("how", [How.COPY, *LINKS])
def test_a_source_that_changed_is_not_taken(root: Path, source: LocalFile, how: How) -> None:
    Path(source.path).write_bytes(b"hullo!")
    with pytest.raises(ReadError, match="changed since it was checked"):
        linker(root, how).put(0, source)
    assert names_in(root) == ["t"]


@pytest.mark.parametrize("how", [How.COPY, *LINKS])
def test_a_source_that_vanished_is_not_taken(root: Path, source: LocalFile, how: How) -> None:
    os.unlink(source.path)
    with pytest.raises(ReadError):
        linker(root, how).put(0, source)
    assert names_in(root) == ["t"]


def test_a_source_that_ends_too_soon_leaves_nothing(
    root: Path, source: LocalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "_copied", lambda origin, descriptor, length: 0)
    with pytest.raises(ReadError, match="changed"):
        linker(root).put(0, source)
    assert names_in(root) == ["t"]


def test_a_full_disk_leaves_nothing(
    root: Path, source: LocalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(origin: int, descriptor: int, length: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(linking, "_copied", full)
    with pytest.raises(WriteError, match="cannot copy: no space left on device"):
        linker(root).put(0, source)
    assert names_in(root) == ["t"]


def test_a_name_of_greatest_length_can_be_copied_to(tmp_path: Path, source: LocalFile) -> None:
    layout = Layout(tmp_path / "new", (PlacedFile(("n" * 255,), 5),))
    Linker(layout, How.COPY).put(0, source)
    assert names_in(tmp_path / "new") == ["n" * 255]


def test_a_source_that_was_changed_and_given_its_old_time_is_not_taken(
    root: Path, source: LocalFile
) -> None:
    Path(source.path).write_bytes(b"hullo")
    touch(source)
    with pytest.raises(ReadError, match="changed since it was checked"):
        linker(root).put(0, source)


def test_our_own_hard_links_do_not_count_as_changes(tmp_path: Path, source: LocalFile) -> None:
    ctimes: dict[tuple[int, int], int] = {}
    for name in ("one", "two"):
        Linker(Layout(tmp_path / name, FILES), How.HARDLINK, ctimes).put(0, source)
    assert (tmp_path / "two" / "t" / "a").samefile(source.path)
    touch(source)
    with pytest.raises(ReadError, match="changed since it was checked"):
        Linker(Layout(tmp_path / "three", FILES), How.HARDLINK, ctimes).put(0, source)


def test_a_source_that_was_exchanged_at_the_last_moment_is_not_linked(
    root: Path, source: LocalFile, tmp_path: Path
) -> None:
    class Late(Linker):
        def require_same(self, source: LocalFile) -> None:
            super().require_same(source)
            (tmp_path / "other").write_bytes(b"other")
            (tmp_path / "other").rename(source.path)

    with pytest.raises(ReadError, match="changed since it was checked"):
        Late(Layout(root, FILES), How.HARDLINK).put(0, source)
    assert names_in(root) == ["t"]


def test_a_source_that_was_exchanged_for_a_moment_is_not_copied(
    root: Path, source: LocalFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its directory was moved away when it was opened, and is back when all is copied."""
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "heap").write_bytes(b"HELLO")
    opened = os.open

    def from_elsewhere(path: str, flags: int, *args: int, **kwargs: int) -> int:
        path = str(tmp_path / "moved" / "heap") if path == source.path else path
        return opened(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", from_elsewhere)
    with pytest.raises(ReadError, match="changed since it was checked"):
        linker(root).put(0, source)
    assert names_in(root) == ["t"]


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_gets_copies_too(
    root: Path, source: LocalFile, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def no_links(*args: object, **more: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "link", no_links)
    linker(root).put(0, source)
    assert (root / "t" / "a").read_bytes() == b"hello"
    assert names_in(root) == ["t", "t/a"]
    with pytest.raises(WriteError, match="something is there already"):
        linker(root).put(0, source)
    assert names_in(root) == ["t", "t/a"]


def test_another_file_system_cannot_be_linked_to_and_what_can_is_said(
    root: Path, source: LocalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*args: object, **more: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", elsewhere)
    with pytest.raises(WriteError, match="another file system: use symlink or copy"):
        linker(root, How.HARDLINK).put(0, source)


def test_what_is_executable_in_the_torrent_is_so_as_a_copy(
    tmp_path: Path, source: LocalFile
) -> None:
    files = (PlacedFile(("t", "run"), 5, "x"), PlacedFile(("t", "empty"), 0, "x"))
    put = Linker(Layout(tmp_path / "new", files), How.COPY).put
    put(0, source)
    put(1, None)
    assert all(os.access(tmp_path / "new" / "t" / name, os.X_OK) for name in ("run", "empty"))
