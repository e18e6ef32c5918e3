"""The bytes of a .torrent file, within bounds."""

import pytest

from raincore.base.errors import DocumentError, FormatError
from raintools._kit import torrent_bytes


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"anything")
    assert torrent_bytes.read_torrent(str(tmp_path / "a")) == b"anything"
    assert torrent_bytes.read_named(str(tmp_path / "a")) == b"anything"


def test_what_is_too_large_is_refused(tmp_path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(torrent_bytes.MAX_TORRENT + 1)
    with pytest.raises(FormatError, match="larger than 32 MiB"):
        torrent_bytes.read_torrent(str(tmp_path / "a"))
    with pytest.raises(FormatError, match="larger than 32 MiB"):
        torrent_bytes.bounded(bytes(torrent_bytes.MAX_TORRENT + 1))
    assert torrent_bytes.bounded(b"x") == b"x"


def test_a_file_that_a_document_names_is_told_by_its_name(tmp_path):
    with pytest.raises(DocumentError, match=r"cannot be read: no such file or directory: .*/gone"):
        torrent_bytes.read_named(str(tmp_path / "gone"))
    with pytest.raises(FormatError, match=r"^cannot be read: no usable file name$"):
        torrent_bytes.read_torrent("a\0b")
