"""Optional keys that make no sense."""

import pytest

from tests.formats import lint_samples
from tests.formats.lint_samples import file, found, single, v1


@pytest.mark.parametrize(
    ("outside", "where"),
    [
        ({"announce": 1}, "announce"),
        ({"announce-list": "x"}, "announce-list"),
        ({"announce-list": [[1]]}, "announce-list[0][0]"),
        ({"announce-list": [1]}, "announce-list[0]"),
        ({"comment": []}, "comment"),
        ({"comment": ["x"]}, "comment"),
        ({"created by": 5}, "created by"),
        ({"creation date": "yesterday"}, "creation date"),
        ({"nodes": "x"}, "nodes"),
        ({"url-list": 5}, "url-list"),
        ({"url-list": [5]}, "url-list[0]"),
        ({"httpseeds": {"a": 1}}, "httpseeds"),
        ({"similar": [b"short"]}, "similar"),
        ({"similar": "x" * 20}, "similar"),
        ({"collections": 7}, "collections"),
    ],
)
def test_a_value_of_another_type_is_found_outside(outside, where):
    codes = found(**outside)
    if ("empty-value", where) in codes:
        return  # an empty list is nothing, whatever it should have been
    assert ("wrong-type", where) in codes


@pytest.mark.parametrize(("key", "value"), [("source", 5), ("similar", [1]), ("mtime", "x")])
def test_a_value_of_another_type_is_found_inside(key, value):
    assert found(single(**{key: value})) == [("wrong-type", f"info.{key}")]


@pytest.mark.parametrize("key", ["announce", "comment", "url-list", "created by", "encoding"])
def test_a_key_that_says_nothing_is_found(key):
    assert ("empty-value", key) in found(**{key: ""})


@pytest.mark.parametrize("date", [-1, 0, 993_945_599, 253_402_300_800, 10**18])
def test_a_date_without_sense_is_found(date):
    assert found(**{"creation date": date}) == [("creation-date", "creation date")]


def test_dates_with_sense_are_not():
    for date in (993_945_600, 1_700_000_000, 253_402_300_799):
        assert found(**{"creation date": date}) == []


@pytest.mark.parametrize(("encoding", "count"), [("UTF-8", 0), ("utf8", 0), ("GBK", 1)])
def test_another_encoding_is_found(encoding, count):
    assert found(encoding=encoding) == [("encoding-not-utf8", "encoding")] * count


def test_a_private_torrent_needs_a_tracker_and_no_nodes():
    nodes = [["h.example.org", 1]]
    assert found(single(private=1)) == []
    assert found(single(private=1), nodes=nodes) == [("private-with-nodes", "nodes")]
    assert ("private-without-tracker", "info.private") in found(single(private=1), announce="")
    assert found(single(private=0), nodes=nodes) == []


def test_a_private_torrent_that_is_more_than_private_is_found():
    assert found(single(private=-1)) == [("private-value", "info.private")]


def test_variants_of_names_are_found_where_they_differ():
    same = v1(file("a", **{"path.utf-8": ["a"]}))
    other = v1(file("a", **{"path.utf-8": ["b"]}))
    assert ("utf8-variant", "info.files[0].path.utf-8") in found(other)
    assert found(same) == [("obsolete-key", "info.files[0].path.utf-8")]
    assert "utf8-variant" not in {code for code, _ in found(single(**{"name.utf-8": "a.bin"}))}


def test_obsolete_keys_are_counted_and_not_listed():
    info = v1(*(file(str(n), md5sum="0" * 32) for n in range(5)), file("x"))
    [one] = lint_samples.findings(lint_samples.torrent(info))
    assert (one.code, one.where) == ("obsolete-key", "info.files[0].md5sum")
    assert one.message.endswith("in 5 files")
    assert found(single(md5sum="0" * 32)) == [("obsolete-key", "info.md5sum")]
