"""A torrent made again of content that has changed a little, reading only what has changed."""

import os
import shutil
import time
from dataclasses import replace

import pytest

from raincore.base.errors import ConfigError
from raincore.formats import metainfo
from raincore.formats.info import MetaVersion
from raincore.storage import creation, creation_record, creation_update
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions
from tests.storage import archives

PIECE = 16 * 1024
SIZES = {"a": 3 * PIECE + 5, "b": PIECE, "d/c": 2 * PIECE, "d/e": 100, "z": 0}
TOTAL = sum(SIZES.values())
LATER = time.time_ns() + 10**15
WAYS = {
    "v1": CreateOptions(piece_length=PIECE),
    "v1 aligned": CreateOptions(piece_length=PIECE, align=True),
    "v2": CreateOptions(piece_length=PIECE, version=MetaVersion.V2),
    "hybrid": CreateOptions(piece_length=PIECE, version=MetaVersion.HYBRID),
}


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "photos"
    for name, size in SIZES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(archives.content(size, size))
    return made


class Old:
    """A torrent made here, with its record; `again` makes it again and gives the bytes read."""

    def __init__(self, root, options):
        self.root, self.options = root, options
        self.records = str(root.parent / "records")
        made = creation.create(str(root), options)
        self.torrent = made.metainfo
        # As if the files were older than the moment in which they could change unseen.
        creation_record.save(made.metainfo.info.swarm_hash.hex(), made.sources, LATER, self.records)

    def again(self, old=None, **changes):
        options = replace(self.options, **changes)
        expected = creation.create(str(self.root), options).metainfo
        made = creation_update.update(
            str(self.root), options, old or self.torrent, 0, records=self.records
        )
        assert made.created.metainfo.raw == expected.raw
        assert made.bytes_read + made.bytes_reused == expected.info.total_length
        return made.bytes_read


@pytest.fixture(params=WAYS)
def old(request, root):
    return Old(root, WAYS[request.param])


@pytest.fixture
def v1(root):
    return Old(root, WAYS["v1"])


@pytest.fixture(params=["v1 aligned", "v2", "hybrid"])
def own_pieces(request, root):
    """Torrents in which no two files share a piece."""
    return Old(root, WAYS[request.param])


def test_nothing_is_read_of_what_has_not_changed(old):
    assert old.again() == 0


def test_a_file_that_was_only_touched_is_read_again(own_pieces, root):
    os.utime(root / "d/c")
    assert own_pieces.again() == 2 * PIECE


def test_a_file_of_the_same_size_and_time_but_other_content_is_noticed(old, root):
    before = os.stat(root / "b")
    (root / "b").write_bytes(archives.content(PIECE, 99))
    os.utime(root / "b", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(root / "b").st_mtime_ns == before.st_mtime_ns
    assert old.again() > 0


def test_two_files_that_were_swapped_are_noticed(old, root):
    (root / "other").write_bytes(archives.content(PIECE, 5))
    old = Old(root, old.options)
    times = [os.stat(root / name) for name in ("b", "other")]
    os.rename(root / "b", root / "x")
    os.rename(root / "other", root / "b")
    os.rename(root / "x", root / "other")
    for name, status in zip(("b", "other"), times, strict=True):
        os.utime(root / name, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert old.again() >= 2 * PIECE


def test_a_renamed_file_is_read_and_the_others_are_not(own_pieces, root):
    os.rename(root / "b", root / "d/bb")
    assert own_pieces.again() == PIECE


def test_a_file_in_front_of_others_is_all_that_is_read(own_pieces, root):
    (root / "0").write_bytes(b"in front")
    assert own_pieces.again() == 8


def test_without_alignment_a_file_in_front_moves_all_others(v1, root):
    (root / "0").write_bytes(b"in front")
    assert v1.again() == TOTAL + 8


def test_without_alignment_whole_pieces_in_front_move_nothing(v1, root):
    (root / "0").write_bytes(archives.content(2 * PIECE, 7))
    assert v1.again() == 2 * PIECE


def test_without_alignment_a_changed_file_is_read_with_its_pieces(v1, root):
    os.utime(root / "b")
    assert v1.again() == 2 * PIECE


def test_a_file_that_went_grew_or_shrank_costs_no_more_than_itself(own_pieces, root):
    (root / "a").unlink()
    assert own_pieces.again() == 0
    with open(root / "d/c", "ab") as file:
        file.write(b"grown")
    assert own_pieces.again() == 2 * PIECE + 5
    os.truncate(root / "d/c", 10)
    assert own_pieces.again() == 10


def test_a_last_file_that_changes_leaves_those_before(old, root):
    (root / "z").write_bytes(b"no longer empty")
    assert old.again() < 2 * PIECE


def test_another_version_takes_what_it_can(root):
    hybrid = Old(root, WAYS["hybrid"])
    assert hybrid.again(version=MetaVersion.V2) == 0
    assert hybrid.again(version=MetaVersion.V1, align=True) == 0
    assert hybrid.again(version=MetaVersion.V1) == TOTAL - 3 * PIECE  # behind "a" all moves
    assert Old(root, WAYS["v2"]).again(version=MetaVersion.HYBRID) == TOTAL


def test_longer_pieces_cost_a_v2_torrent_nothing_and_shorter_ones_all_that_has_several(root):
    v2 = Old(root, WAYS["v2"])
    assert v2.again(piece_length=2 * PIECE) == 0
    longer = Old(root, replace(WAYS["v2"], piece_length=2 * PIECE))
    assert longer.again(piece_length=PIECE) == SIZES["a"] + SIZES["d/c"]


def test_another_piece_length_makes_v1_read_everything(v1):
    assert v1.again(piece_length=2 * PIECE) == TOTAL


def test_rules_count_as_for_a_creation_from_nothing(own_pieces, root):
    (root / ".hidden").write_bytes(b"hidden")
    assert own_pieces.again(rules=Rules(hidden=True, exclude=("a",))) == 6


def test_one_file_is_made_again_too(root):
    old = Old(root / "a", WAYS["hybrid"])
    made = creation_update.update(
        str(root / "a"), WAYS["hybrid"], old.torrent, 0, records=old.records
    )
    assert made.bytes_read == 0
    assert made.created.metainfo.raw == old.torrent.raw
    assert made.created.data_dir == str(root)


def test_other_content_and_a_torrent_without_layers_are_of_no_use_and_do_no_harm(root, tmp_path):
    other = tmp_path / "other" / "photos"
    other.mkdir(parents=True)
    (other / "q").write_bytes(b"other")
    options = WAYS["v2"]
    assert Old(root, options).again(creation.create(str(other), options).metainfo) == TOTAL
    old = Old(root, options)
    bare = metainfo.from_info(old.torrent.info.raw)
    assert old.again(bare) == SIZES["a"] + SIZES["d/c"]


def test_symlinks_in_the_torrent_do_not_shift_the_record(root):
    os.symlink("b", root / "aa")
    old = Old(root, replace(WAYS["v2"], rules=Rules(symlinks=True)))
    assert old.again() == 0


class Elsewhere:
    """A torrent that was made elsewhere: no record."""

    def __init__(self, root, created=0, written=0):
        now = time.time_ns()
        self.root = root
        old = creation.create(str(root), WAYS["v2"]).metainfo
        self.torrent = replace(old, creation_date=created and now // 10**9 + created)
        self.written = now + written * 10**9

    def again(self):
        return creation_update.update(
            str(self.root), WAYS["v2"], self.torrent, self.written, records="/nonexistent"
        )


def test_without_a_record_what_is_older_than_the_torrent_is_trusted(root):
    assert Elsewhere(root, created=60, written=60).again().bytes_read == 0
    assert Elsewhere(root, created=60, written=-60).again().bytes_read == TOTAL
    assert Elsewhere(root, created=-60, written=60).again().bytes_read == TOTAL


def test_without_a_record_a_clock_that_was_set_back_is_not_believed(root):
    old = Elsewhere(root, created=-60, written=60)
    for name in SIZES:
        os.utime(root / name, (0, 0))
    assert old.again().bytes_read == TOTAL


def test_without_record_and_date_all_is_read_and_said(root):
    old = Elsewhere(root, written=60)
    old.torrent = replace(old.torrent, creation_date=None)
    made = old.again()
    assert made.bytes_read == TOTAL
    assert made.created.notes == (
        "read all files, the old torrent was not made here and has no date",
    )


def test_a_copy_of_the_content_elsewhere_is_read(own_pieces, root, tmp_path):
    shutil.copytree(root, tmp_path / "copy" / "photos")
    own_pieces.root = tmp_path / "copy" / "photos"
    assert own_pieces.again() == TOTAL


FULL = CreateOptions(
    version=MetaVersion.HYBRID,
    name="pictures",
    piece_length=2 * PIECE,
    private=True,
    source="ABC",
    trackers=(("https://a.example/x", "https://b.example/x"), ("udp://c.example:1",)),
    webseeds=("https://w.example/",),
    http_seeds=("https://h.example/",),
    nodes=("n.example:1",),
    comment="for people",
    similar=(b"s" * 20,),
    collections=("all",),
    entropy=77,
)


def test_what_is_not_asked_for_is_as_in_the_old_torrent(root):
    old = creation.create(str(root), FULL).metainfo
    assert creation_update.options_of(old, CreateOptions(), ()) == FULL
    aligned = creation.create(str(root), WAYS["v1 aligned"]).metainfo
    kept = creation_update.options_of(aligned, CreateOptions(), ())
    assert (kept.align, kept.version, kept.piece_length) == (True, MetaVersion.V1, PIECE)
    assert creation_update.options_of(old, CreateOptions(), ()).align is False


def test_what_is_asked_for_wins_even_if_it_is_nothing(root):
    old = creation.create(str(root), FULL).metainfo
    given = ("name", "comment", "private", "trackers", "piece_length")
    kept = creation_update.options_of(old, CreateOptions(comment="other"), given)
    assert (kept.name, kept.comment, kept.private) == (None, "other", False)
    assert (kept.trackers, kept.piece_length) == ((), None)
    assert kept.source == "ABC"
    most = CreateOptions(max_piece_length=PIECE)
    assert creation_update.options_of(old, most, ["max_piece_length"]).piece_length is None


def test_what_cannot_be_made_is_refused_as_in_a_creation_from_nothing(v1):
    with pytest.raises(ConfigError):
        creation_update.update(str(v1.root), replace(WAYS["v1"], piece_length=5), v1.torrent, 0)
