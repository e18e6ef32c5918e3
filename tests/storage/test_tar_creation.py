"""A tar archive to a .torrent file of what is in it, without unpacking."""

import gzip
import io
import os
import subprocess
from random import Random

import pytest

from raincore.base.errors import ConfigError, FormatError, ReadError
from raincore.formats.info import MetaVersion
from raincore.storage import creation, tar_creation
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions
from tests.storage import archives

PIECE = 32 * 1024
RULES = [
    Rules(symlinks=True),
    Rules(hidden=True, exclude=("*.tmp",)),
    Rules(include=(".h/*",)),
]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Everything that a directory may hold, in an order that is that of no torrent."""
    root = tmp_path_factory.mktemp("tar") / "photos"
    dice = Random(7)
    for name, size in [
        (b"a/x", 5 * PIECE + 77),
        (b"a-b", PIECE + 1),
        (b"B", 5),
        (b"empty", 0),
        (b"z\xff\xfe", 3 * PIECE),
        (b".h/q", 1000),
        (b"d/e/f/g", 2 * PIECE),
        (b"n.tmp", 100),
        (b"l" * 200 + b"/" + b"m" * 200, 33),
        (b"big", 1_200_000),
    ]:
        path = os.path.join(os.fsencode(root), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(dice.randbytes(size))
    (root / "a/x").chmod(0o755)
    with open(root / "sparse", "wb") as file:
        file.truncate(300_000)
        file.seek(150_000)
        file.write(b"data")
    os.link(root / "a/x", root / "hard")
    os.symlink("a/x", root / "soft")
    os.symlink("..", root / "d/e/loop")
    os.mkfifo(root / "fifo")
    return root


@pytest.fixture(scope="module", params=["gnu -S", "posix -S", "gnu", "posix"])
def packed(request, photos):
    style, *sparse = request.param.split()
    made = photos.parent / f"{request.param}.tar".replace(" ", "")
    subprocess.run(
        ["tar", "-C", photos.parent, f"--format={style}", *sparse, "-cf", made, "photos"],
        check=True,
    )
    return made


def options(**given):
    return CreateOptions(**{"created_by": None, **given})


def of_file(path, wanted):
    with open(path, "rb", buffering=0) as file:
        return tar_creation.create(file, str(path), wanted)


def of_pipe(data, wanted, **more):
    with archives.pipe(data) as file:
        return tar_creation.create(file, "stdin", wanted, **more)


@pytest.mark.parametrize("rules", RULES, ids=range(len(RULES)))
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("version", MetaVersion)
def test_the_torrent_is_that_of_the_unpacked_directory(photos, packed, version, align, rules):
    piece_length = PIECE if rules.hidden else None
    wanted = options(version=version, align=align, rules=rules, piece_length=piece_length)
    expected = creation.create(str(photos), wanted)
    data = packed.read_bytes()
    for made in (
        of_file(packed, wanted),
        of_pipe(data, wanted),
        tar_creation.create(io.BytesIO(gzip.compress(data, 1)), "a", wanted),
    ):
        assert made.metainfo.raw == expected.metainfo.raw
        assert made.data_dir is None
        assert len(made.notes) == len(expected.notes)


@pytest.mark.parametrize("version", MetaVersion)
def test_symlinks_are_followed_as_in_a_directory(photos, packed, version):
    wanted = options(version=version, rules=Rules(follow_symlinks=True))
    expected = creation.create(str(photos), wanted).metainfo.raw
    assert of_file(packed, wanted).metainfo.raw == expected
    assert of_pipe(packed.read_bytes(), wanted).metainfo.raw == expected


@pytest.mark.parametrize("version", MetaVersion)
def test_one_file_is_a_torrent_of_one_file(tmp_path, version):
    (tmp_path / "one").write_bytes(archives.content(3 * PIECE + 5))
    expected = creation.create(str(tmp_path / "one"), options(version=version))
    data = archives.archive(("one", archives.content(3 * PIECE + 5)))
    assert of_pipe(data, options(version=version)).metainfo.raw == expected.metainfo.raw


@pytest.mark.parametrize("version", MetaVersion)
def test_the_piece_length_is_the_one_for_the_whole_size(tmp_path, version):
    root = tmp_path / "d"
    root.mkdir()
    with open(root / "b", "wb") as file:
        file.truncate(90 << 20)  # 64 KiB pieces; all that counts is known from the first MiB
    (root / "a").write_bytes(archives.content(1 << 20))
    (root / "c").write_bytes(archives.content(3 << 20))
    wanted = options(version=version, align=True)
    made = subprocess.run(
        ["tar", "-C", tmp_path, "-c", "d/a", "d/c", "d/b"], check=True, stdout=subprocess.PIPE
    )
    expected = creation.create(str(root), wanted).metainfo
    assert expected.info.piece_length > PIECE
    assert of_pipe(made.stdout, wanted).metainfo.raw == expected.raw


def test_replaced_files_that_made_the_pieces_too_long_are_an_error_with_a_way_out(tmp_path):
    data = archives.archive(("d/a", bytes(80 << 20)), ("d/a", b"small"), ("d/b", b"x"))
    with pytest.raises(FormatError, match="piece length must be given, such as 16384"):
        of_pipe(data, options(version=MetaVersion.HYBRID))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_bytes(b"small")
    (tmp_path / "d/b").write_bytes(b"x")
    wanted = options(version=MetaVersion.HYBRID, piece_length=16384)
    expected = creation.create(str(tmp_path / "d"), wanted).metainfo.raw
    assert of_pipe(data, wanted).metainfo.raw == expected


@pytest.mark.parametrize("version", MetaVersion)
def test_progress_is_told(packed, version):
    told = []
    of_pipe(
        packed.read_bytes(),
        options(version=version),
        on_progress=lambda done, total: told.append(done),
    )
    assert max(told) > 1_200_000


def test_what_is_wrong_with_an_option_is_said_before_anything_is_read():
    class Unread(io.RawIOBase):
        def readinto(self, buffer):
            raise AssertionError("read")

    for wanted in (options(piece_length=5), options(trackers=(("no url",),))):
        with pytest.raises(ConfigError):
            tar_creation.create(Unread(), "a", wanted)


@pytest.mark.parametrize("version", MetaVersion)
def test_an_archive_that_is_cut_off_gives_no_torrent(packed, version, tmp_path):
    data = packed.read_bytes()
    for length in (0, 100, 512, 600_000, 1_500_000, len(data.rstrip(b"\0")) // 512 * 512):
        with pytest.raises(FormatError, match=r"cut off|not a tar"):
            of_pipe(data[:length], options(version=version))
        (tmp_path / "cut").write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"cut off|not a tar"):
            of_file(tmp_path / "cut", options(version=version))


def test_an_archive_that_changes_meanwhile_is_an_error(packed, tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(packed.read_bytes())

    def grow(done, total):
        with open(path, "ab") as file:
            file.write(b"x")

    with open(path, "rb", buffering=0) as file, pytest.raises(ReadError, match="archive changed"):
        tar_creation.create(file, "a.tar", options(), on_progress=grow)
