"""Key files: hex, for their owner only."""

import os
import stat

import pytest

from raincore.base.errors import FormatError, ReadError, WriteError
from raincore.storage import key_file

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "key")


def test_what_is_written_is_read_and_nobody_else_may(path):
    key_file.write(path, SECRET, overwrite=False)
    assert key_file.read(path) == (SECRET, False)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_key_is_not_overwritten_unasked(path):
    key_file.write(path, SECRET, overwrite=False)
    with pytest.raises(WriteError, match="file exists"):
        key_file.write(path, bytes(32), overwrite=False)
    assert key_file.read(path).secret == SECRET
    key_file.write(path, bytes(32), overwrite=True)
    assert key_file.read(path).secret == bytes(32)


def test_a_file_that_others_may_read_is_told(path):
    key_file.write(path, SECRET, overwrite=False)
    os.chmod(path, 0o640)
    assert key_file.read(path).is_exposed


@pytest.mark.parametrize("length", [32, 64])
def test_spaces_and_either_case_are_fine(path, length):
    with open(path, "w") as file:
        file.write(f"  {bytes(range(200, 200 + 32)).hex().upper() * (length // 32)}\r\n\n")
    assert len(key_file.read(path).secret) == length


@pytest.mark.parametrize("text", [b"", b"0a", b"g" * 64, b"0" * 66, b"\xff" * 40, b"0" * 5000])
def test_anything_else_is_no_key_and_is_not_shown(path, text):
    with open(path, "wb") as file:
        file.write(text)
    with pytest.raises(FormatError, match="no key file") as caught:
        key_file.read(path)
    assert str(caught.value) == f"no key file (64 or 128 hex digits): {path}"


def test_what_cannot_be_read_is_said(path):
    with pytest.raises(ReadError, match="no such file"):
        key_file.read(path)
    with pytest.raises(FormatError, match="not a path"):
        key_file.read("a\0b")
