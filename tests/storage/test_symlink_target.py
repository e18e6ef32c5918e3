"""Where a symlink leads, in the words of a torrent."""

import pytest

from raincore.storage import symlink_target

HERE = (b"a", b"b")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"x", "a/b/x"),
        (b"../x", "a/x"),
        (b"./..//../x/", "x"),
        (b"c/../x", "a/b/x"),
        (b"..", "a"),
        (b"/top/x/y", "x/y"),
        (b"/top//x/..//y", "y"),
        (b"\xff", "a/b/\udcff"),
    ],
)
def test_what_is_inside_is_named_from_the_top(target, found):
    parts = symlink_target.inside(target, HERE, b"/top")
    assert b"/".join(parts) == found.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "target", [b"../..", b"../../..", b"../../../top/x", b"/", b"/top", b"/top/", b"/top2/x", b"/x"]
)
def test_what_leads_out_or_to_the_top_has_no_name(target):
    assert symlink_target.inside(target, HERE, b"/top") is None


def test_everything_absolute_is_inside_the_root_directory_and_outside_of_no_directory():
    assert symlink_target.inside(b"/x/y", HERE, b"/") == (b"x", b"y")
    assert symlink_target.inside(b"/x/y", HERE, None) is None
