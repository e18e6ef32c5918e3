"""Symlinks, and what the halves of a hybrid say of a file."""

import pytest

from raincore.formats import info, lint_files
from tests.formats import samples
from tests.formats.lint_samples import file, found, hybrid, leaf, single, v1, v2


def link(*target, at=("l",)):
    return file(*at, length=0, attr="l", **{"symlink path": list(target)})


@pytest.mark.parametrize("target", [("a",), ("d",), ("d", "b"), ("l",)])
def test_a_symlink_to_a_file_or_directory_is_fine(target):
    assert found(v1(file("a"), file("d", "b"), link(*target))) == []


@pytest.mark.parametrize("target", [("b",), ("photos", "a"), ("a", "b")])
def test_a_symlink_to_nothing_is_found(target):
    assert found(v1(file("a"), link(*target))) == [("symlink-dangling", "info.files[1]")]


def test_each_of_several_symlinks_is_looked_at():
    links = [link("b", at=("l",)), link("a", at=("d", "m")), link("d", at=("n",))]
    assert found(v1(file("a"), *links)) == [("symlink-dangling", "info.files[1]")]


@pytest.mark.parametrize("target", [("..", "a"), (".",), ("", "etc"), ("d", "../../x"), ("/a",)])
def test_a_symlink_that_leads_out_is_found(target):
    assert found(v1(file("a"), link(*target))) == [("symlink-outside", "info.files[1]")]


def test_a_symlink_in_a_tree_is_looked_at_too():
    tree = {"a": leaf(1, "a"), "l": {"": {"attr": "l", "symlink path": [".."], "length": 0}}}
    assert found(v2(**{"file tree": tree})) == [("symlink-outside", "info.file tree.photos/l")]


@pytest.mark.parametrize(("key", "value"), [("attr", "x"), ("mtime", 7), ("symlink path", ["a"])])
def test_halves_of_a_hybrid_that_differ_are_found(key, value):
    whole = hybrid()
    whole["file tree"]["a"][""] = {**whole["file tree"]["a"][""], key: value}
    assert ("hybrid-attributes-differ", "info.files[0]") in found(whole)
    whole["files"][0][key] = value
    assert "hybrid-attributes-differ" not in {code for code, _ in found(whole)}


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (v1(), ["info.files[0]", "info.files[1]"]),
        (single(), ["info"]),
        (v2(), ["info.file tree.photos/a", "info.file tree.photos/b/c"]),
        (hybrid(), ["info.files[0]", "info.files[2]"]),
    ],
)
def test_each_file_knows_its_place_and_its_dictionary(value, places):
    parsed = samples.parsed(value)
    from raincore.formats import bencoding

    files = lint_files.listed(parsed, bencoding.decode(parsed.raw))
    assert [one.where for one in files] == places
    assert [one.entry for one in files] == list(parsed.display_files())
    for one in files:
        assert one.keys[b"length"] == one.entry.length
        has_leaf = parsed.meta_version is not info.MetaVersion.V1
        assert (one.leaf is not None) == has_leaf
        if one.leaf is not None:
            assert one.leaf[b"length"] == one.entry.length
