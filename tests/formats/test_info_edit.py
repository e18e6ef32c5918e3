"""What changes the info-hash: name, source, privacy, salt; the rest stays byte for byte."""

from __future__ import annotations

import pytest

from raincore.base.errors import ConfigError
from raincore.formats import bencoding, info, info_edit
from raincore.formats.info_edit import Inside
from tests.formats import samples


def edited(value, **wanted):
    raw, changed = info_edit.edit(samples.parsed(value), Inside(**wanted))
    return bencoding.decode(raw), changed


def plain(value):
    return bencoding.decode(bencoding.encode(value))


def test_each_field_is_set():
    found, changed = edited(samples.v1_multi(), name="new", source="TAG", private=True, salt=7)
    wanted = {"name": "new", "source": "TAG", "private": 1, "entropy": 7}
    assert found == plain(samples.v1_multi(**wanted))
    assert changed == ("name", "source", "private", "salt")


def test_each_field_is_taken_away():
    given = samples.v1_multi(source="TAG", private=1, entropy=7, x_cross_seed="x")
    found, changed = edited(given, no_source=True, no_private=True, no_salt=True)
    assert found == plain(samples.v1_multi())
    assert changed == ("no_source", "no_private", "no_salt")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {}),
        ({}, {"name": "dir"}),
        ({"name.utf-8": "utf"}, {"name": "utf"}),
        ({"source": "TAG"}, {"source": "TAG"}),
        ({}, {"no_source": True}),
        ({"private": 1}, {"private": True}),
        ({"private": 7}, {"private": True}),
        ({"private": 0}, {"no_private": True}),
        ({}, {"no_private": True}),
        ({}, {"no_salt": True}),
    ],
)
def test_what_is_so_already_is_no_change(given, wanted):
    before = samples.parsed(samples.v1_multi(**given))
    raw, changed = info_edit.edit(before, Inside(**wanted))
    assert raw is before.raw
    assert changed == ()


def test_no_change_keeps_even_keys_out_of_order():
    ordered = bencoding.encode(samples.v1_single())
    body = ordered[1:-1]
    tail = body.index(b"6:pieces")
    before = info.parse(b"d" + body[tail:] + body[:tail] + b"e")
    assert info_edit.edit(before, Inside(name="one.bin"))[0] == before.raw
    raw, _ = info_edit.edit(before, Inside(source="x"))
    assert raw == bencoding.encode(samples.v1_single(source="x"))


def test_unknown_keys_stay_byte_for_byte():
    odd = b"d1:b1:x1:a1:ye"  # keys out of order
    ordered = bencoding.encode({**samples.v1_single(), "unknown": bencoding.Raw(odd)})
    raw, _ = info_edit.edit(info.parse(ordered), Inside(private=True))
    assert b"7:unknown" + odd in raw


def test_a_name_in_utf8_is_changed_with_the_other():
    found, _ = edited(samples.v1_multi(**{"name.utf-8": "utf"}), name="new")
    assert found == plain(samples.v1_multi(**{"name": "new", "name.utf-8": "new"}))


def test_a_name_may_be_no_utf8():
    found, _ = edited(samples.v1_multi(), name="caf\udce9")
    assert found[b"name"] == b"caf\xe9"


@pytest.mark.parametrize("version", ["v2", "hybrid"])
def test_the_tree_of_a_single_file_is_renamed_with_it(version):
    tree = {"one": {"": {"length": 5, "pieces root": samples.ROOT}}}
    given = samples.v2_multi(name="one", **{"file tree": tree})
    if version == "hybrid":
        given |= {"length": 5, "pieces": bytes(20)}
    raw, _ = info_edit.edit(samples.parsed(given), Inside(name="new"))
    found = info.parse(raw)
    assert not found.is_multi_file
    assert [entry.path for entry in found.files] == [("new",)]
    assert found.files[0].pieces_root == samples.ROOT


@pytest.mark.parametrize("make", [samples.v2_multi, samples.hybrid])
def test_the_tree_of_a_directory_stays(make):
    found, _ = edited(make(), name="new")
    assert found == plain(make(name="new"))


def test_a_directory_cannot_get_the_name_of_its_only_file_in_v2():
    leaf = {"": {"length": 5, "pieces root": samples.ROOT}}
    given = samples.v2_multi(**{"file tree": {"one": leaf}})
    listed = [{"length": 5, "path": ["one"]}]
    for torrent in (given, given | {"files": listed, "pieces": bytes(20)}):
        with pytest.raises(ConfigError, match="cannot tell this directory from its only file: one"):
            edited(torrent, name="one")
    nested, _ = edited(given | {"file tree": {"one": {"two": leaf}}}, name="one")
    assert nested[b"name"] == b"one"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ConfigError, match="not a name"):
        edited(samples.v1_single(), name=name)


def test_a_source_of_another_type_is_replaced():
    found, changed = edited(samples.v1_single(source=5), source="TAG")
    assert (found[b"source"], changed) == (b"TAG", ("source",))
