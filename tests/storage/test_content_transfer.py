"""A torrent's files through a tar stream: whole, from the middle, and never elsewhere."""

import io
import os
import tarfile

import pytest

from raincore.base.errors import FormatError, StorageError, UnsafePath
from raincore.storage.content_transfer import pack, unpack
from raincore.storage.layout import Layout, PlacedFile

FILES = {("t", "a"): 5000, ("t", "d", "ü" * 80): 2_500_000, ("t", "empty"): 0}


def layout_of(root, files=FILES):
    return Layout(root, tuple(PlacedFile(parts=p, length=n) for p, n in files.items()))


@pytest.fixture
def source(tmp_path):
    layout = layout_of(tmp_path / "source")
    for file in layout.files:
        path = layout.root.joinpath(*file.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(file.length))
    return layout


def sent(layout, there=None):
    return b"".join(pack(layout, there or {}))


def content(layout):
    return {
        file.parts: layout.root.joinpath(*file.parts).read_bytes()
        for file in layout.files
        if layout.root.joinpath(*file.parts).exists()
    }


def lengths(layout):
    return {"/".join(parts): len(data) for parts, data in content(layout).items()}


def test_what_is_packed_is_unpacked(source, tmp_path):
    target = layout_of(tmp_path / "target")
    unpack(io.BytesIO(sent(source)), target)
    assert content(target) == content(source)


def test_any_tar_reads_what_is_packed(source):
    with tarfile.open(fileobj=io.BytesIO(sent(source))) as archive:
        assert [(m.name, m.size) for m in archive] == [
            ("/".join(parts), length) for parts, length in FILES.items()
        ]


@pytest.mark.parametrize("cut", [1, 1000, 1_234_567, 2_499_999])
def test_a_transfer_goes_on_where_it_broke(source, tmp_path, cut):
    target = layout_of(tmp_path / "target")
    whole = sent(source)
    with pytest.raises(FormatError):
        unpack(io.BytesIO(whole[: 8000 + cut]), target)
    there = lengths(target)
    assert there["t/a"] == 5000
    rest = sent(source, there)
    assert len(rest) < len(whole) - 3000
    unpack(io.BytesIO(rest), target)
    assert content(target) == content(source)


def test_nothing_is_sent_again_of_what_is_whole(source, tmp_path):
    target = layout_of(tmp_path / "target")
    unpack(io.BytesIO(sent(source)), target)
    rest = sent(source, lengths(target))
    assert len(rest) < 10_000
    unpack(io.BytesIO(rest), target)
    assert content(target) == content(source)


def test_files_that_do_not_exist_are_left_out(source, tmp_path):
    source.path_of(0).unlink()
    target = layout_of(tmp_path / "target")
    unpack(io.BytesIO(sent(source)), target)
    assert ("t", "a") not in content(target)
    assert "t/a" not in lengths(target)


def archive_of(*infos):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return io.BytesIO(file.getvalue())


def member(name, size=0, **facts):
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in facts.items():
        setattr(info, key, value)
    return info


def test_what_is_not_the_torrents_is_passed_over(tmp_path):
    target = layout_of(tmp_path / "target")
    strange = [
        member("t/other", 10),
        member("other/a", 10),
        member("t/a", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("t/d", type=tarfile.SYMTYPE, linkname="/tmp"),
        member("t/a", 7),
    ]
    unpack(archive_of(*strange), target)
    assert content(target) == {("t", "a"): bytes(7)}
    assert sorted(path.name for path in target.root.rglob("*")) == ["a", "t"]


def test_a_file_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(FormatError, match="longer than the torrent says: a"):
        unpack(archive_of(member("t/a", 5001)), layout_of(tmp_path / "target"))


@pytest.mark.parametrize("name", ["../t/a", "t/../../a"])
def test_names_that_lead_out_are_refused(tmp_path, name):
    with pytest.raises(FormatError, match=r'name with "\.\."'):
        unpack(archive_of(member(name, 5)), layout_of(tmp_path / "target"))


@pytest.mark.parametrize("data", [b"", b"x" * 5000, b"\x1f\x8b" + b"x" * 600])
def test_what_is_no_archive_is_refused(tmp_path, data):
    with pytest.raises(FormatError):
        unpack(io.BytesIO(data), layout_of(tmp_path / "target"))


def test_a_symlink_on_disk_is_not_followed(tmp_path):
    target = layout_of(tmp_path / "target")
    (target.root).mkdir()
    (target.root / "t").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        unpack(archive_of(member("t/a", 5)), target)


def test_what_cannot_be_written_or_read_is_a_storage_error(source, tmp_path):
    target = layout_of(tmp_path / "target")
    (target.root / "t" / "a").mkdir(parents=True)
    with pytest.raises(StorageError):
        unpack(archive_of(member("t/a", 5)), target)
    source.path_of(0).unlink()
    source.path_of(0).mkdir()
    with pytest.raises(StorageError):
        sent(source)


def test_a_file_that_becomes_shorter_ends_the_transfer(source):
    parts = pack(source, {})
    next(parts)
    source.path_of(0).write_bytes(b"")
    with pytest.raises(StorageError, match="became shorter"):
        list(parts)
