"""How scanned files become content."""

import pytest

from raincore.base.errors import ConfigError, FormatError
from raincore.formats.info import MetaVersion
from raincore.storage import content_plan, creation
from raincore.storage.content_scan import Scan, SourceFile
from raincore.storage.creation_options import CreateOptions, SortKey

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
V1, V2, HYBRID = MetaVersion.V1, MetaVersion.V2, MetaVersion.HYBRID


@pytest.mark.parametrize(
    ("size", "length"),
    [
        (1, 16 * KIB),
        (32 * MIB, 16 * KIB),
        (32 * MIB + 1, 32 * KIB),
        (GIB, 512 * KIB),
        (32 * GIB, 16 * MIB),
        (TIB, 16 * MIB),
        (2 * TIB, 16 * MIB),
        (2 * TIB + 1, 32 * MIB),
        (1000 * TIB, GIB),
    ],
)
def test_pieces_are_few_but_not_huge(size, length):
    assert content_plan.checked_piece_length(None, size, HYBRID) == length


@pytest.mark.parametrize("length", [0, -1, 16 * KIB - 1, 16 * KIB + 1, 2 * GIB])
def test_lengths_that_others_refuse_are_refused(length):
    with pytest.raises(ConfigError, match="multiple of 16 KiB"):
        content_plan.checked_piece_length(length, GIB, V1)


def test_trees_need_a_power_of_two():
    assert content_plan.checked_piece_length(48 * KIB, GIB, V1) == 48 * KIB
    for version in (V2, HYBRID):
        with pytest.raises(ConfigError, match="power of two"):
            content_plan.checked_piece_length(48 * KIB, GIB, version)


def found(*files):
    return Scan(
        tuple(
            SourceFile(f"/t/{name}", tuple(name.encode().split(b"/")), size, 0, name.endswith("x"))
            for name, size in files
        ),
        is_directory=True,
        notes=(),
    )


def plan(scan, version, align=False, **wishes):
    listed, sources = content_plan.laid_out(scan, b"t", 10, version, align=align, **wishes)
    assert [file.is_padding for file in listed] == [source is None for source in sources]
    return [(b"/".join(file.path).decode(), file.length, file.attr) for file in listed]


TWO = found(("a/x", 5), ("a-b", 20), ("c", 3))


def test_v1_lists_files_by_whole_path():
    assert plan(TWO, V1) == [("t/a-b", 20, ""), ("t/a/x", 5, "x"), ("t/c", 3, "")]


@pytest.mark.parametrize(("version", "align"), [(V2, False), (HYBRID, False), (V1, True)])
def test_what_is_aligned_has_tree_order_and_every_file_on_a_piece_boundary(version, align):
    assert plan(TWO, version, align=align) == [
        ("t/a/x", 5, "x"),
        ("t/.pad/5", 5, "p"),
        ("t/a-b", 20, ""),
        ("t/c", 3, ""),
        ("t/.pad/7", 7, "p"),
    ]


SORTED = found(("a/x", 5), ("a-b", 20), ("c", 5), ("d", 3))


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ([("path", False)], "t/a-b t/a/x t/c t/d"),
        ([("path", True)], "t/d t/c t/a/x t/a-b"),
        ([("size", False)], "t/d t/a/x t/c t/a-b"),
        ([("size", True)], "t/a-b t/a/x t/c t/d"),
        ([("size", True), ("path", True)], "t/a-b t/c t/a/x t/d"),
    ],
)
def test_v1_may_be_sorted_and_paths_decide_between_equals(keys, names):
    keys = [SortKey(*key) for key in keys]
    assert [name for name, *_ in plan(SORTED, V1, sort_by=keys)] == names.split()
    aligned = [name for name, *_ in plan(SORTED, V1, align=True, sort_by=keys)]
    assert [name for name in aligned if ".pad" not in name] == names.split()


@pytest.mark.parametrize("version", [V1, V2, HYBRID])
def test_a_symlink_is_listed_and_has_no_content(version):
    link = SourceFile("/t/l", (b"l",), 0, 0, True, symlink=(b"a", b"x"))
    scan = Scan((*TWO.files, link), is_directory=True, notes=())
    listed, sources = content_plan.laid_out(scan, b"t", 10, version, align=False)
    [(entry, source)] = [
        (entry, source) for entry, source in zip(listed, sources, strict=True) if entry.symlink
    ]
    assert (entry.path, entry.length, entry.attr) == ((b"t", b"l"), 0, "xl")
    assert entry.symlink == (b"a", b"x")
    assert source is None


def test_padding_is_told_from_content():
    layout = content_plan.plan(
        found(("a", 5), ("b", 3)), "t", CreateOptions(version=HYBRID, piece_length=16 * KIB)
    )
    assert layout.total_length == 8
    assert layout.padding_length == 2 * 16 * KIB - 8


@pytest.mark.parametrize(
    ("most", "size", "length"),
    [
        (None, GIB, 512 * KIB),
        (256 * KIB, GIB, 256 * KIB),
        (300 * KIB, GIB, 256 * KIB),
        (MIB, GIB, 512 * KIB),
    ],
)
def test_pieces_are_no_longer_than_is_wanted(most, size, length):
    assert content_plan.checked_piece_length(None, size, V1, most) == length


def test_wishes_for_a_length_must_agree():
    with pytest.raises(ConfigError, match="more than the most") as caught:
        content_plan.checked_piece_length(MIB, GIB, V1, 512 * KIB)
    assert caught.value.setting == "piece_length"
    with pytest.raises(ConfigError, match="shorter than 16 KiB") as caught:
        content_plan.checked_piece_length(None, GIB, V1, 1)
    assert caught.value.setting == "max_piece_length"


def test_one_file_needs_no_padding():
    assert plan(found(("a", 5)), HYBRID) == [("t/a", 5, "")]


def test_empty_files_need_no_padding():
    assert plan(found(("a", 0), ("b", 10)), HYBRID) == [("t/a", 0, ""), ("t/b", 10, "")]


@pytest.mark.parametrize("version", [V1, V2, HYBRID])
def test_paths_are_as_deep_as_can_be_read_again(version):
    options = CreateOptions(version=version)
    deep = content_plan.plan(found(("/".join("d" * 97), 5), ("e", 5)), "t", options)
    assert creation.rehearsed(deep, options).info.file_count == 2
    with pytest.raises(FormatError, match="more than 97 names: /t/d/"):
        content_plan.plan(found(("/".join("d" * 98), 5)), "t", options)
