"""Files and directories below one root, opened without ever leaving it."""

import errno
import os
import stat

import pytest

from raincore.base.errors import StorageError, UnsafePath
from raincore.storage.directory_tree import DirectoryTree, Modes, make_directory

CREATE = os.O_RDWR | os.O_CREAT


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"s")
    return tmp_path / "root"


@pytest.fixture
def strict(root):
    return DirectoryTree(root, follow_symlinks=False)


def touch(tree, *parts):
    os.close(tree.open_file(parts, CREATE))


def test_creating_a_file_creates_the_directories_above_and_the_root(tmp_path):
    tree = DirectoryTree(tmp_path / "new" / "root", follow_symlinks=False)
    touch(tree, "a", "b", "c")
    assert (tmp_path / "new" / "root" / "a" / "b" / "c").is_file()


def test_opening_without_create_makes_nothing(strict, root):
    with pytest.raises(FileNotFoundError):
        strict.open_file(("a", "b"), os.O_RDONLY)
    assert list(root.iterdir()) == []


def test_a_symlinked_directory_does_not_redirect_a_write(strict, root):
    (root / "a").symlink_to(root.parent / "outside")
    with pytest.raises(UnsafePath):
        touch(strict, "a", "new")
    assert not (root.parent / "outside" / "new").exists()


def test_a_symlinked_file_does_not_redirect_a_write(strict, root):
    (root / "a").symlink_to(root.parent / "outside" / "secret")
    with pytest.raises(UnsafePath) as caught:
        touch(strict, "a")
    assert caught.value.path == str(root / "a")


def test_a_dangling_symlink_is_not_written_through(strict, root):
    (root / "a").symlink_to(root.parent / "outside" / "new")
    with pytest.raises(UnsafePath):
        touch(strict, "a")
    assert not (root.parent / "outside" / "new").exists()


def test_symlinks_are_followed_for_reading_when_asked(root):
    (root / "a").symlink_to(root.parent / "outside")
    descriptor = DirectoryTree(root, follow_symlinks=True).open_file(("a", "secret"), os.O_RDONLY)
    assert os.read(descriptor, 9) == b"s"
    os.close(descriptor)


def test_the_root_itself_may_be_a_symlink(root):
    (root.parent / "alias").symlink_to(root)
    touch(DirectoryTree(root.parent / "alias", follow_symlinks=False), "a")
    assert (root / "a").exists()


def test_a_file_where_a_directory_belongs_is_the_systems_error(strict, root):
    (root / "a").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        touch(strict, "a", "b")


@pytest.mark.parametrize("follow", [False, True])
def test_a_fifo_in_the_way_does_not_hang(root, follow):
    os.mkfifo(root / "a")
    with pytest.raises(StorageError, match="not a regular file"):
        DirectoryTree(root, follow_symlinks=follow).open_file(("a",), os.O_RDONLY)


def test_directories_with_new_entries_are_synced_once(strict):
    touch(strict, "a", "b")
    assert strict.changed.keys() == {(), ("a",)}
    strict.sync()
    touch(strict, "a", "b")
    assert not strict.changed


def test_a_file_that_is_there_is_opened_as_it_is(strict, root):
    (root / "a").write_bytes(b"abc")
    for parts, length in ((("a",), 3), (("b",), 0), (("b",), 0)):
        descriptor, size = strict.open_with_size(parts, CREATE)
        os.close(descriptor)
        assert size == length
        assert bool(strict.changed) is (parts == ("b",))
    assert (root / "a").read_bytes() == b"abc"


def test_a_directory_that_was_removed_needs_no_sync(strict, root):
    touch(strict, "a", "b")
    (root / "a" / "b").unlink()
    (root / "a").rmdir()
    strict.sync()
    assert not strict.changed


def test_a_directory_that_cannot_be_synced_stays_due(strict, monkeypatch):
    touch(strict, "a")

    def broken(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input"):
        strict.sync()
    assert strict.changed.keys() == {()}


def test_a_symlink_is_relative_and_stays_inside(strict, root):
    strict.make_symlink(("a", "b", "link"), ("a", "target"))
    assert os.readlink(root / "a" / "b" / "link") == "../../a/target"
    assert (root / "a" / "b" / "link").resolve() == root / "a" / "target"


def test_making_the_same_symlink_again_is_harmless(strict):
    strict.make_symlink(("link",), ("target",))
    strict.make_symlink(("link",), ("target",))


@pytest.mark.parametrize("text", ["../target", "../../a/target", "./../target", "{root}/a/target"])
def test_a_symlink_to_the_same_may_be_spelled_otherwise(strict, root, text):
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "link").symlink_to(text.format(root=root))
    strict.make_symlink(("a", "b", "link"), ("a", "target"))
    assert os.readlink(root / "a" / "b" / "link") == text.format(root=root)


@pytest.mark.parametrize("make", [lambda p: p.write_bytes(b"x"), lambda p: p.symlink_to("else")])
def test_what_is_where_a_symlink_belongs_is_left_alone(strict, root, make):
    make(root / "link")
    before = os.lstat(root / "link")
    with pytest.raises(FileExistsError):
        strict.make_symlink(("link",), ("target",))
    assert os.lstat(root / "link").st_ino == before.st_ino


def test_nothing_is_created_in_what_has_taken_the_place_of_the_root(tmp_path):
    root = tmp_path / "mounted"
    root.mkdir()
    tree = DirectoryTree(root, follow_symlinks=False)
    os.close(tree.open_file(("a",), os.O_RDWR | os.O_CREAT))
    root.rename(tmp_path / "away")
    with pytest.raises(OSError, match="is gone"):
        tree.open_file(("b",), os.O_RDWR | os.O_CREAT)
    root.mkdir()
    with pytest.raises(OSError, match="is its disk away") as caught:
        tree.open_file(("b",), os.O_RDWR | os.O_CREAT)
    assert caught.value.errno == errno.ENODEV
    with pytest.raises(OSError, match="is its disk away"):
        tree.sync()
    assert os.listdir(root) == []
    root.rmdir()
    (tmp_path / "away").rename(root)
    os.close(tree.open_file(("b",), os.O_RDWR | os.O_CREAT))
    tree.sync()


def test_a_root_that_is_created_stays_the_root(tmp_path):
    root = tmp_path / "new"
    tree = DirectoryTree(root, follow_symlinks=False)
    os.close(tree.open_file(("a",), os.O_RDWR | os.O_CREAT))
    root.rename(tmp_path / "away")
    with pytest.raises(OSError, match="is gone"):
        tree.open_file(("b",), os.O_RDWR | os.O_CREAT)
    assert not root.exists()


@pytest.fixture
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_created_has_the_modes_that_were_asked_for(tmp_path, no_umask):
    tree = DirectoryTree(tmp_path / "new" / "root", follow_symlinks=False, modes=Modes.of(0o750))
    touch(tree, "a", "b")
    made = [tmp_path / "new", tree.root, tree.root / "a"]
    assert [mode_of(path) for path in made] == [0o750] * 3
    assert mode_of(tree.root / "a" / "b") == 0o640


def test_without_wishes_the_umask_decides(tmp_path, no_umask):
    tree = DirectoryTree(tmp_path / "root", follow_symlinks=False)
    os.umask(0o027)
    touch(tree, "a", "b")
    assert (mode_of(tree.root / "a"), mode_of(tree.root / "a" / "b")) == (0o750, 0o640)


def test_directories_that_are_there_keep_their_mode(tmp_path, no_umask):
    (tmp_path / "mine").mkdir(0o700)
    make_directory(tmp_path / "mine" / "x", 0o755)
    make_directory(tmp_path / "mine" / "x", 0o711)
    assert mode_of(tmp_path / "mine") == 0o700
    assert mode_of(tmp_path / "mine" / "x") == 0o755
