"""A path on disk to a .torrent file of it."""

import hashlib
import os
from random import Random

import pytest

from raincore.base.errors import ConfigError, FormatError, Incomplete, ReadError
from raincore.formats import info, info_builder, metainfo
from raincore.formats.file_list import ListedFile
from raincore.formats.info import Info, MetaVersion
from raincore.storage import checking, content_plan, creation, hashing
from raincore.storage.content_scan import Rules, Scan, SourceFile
from raincore.storage.creation_options import CreateOptions
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout
from raincore.storage.piece_hashes import PieceHashes

KIB = 1024
PIECE = 32 * KIB


@pytest.fixture
def tree(tmp_path):
    """Files around a piece's length, with names that sort in different ways."""
    root = tmp_path / "photös"
    rng = Random(52)
    for name, size in [
        ("B", 5),
        ("a/x", 3 * PIECE + 1696),
        ("c d/y", PIECE + 1),
        ("empty", 0),
        ("é", 2 * PIECE),
        ("z", 70_000),
    ]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(rng.randbytes(size))
        (root / name).chmod(0o755 if name == "B" else 0o644)
    return root


def make(path, **options):
    made = creation.create(str(path), CreateOptions(**{"piece_length": PIECE, **options}))
    again = metainfo.parse(made.metainfo.raw)
    assert made.metainfo == again
    for name in Info.__slots__:
        if name != "geometry":
            assert getattr(made.metainfo.info, name) == getattr(again.info, name), name
    return made


# What libtorrent 2.1.1 says of the same files, for v1 in this order.
KNOWN = {
    MetaVersion.V1: "2cdc91c4b2a76a7a172b6cb4efc4a0f56fc9ff75478e42a0734a5866f97ce5a3",
    MetaVersion.V2: "a5641c5a55fc9dec47fc508ed8ed968f9e938dba3ef57c720f04d7eb1c7d3dc0",
    MetaVersion.HYBRID: "7b5e591c61955605632de082f4d881da92e01b7679f44f77123d726606b95ff7",
}


@pytest.mark.parametrize("version", MetaVersion)
@pytest.mark.parametrize("jobs", [1, 3])
def test_the_info_dictionary_is_the_one_that_others_make(tree, version, jobs):
    made = make(tree, version=version, jobs=jobs).metainfo
    assert hashlib.sha256(made.info.raw).hexdigest() == KNOWN[version]
    assert not made.missing_layers()


@pytest.mark.parametrize("version", [MetaVersion.V1, MetaVersion.HYBRID])
def test_what_was_made_verifies(tree, version):
    made = make(tree, version=version)
    info = made.metainfo.info
    layout = Layout.of(info, tree.parent)
    storage = FileStorage(layout, info.geometry, writable=False)
    pieces = range(info.geometry.piece_count)
    assert checking.verify(storage, PieceHashes.of(info, {}), pieces).all()
    storage.close()
    assert made.data_dir == str(tree.parent)


@pytest.mark.parametrize("version", MetaVersion)
def test_a_single_file_is_a_torrent_of_one_file(tree, version):
    made = make(tree / "z", version=version)
    assert not made.metainfo.info.is_multi_file
    assert [file.path for file in made.metainfo.info.files] == [("z",)]
    assert made.data_dir == str(tree)


@pytest.mark.parametrize("version", MetaVersion)
def test_a_directory_of_one_file_stays_a_directory(tmp_path, version):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"x")
    info = make(tmp_path / "d", version=version).metainfo.info
    assert info.is_multi_file
    assert [file.path for file in info.display_files()] == [("d", "f")]


def test_v2_refuses_a_directory_that_would_be_taken_for_its_file(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "x").write_bytes(b"x")
    assert make(tmp_path / "x").metainfo.info.is_multi_file
    for version in (MetaVersion.V2, MetaVersion.HYBRID):
        with pytest.raises(ConfigError, match="cannot tell this directory") as caught:
            make(tmp_path / "x", version=version)
        assert caught.value.setting == "name"
    assert make(tmp_path / "x", version=MetaVersion.V2, name="y").metainfo.info.is_multi_file


def test_everything_said_is_in_the_torrent(tree):
    made = make(
        tree,
        private=True,
        source="TAG",
        trackers=(("http://a/1", "udp://b:1"), ("https://c/x",)),
        webseeds=("http://w/",),
        http_seeds=("http://h/",),
        nodes=("router.example:6881", "[2001:db8::1]:6881"),
        comment="näher",
        created_by="me",
        creation_date=17,
        entropy=5,
        similar=(b"s" * 20,),
        collections=("group",),
    ).metainfo
    assert (made.info.private, made.info.source) == (True, "TAG")
    assert made.trackers == (("http://a/1", "udp://b:1"), ("https://c/x",))
    assert (made.webseeds, made.http_seeds) == (("http://w/",), ("http://h/",))
    assert made.nodes == ("router.example:6881", "[2001:db8::1]:6881")
    assert (made.comment, made.created_by, made.creation_date) == ("näher", "me", 17)
    assert made.info.extra == {b"entropy": 5}
    assert (made.similar, made.collections) == ((b"s" * 20,), ("group",))


def test_nothing_said_is_not_in_the_torrent(tree):
    made = make(tree).metainfo
    assert made.raw == b"d4:info" + made.info.raw + b"e"


def test_the_same_input_gives_the_same_bytes(tree):
    assert make(tree, jobs=1).metainfo.raw == make(tree, jobs=3).metainfo.raw


def test_another_name_is_used_and_says_nothing_of_where_the_content_is(tree):
    made = make(tree, name="other")
    assert made.metainfo.info.name == "other"
    assert made.data_dir is None


def test_the_rules_decide_what_is_taken(tree):
    made = make(tree, rules=Rules(exclude=("a", "[Bé]")))
    assert [file.path[1:] for file in made.metainfo.info.files] == [
        ("c d", "y"),
        ("empty",),
        ("z",),
    ]


def test_a_relative_path_gets_its_real_name(tree, monkeypatch):
    monkeypatch.chdir(tree / "a")
    assert make("..").metainfo.info.name == "photös"
    assert make(".").metainfo.info.name == "a"


def test_names_that_are_not_utf_8_are_kept(tmp_path):
    root = tmp_path / os.fsdecode(b"\xff")
    root.mkdir()
    (root / os.fsdecode(b"\xfe")).write_bytes(b"x")
    made = make(root)
    assert made.metainfo.info.files[0].raw_path == (b"\xff", b"\xfe")
    assert made.data_dir == str(tmp_path)


def test_a_piece_longer_than_a_read_is_hashed(tree):
    info = make(tree, piece_length=4 * KIB * KIB).metainfo.info
    content = b"".join((tree.parent / "/".join(file.path)).read_bytes() for file in info.files)
    assert info.piece_hashes == hashlib.sha1(content).digest()


def test_too_many_pieces_are_refused_before_hashing(tmp_path):
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="would be more than") as caught:
        make(tmp_path / "huge")
    assert caught.value.setting == "piece_length"


def test_more_padding_than_content_is_noted(tree):
    assert (
        "padding is more than the content" in make(tree, align=True, piece_length=1 << 20).notes[0]
    )
    assert make(tree, version=MetaVersion.V2, piece_length=1 << 20).notes == ()


@pytest.mark.parametrize("version", MetaVersion)
def test_symlinks_are_in_the_torrent_if_asked_for(tree, version):
    (tree / "c d" / "link").symlink_to("../a/x")
    made = make(tree, version=version, rules=Rules(symlinks=True)).metainfo
    [entry] = [entry for entry in made.info.files if entry.symlink is not None]
    assert (entry.path, entry.attr) == (("photös", "c d", "link"), "xl")
    assert entry.symlink == ("photös", "a", "x")
    assert metainfo.parse(made.raw) == made


def test_the_file_that_is_written_is_not_content(tree):
    status = (tree / "z").stat()
    made = creation.create(str(tree), CreateOptions(), apart={(status.st_dev, status.st_ino)})
    assert "z" not in {entry.path[-1] for entry in made.metainfo.info.files}
    assert "is to be written there" in made.notes[0]


def test_a_private_torrent_without_tracker_is_noted(tree):
    assert "finds no peers" in make(tree, private=True).notes[0]
    assert make(tree, private=True, trackers=(("http://a/",),)).notes == ()


def test_progress_reaches_the_end(tree):
    told = []
    creation.create(
        str(tree),
        CreateOptions(version=MetaVersion.HYBRID, piece_length=PIECE),
        on_progress=lambda *news: told.append(news),
    )
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("version", MetaVersion)
def test_a_stop_ends_the_work(tree, version):
    with pytest.raises(Incomplete):
        creation.create(str(tree), CreateOptions(version=version), stop=lambda: True)


def test_a_file_that_changes_meanwhile_is_named(tree, monkeypatch):
    monkeypatch.setattr(hashing, "RUN_LENGTH", 16 * KIB)

    def touch(done, total):
        os.utime(tree / "é", ns=(1, 1))
        os.utime(tree / "z", ns=(1, 1))

    with pytest.raises(ReadError, match="changed while it was hashed"):
        creation.create(str(tree), CreateOptions(piece_length=16 * KIB, jobs=1), on_progress=touch)


@pytest.mark.parametrize("version", MetaVersion)
@pytest.mark.parametrize("name", ["B", "z"])
def test_a_file_that_changes_after_it_was_read_is_named(tree, version, name):
    def touch(done, total):
        if done == total:
            os.utime(tree / name, ns=(1, 1))

    with pytest.raises(ReadError, match=f"changed while it was hashed: .*/{name}$") as caught:
        creation.create(
            str(tree), CreateOptions(version=version, piece_length=PIECE), on_progress=touch
        )
    assert caught.value.path == str(tree / name)


def test_a_hybrid_is_the_same_content_with_and_without_padding_at_its_end(tree):
    (tree / "ü").write_bytes(b"x")
    padded = make(tree, version=MetaVersion.HYBRID).metainfo.info
    assert padded.files[-1].is_padding
    listed = [
        ListedFile(entry.raw_path, entry.length, entry.attr, pieces_root=entry.pieces_root)
        for entry in padded.files[:-1]
    ]
    bare = info.parse(
        info_builder.build_hybrid(
            listed,
            name=padded.name,
            piece_length=PIECE,
            piece_hashes=bytes(20 * padded.geometry.piece_count),
            is_multi_file=True,
        ).raw
    )
    assert bare.total_length == padded.total_length
    assert bare.geometry.piece_count == padded.geometry.piece_count
    assert [entry.path for entry in bare.display_files()] == [
        entry.path for entry in padded.display_files()
    ]


def test_more_files_than_can_be_read_again_are_refused_before_hashing():
    deep = (b"d",) * 90
    files = [SourceFile("/t", (*deep, b"%d" % number), 1, 0, False) for number in range(32_000)]
    options = CreateOptions()
    plan = content_plan.plan(Scan(tuple(files), True, ()), "t", options)
    with pytest.raises(FormatError, match="more files than a v1 torrent can hold: 32000"):
        creation.rehearsed(plan, options)
