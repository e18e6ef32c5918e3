"""How scanned files become content."""

import pytest

from raincore.base.errors import ConfigError
from raincore.formats.info import MetaVersion
from raincore.storage import content_plan
from raincore.storage.content_scan import Scan, SourceFile

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
        (32 * TIB, 16 * MIB),
        (32 * TIB + 1, 32 * MIB),
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


def plan(scan, version, align=False):
    listed, sources = content_plan.laid_out(scan, b"t", 10, version, align=align)
    assert [file.is_padding for file in listed] == [source is None for source in sources]
    return [(b"/".join(file.path).decode(), file.length, file.attr) for file in listed]


TWO = found(("a/x", 5), ("a-b", 20), ("c", 3))


def test_v1_lists_files_by_whole_path_without_attributes():
    assert plan(TWO, V1) == [("t/a-b", 20, ""), ("t/a/x", 5, ""), ("t/c", 3, "")]


@pytest.mark.parametrize("version", [V2, HYBRID])
def test_trees_list_files_in_tree_order_with_attributes_on_piece_boundaries(version):
    assert plan(TWO, version) == [
        ("t/a/x", 5, "x"),
        ("t/.pad/5", 5, "p"),
        ("t/a-b", 20, ""),
        ("t/c", 3, ""),
        ("t/.pad/7", 7, "p"),
    ]


def test_v1_may_be_aligned_too():
    assert plan(TWO, V1, align=True) == [
        ("t/a-b", 20, ""),
        ("t/a/x", 5, ""),
        ("t/.pad/5", 5, "p"),
        ("t/c", 3, ""),
        ("t/.pad/7", 7, "p"),
    ]


def test_one_file_needs_no_padding():
    assert plan(found(("a", 5)), HYBRID) == [("t/a", 5, "")]


def test_empty_files_need_no_padding():
    assert plan(found(("a", 0), ("b", 10)), HYBRID) == [("t/a", 0, ""), ("t/b", 10, "")]
