"""Which hashes of an older torrent hold for a newer one whose files are partly the same."""

from random import Random

import pytest

from raincore.base.geometry import Geometry
from raincore.formats import merkle
from raincore.formats.info import MetaVersion
from raincore.storage import content_hashing, content_plan, creation_reuse
from raincore.storage.content_scan import Scan, SourceFile
from raincore.storage.creation import Hashed, assemble
from raincore.storage.creation_options import CreateOptions
from tests.storage import archives

PIECE = 16 * 1024


class Content:
    """Files in memory as a torrent of them, and everything that can be hashed of it."""

    def __init__(self, files, version=MetaVersion.V1, piece_length=PIECE, align=False):
        self.files = files
        scanned = [SourceFile(n, (n.encode(),), len(d), 0, False) for n, d in sorted(files.items())]
        self.options = CreateOptions(version=version, piece_length=piece_length, align=align)
        self.plan = content_plan.plan(Scan(tuple(scanned), True, ()), "d", self.options)
        self.geometry = self.plan.geometry
        self.padding = {i for i, source in enumerate(self.plan.sources) if source is None}
        self.data = b"".join(
            bytes(listed.length) if source is None else files[source.path]
            for listed, source in zip(self.plan.listed, self.plan.sources, strict=True)
        )

    def read_into(self, offset, buffer):
        buffer[:] = self.data[offset : offset + len(buffer)]
        return len(buffer)

    def pieces(self):
        return content_hashing.hash_pieces(self.read_into, self.geometry, jobs=1)

    def trees(self):
        return content_hashing.hash_trees(
            self.read_into, self.geometry, self.padding, with_pieces=False, jobs=1
        )[0]

    def torrent(self):
        version = self.options.version
        pieces = b"" if version is MetaVersion.V2 else self.pieces()
        listed, layers = list(self.plan.listed), None
        if version is not MetaVersion.V1:
            trees = self.trees()
            layers = {tree.root: tree.layer for tree in trees.values() if tree.layer}
            for index, tree in trees.items():
                listed[index] = listed[index]._replace(pieces_root=tree.root)
        hashed = Hashed(listed, pieces, layers)
        return assemble(hashed, "d", self.options.piece_length, True, self.options)

    def same_as(self, old):
        """Which files are byte for byte those of the old content."""
        known = {
            entry.raw_path[1].decode(): index
            for index, entry in enumerate(old.torrent().info.files)
            if not entry.is_padding
        }
        return {
            index: known[source.path]
            for index, source in enumerate(self.plan.sources)
            if source is not None
            and source.size
            and old.files.get(source.path) == self.files[source.path]
        }


def known(old, new):
    """The pieces that are known, and proof that they are right."""
    found = creation_reuse.known_pieces(
        old.torrent().info, new.geometry, new.same_as(old), new.padding
    )
    right = new.pieces()
    for piece in range(new.geometry.piece_count):
        if found.known[piece]:
            assert found.hashes[20 * piece : 20 * piece + 20] == right[20 * piece : 20 * piece + 20]
    return [piece for piece in range(new.geometry.piece_count) if found.known[piece]]


def data(size, seed=1):
    return archives.content(size, seed)


FILES = {"a": data(3 * PIECE + 5, 1), "b": data(100, 2), "c": data(2 * PIECE, 3), "e": b""}


def test_all_pieces_of_content_that_has_not_changed_are_known():
    assert known(Content(FILES), Content(FILES)) == list(range(6))


def test_a_changed_file_leaves_the_pieces_that_it_has_no_part_in():
    changed = {**FILES, "b": data(100, 9)}
    assert known(Content(FILES), Content(changed)) == [0, 1, 2, 4, 5]


def test_what_moved_by_whole_pieces_is_known_and_by_less_is_not():
    assert known(Content(FILES), Content({"0": data(2 * PIECE, 5), **FILES})) == [2, 3, 4, 5, 6, 7]
    assert known(Content(FILES), Content({"0": data(PIECE + 1, 5), **FILES})) == []
    less = dict(list(FILES.items())[1:])
    assert known(Content({"0": data(PIECE, 5), **FILES}), Content(FILES)) == list(range(6))
    assert known(Content(FILES), Content(less)) == []


def test_a_last_piece_that_became_longer_or_shorter_is_not_known():
    assert known(Content(FILES), Content({**FILES, "d": b"more"})) == [0, 1, 2, 3, 4]
    assert known(Content({**FILES, "d": b"more"}), Content(FILES)) == [0, 1, 2, 3, 4]


def test_aligned_files_are_known_wherever_they_are():
    old = Content(FILES, align=True)
    new = Content({"0": b"in front", **FILES}, align=True)
    assert known(old, new) == list(range(1, new.geometry.piece_count))
    hybrid = Content({"0": b"in front", **FILES}, MetaVersion.HYBRID)
    assert known(old, hybrid) == list(range(1, hybrid.geometry.piece_count))


def test_a_tail_with_and_without_padding_are_two_pieces():
    assert known(Content({"a": FILES["a"]}), Content(FILES, align=True)) == [0, 1, 2]
    assert known(Content(FILES, align=True), Content({"a": FILES["a"]})) == [0, 1, 2]


def test_pieces_of_another_length_or_of_no_v1_torrent_are_unknown():
    assert known(Content(FILES, piece_length=2 * PIECE), Content(FILES)) == []
    assert known(Content(FILES, MetaVersion.V2), Content(FILES)) == []


@pytest.mark.parametrize("align", [False, True])
def test_whatever_changes_what_is_known_is_right(align):
    dice = Random(5)
    for _ in range(150):
        sizes = [dice.choice([1, 100, PIECE, PIECE + 1, 2 * PIECE]) for _ in range(6)]
        files = {f"{n}": data(size, n) for n, size in enumerate(sizes)}
        changed = dict(files)
        for name in dice.sample(sorted(files), 2):
            changed[name] = data(dice.choice([len(files[name]), PIECE]), 99)
        if dice.random() < 0.5:
            del changed[dice.choice(sorted(changed))]
        known(Content(files, align=align), Content(changed, align=align))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PIECE, PIECE, ["a", "b", "c"]),
        (PIECE, 2 * PIECE, ["a", "b", "c"]),
        (PIECE, 4 * PIECE, ["a", "b", "c"]),
        (2 * PIECE, PIECE, ["b"]),
        (4 * PIECE, PIECE, ["b"]),
    ],
)
def test_trees_are_known_unless_pieces_become_shorter(before, after, expected):
    old = Content(FILES, MetaVersion.V2, before)
    new = Content(FILES, MetaVersion.HYBRID, after)
    lengths = dict(enumerate(new.geometry.file_lengths))
    found = creation_reuse.known_trees(old.torrent(), lengths, after, new.same_as(old))
    right = new.trees()
    assert found == {index: right[index] for index in found}
    assert [new.plan.sources[index].path for index in found] == expected


def test_a_tree_without_its_layer_is_unknown():
    old = Content(FILES, MetaVersion.V2).torrent()
    object.__setattr__(old, "piece_layers", {})
    new = Content(FILES, MetaVersion.V2)
    same = new.same_as(Content(FILES, MetaVersion.V2))
    lengths = dict(enumerate(new.geometry.file_lengths))
    [found] = creation_reuse.known_trees(old, lengths, PIECE, same).values()
    assert found.root == merkle.root(merkle.leaves(FILES["b"]))


def test_nothing_is_known_of_nothing():
    found = creation_reuse.known_pieces(
        Content(FILES).torrent().info, Geometry(PIECE, [0, 5]), {}, ()
    )
    assert found.known == b"\0"
