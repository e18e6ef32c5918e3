"""What became of each file, on torrents made by hand and on real ones."""

import random

import pytest

from raincore.formats import diff, metainfo
from raincore.formats.diff import Change
from raincore.formats.info import MetaVersion
from raincore.storage import creation
from raincore.storage.creation_options import CreateOptions
from tests.formats import lint_samples
from tests.formats.lint_samples import KIB, file, leaf

P = 16 * KIB


def tree(**files):
    """A v2 torrent of files of 10 bytes; "/" in a name makes a directory, the value content."""
    root = {}
    for name, content in files.items():
        *directories, last = name.split("/")
        node = root
        for directory in directories:
            node = node.setdefault(directory, {})
        node[last] = leaf(10, content)
    return metainfo.parse(lint_samples.torrent(lint_samples.v2(**{"file tree": root})))


def changes(old, new):
    """Change, old path, new path of all files; paths without the torrent's name."""

    def path(side):
        return None if side is None else "/".join(side.entry.path[1:])

    return [
        (one.change.value, path(one.old), path(one.new)) for one in diff.compare(old, new).files
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": "1"}, {"a": "1"}, [("same", "a", "a")]),
        ({"a": "1"}, {"a": "2"}, [("changed", "a", "a")]),
        ({"a": "1"}, {"b": "1"}, [("renamed", "a", "b")]),
        ({"d/a": "1"}, {"d/b": "1"}, [("renamed", "d/a", "d/b")]),
        ({"a": "1"}, {"d/a": "1"}, [("moved", "a", "d/a")]),
        ({"d/a": "1"}, {"e/b": "1"}, [("moved", "d/a", "e/b")]),
        ({"a": "1"}, {"b": "2"}, [("added", None, "b"), ("removed", "a", None)]),
        ({"a": "1"}, {"a": "1", "b": "2"}, [("same", "a", "a"), ("added", None, "b")]),
        ({"a": "1", "b": "2"}, {"a": "1"}, [("same", "a", "a"), ("removed", "b", None)]),
        # Two that change places are moved, not changed.
        (
            {"a": "1", "b": "2"},
            {"a": "2", "b": "1"},
            [("renamed", "b", "a"), ("renamed", "a", "b")],
        ),
        # A new file in the place of a moved one.
        ({"a": "1"}, {"a": "2", "b": "1"}, [("added", None, "a"), ("renamed", "a", "b")]),
        # A copy has a source but is added.
        ({"a": "1"}, {"a": "1", "b": "1"}, [("same", "a", "a"), ("added", "a", "b")]),
        # Of several copies those pair that have the same name, then the same directory.
        (
            {"x/a": "1", "x/b": "1", "y/c": "1"},
            {"x/d": "1", "z/b": "1", "z/c": "1"},
            [("renamed", "x/a", "x/d"), ("moved", "x/b", "z/b"), ("moved", "y/c", "z/c")],
        ),
    ],
)
def test_files_are_told_by_content_and_path(old, new, expected):
    assert changes(tree(**old), tree(**new)) == expected


def test_the_name_of_the_torrent_does_not_count():
    old, new = (
        metainfo.parse(lint_samples.torrent(lint_samples.v2(name=name))) for name in ("a", "b")
    )
    assert diff.compare(old, new).is_same


def test_a_single_file_may_become_one_of_several():
    single = metainfo.parse(lint_samples.torrent(lint_samples.single(name="a", length=P)))
    pieces = single.info.piece_hashes + lint_samples.hashes(1, "x")
    several = lint_samples.v1(file("a", length=P), file("b", length=P), pieces=pieces)
    found = diff.compare(single, metainfo.parse(lint_samples.torrent(several)))
    assert [one.change for one in found.files] == [Change.SAME, Change.ADDED]
    assert found.bytes_needed == P


def test_what_cannot_be_compared_is_unknown_and_perhaps_needed():
    old = metainfo.parse(lint_samples.torrent(lint_samples.v1(file("a"), file("b", length=7))))
    new = tree(a="1", c="2")
    assert changes(old, new) == [
        ("changed", "a", "a"),
        ("added", None, "c"),
        ("removed", "b", None),
    ]
    old = metainfo.parse(
        lint_samples.torrent(lint_samples.v1(file("a", length=10), file("b", length=10)))
    )
    assert changes(old, new) == [("unknown", "a", "a"), ("unknown", "b", "c")]
    found = diff.compare(old, new)
    assert (found.bytes_needed, found.bytes_unknown, found.is_same) == (20, 20, False)


def test_empty_files_are_neither_moved_nor_copied():
    def with_empty(*names):
        files = [file("a"), *(file(name, length=0) for name in names)]
        return metainfo.parse(lint_samples.torrent(lint_samples.v1(*files)))

    assert changes(with_empty("b"), with_empty("c")) == [
        ("same", "a", "a"),
        ("added", None, "c"),
        ("removed", "b", None),
    ]
    assert diff.compare(with_empty("b"), with_empty("c")).bytes_needed == 0


def test_only_the_pieces_that_changed_are_needed():
    old = lint_samples.single(length=3 * P, pieces=lint_samples.hashes(3))
    pieces = lint_samples.hashes(1) + lint_samples.hashes(1, "new") + lint_samples.hashes(3)[40:]
    new = lint_samples.single(length=3 * P, pieces=pieces)
    found = diff.compare(*(metainfo.parse(lint_samples.torrent(info)) for info in (old, new)))
    [one] = found.files
    assert (one.change, one.bytes_needed, found.bytes_needed) == (Change.CHANGED, P, P)


def test_halves_of_a_hybrid_that_contradict_each_other_prove_nothing_the_same():
    old, new = lint_samples.hybrid(), lint_samples.hybrid()
    for tree_of, text in ((old, "x"), (new, "y")):
        tree_of["file tree"] = {**old["file tree"], "a": leaf(1600 * KIB + 1, text)}
    found = diff.compare(*(metainfo.parse(lint_samples.torrent(info)) for info in (old, new)))
    assert [one.change for one in found.files] == [Change.CHANGED, Change.SAME]


def test_a_link_that_leads_to_the_same_place_may_be_renamed():
    def linking(name):
        link = file(name, length=0, attr="l", **{"symlink path": ["a"]})
        return metainfo.parse(lint_samples.torrent(lint_samples.v1(file("a"), link)))

    assert changes(linking("x"), linking("y")) == [("same", "a", "a"), ("renamed", "x", "y")]


def test_a_file_that_was_copied_is_moved_once(tmp_path):
    content = bytes(range(256)) * 100
    cut = (MetaVersion.HYBRID, False, P)
    old = made(tmp_path / "old", {"a": content}, *cut)
    new = made(tmp_path / "new", {"x/b": content, "y/c": content}, *cut)
    assert changes(old, new) == [("moved", "a", "x/b"), ("added", "a", "y/c")]
    assert diff.compare(old, new).bytes_needed == 0


def written(place, files):
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place


def edited(files, rng):
    """Some files moved, renamed, changed, copied, cut, removed or added; and which are new."""
    files = dict(files)
    fresh = set()
    for _ in range(rng.randrange(5)):
        name = rng.choice(sorted(files.keys() - {"keep"}) or ["keep"])
        target = f"{rng.choice('xyz')}/{rng.randrange(100)}"
        content = files[name]
        match rng.randrange(7):
            case 0 if name != "keep":  # a torrent needs a byte
                files[target] = files.pop(name)
            case 6:
                files[f"{name}-renamed"] = files.pop(name)
            case 1:
                files[target] = content
            case 2 if content:
                at = rng.randrange(len(content))
                files[name] = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            case 3:
                files[name] = content[: len(content) // 2] or b"x"
            case 4 if len(files) > 1:
                del files[name]
            case 5:
                files[target] = rng.randbytes(rng.choice([20, P, 2 * P + 5]))
                fresh.add(files[target])
    return files, fresh


def made(place, files, version, align, piece_length):
    options = CreateOptions(version=version, align=align, name="content", piece_length=piece_length)
    return creation.create(str(written(place, files)), options).metainfo


def check(found, old_files, new_files, fresh):
    """Nothing is said to be the same, or another, or there, that is not."""
    for one in found.files:
        old, new = (
            None if side is None else files["/".join(side.entry.path[1:])]
            for side, files in ((one.old, old_files), (one.new, new_files))
        )
        if one.change in (Change.SAME, Change.RENAMED, Change.MOVED) or (
            one.change is Change.ADDED and old is not None
        ):
            assert old == new
            assert one.bytes_needed == 0
        if one.change is Change.CHANGED:
            assert old != new
        if one.change is Change.REMOVED:
            assert new is None
        if new in fresh:
            assert one.bytes_needed == len(new)
        assert one.bytes_needed <= (0 if new is None else len(new))
    named = ["/".join(one.new.entry.path[1:]) for one in found.files if one.new is not None]
    assert sorted(named) == sorted(new_files)
    assert found.bytes_needed == sum(one.bytes_needed for one in found.files)


CUTS = [
    (MetaVersion.V1, False, P),
    (MetaVersion.V1, True, P),
    (MetaVersion.V2, False, P),
    (MetaVersion.HYBRID, False, P),
    (MetaVersion.V1, False, 2 * P),
    (MetaVersion.V2, False, 2 * P),
]


def test_random_edits_of_real_files_are_never_told_wrongly(tmp_path, seed):
    rng = random.Random(seed)
    seen = set()
    for round_ in range(120):
        old_files = {
            f"{rng.choice('xy')}/{n}": rng.randbytes(rng.choice([0, 1, 5000, P, P + 1, 3 * P]))
            for n in range(rng.randrange(1, 6))
        } | {"keep": b"k"}
        new_files, fresh = edited(old_files, rng)
        old_cut, new_cut = rng.choice(CUTS), rng.choice(CUTS)
        if rng.random() < 0.6:
            new_cut = old_cut
        old = made(tmp_path / f"{round_}-old", old_files, *old_cut)
        new = made(tmp_path / f"{round_}-new", new_files, *new_cut)
        found = diff.compare(old, new)
        check(found, old_files, new_files, fresh)
        seen |= {one.change for one in found.files}
        if MetaVersion.V1 not in (old_cut[0], new_cut[0]):
            assert found.bytes_unknown == 0
            assert found.is_same == (old_files == new_files)
        assert not found.is_same or old_files == new_files
    assert seen == set(Change)
