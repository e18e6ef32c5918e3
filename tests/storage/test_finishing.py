"""What a file needs beyond its bytes."""

import os
from contextlib import closing, suppress

from raincore.base.errors import UnsafePath
from raincore.storage import finishing
from raincore.storage.descriptors import Descriptors
from raincore.storage.directory_tree import DirectoryTree
from raincore.storage.file_changes import FileChanges
from raincore.storage.layout import PlacedFile


def finish(tmp_path, file: PlacedFile) -> None:
    tree = DirectoryTree(tmp_path, follow_symlinks=False)

    def open_file(index: int, writable: bool) -> int:
        return tree.open_file(file.parts, os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY)

    with closing(Descriptors(open_file, 4)) as descriptors:
        changes = FileChanges(1)
        with suppress(FileNotFoundError):
            changes.first_seen(0, os.stat(tmp_path / file.parts[0]))
        finishing.finish_file(tree, descriptors, changes, 0, file)
        with suppress(FileNotFoundError, UnsafePath), descriptors.use(0) as descriptor:
            changes.look(0, descriptor)
        assert not changes.take(), "what we do ourselves is no change"


def test_an_empty_file_comes_to_be(tmp_path):
    finish(tmp_path, PlacedFile(("a",), 0))
    assert (tmp_path / "a").read_bytes() == b""


def test_a_file_with_bytes_does_not(tmp_path):
    finish(tmp_path, PlacedFile(("a",), 5))
    assert not (tmp_path / "a").exists()


def test_a_symlink_comes_to_be(tmp_path):
    finish(tmp_path, PlacedFile(("a",), 0, "l", ("b", "c")))
    assert os.readlink(tmp_path / "a") == "b/c"


def test_whoever_may_read_a_program_may_run_it(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    path.chmod(0o640)
    finish(tmp_path, PlacedFile(("a",), 5, "x"))
    assert path.stat().st_mode & 0o777 == 0o750
    finish(tmp_path, PlacedFile(("missing",), 5, "x"))
