"""A .torrent file changed outside: nothing that is not meant changes, whatever the torrent."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.base.errors import ConfigError, FormatError
from raincore.formats import bencoding, metainfo, metainfo_edit
from raincore.formats.bencoding import Raw
from raincore.formats.info_edit import Inside
from raincore.formats.metainfo_edit import LISTS, Edit, ListChange
from tests.documents import samples as documents
from tests.formats import damage, samples

URLS = ["http://a/", "http://b/", "udp://c:1", "http://caf\udce9/"]
MEANT = {
    "trackers": {b"announce", b"announce-list"},
    **{name: {kind.key} for name, kind in LISTS.items()},
    "comment": {b"comment", b"comment.utf-8"},
    "created_by": {b"created by"},
    "creation_date": {b"creation date"},
}


def torrent(info=None, **outside):
    value = samples.v1_single() if info is None else info
    return metainfo.parse(bencoding.encode({"info": value, **outside}))


def edited(before, **wanted):
    return metainfo.parse(metainfo_edit.edit(before, Edit(**wanted)).raw)


def test_every_list_can_be_added_to_and_taken_from():
    lists = {
        "webseeds": ("http://w/",),
        "http_seeds": ("http://h/",),
        "nodes": ("n.example:1", "[::1]:2"),
        "collections": ("c",),
    }
    add = {name: ListChange(add=items) for name, items in lists.items()}
    found = edited(torrent(), lists={**add, "similar": ListChange(add=("ff" * 20,))})
    assert {name: getattr(found, name) for name in lists} == lists
    assert found.similar == (b"\xff" * 20,)
    gone = edited(found, lists={name: ListChange(remove=("*",)) for name in LISTS})
    assert gone.raw == torrent().raw


def test_facts_are_set_and_taken_away():
    facts = {"comment": "hello", "created_by": "me", "creation_date": 0}
    found = edited(torrent(), facts=facts)
    assert (found.comment, found.created_by, found.creation_date) == ("hello", "me", 0)
    assert edited(found, facts=dict.fromkeys(facts)).raw == torrent().raw


def test_trackers_are_taken_out_replaced_and_added():
    before = torrent(announce="http://a/k1", **{"announce-list": [["http://a/k1"], ["http://b/"]]})
    found = edited(
        before,
        trackers=ListChange(remove=("http://b/",)),
        replace=(("k1", "k2"),),
        tiers=(("http://c/", "http://d/"),),
    )
    assert found.trackers == (("http://a/k2",), ("http://c/", "http://d/"))


def test_a_comment_in_utf8_does_not_outlive_the_comment():
    before = torrent(comment=b"\xe9", **{"comment.utf-8": "é"})
    assert edited(before, facts={"comment": "new"}).comment == "new"
    assert edited(before, facts={"comment": None}).raw == torrent().raw


def test_only_what_was_found_is_reported_as_met():
    before = torrent(announce="http://a/", **{"url-list": "http://w/"})
    wanted = Edit(
        trackers=ListChange(remove=("http://x/", "udp*")),
        replace=(("http://", "https://"), ("y", "z")),
        lists={"webseeds": ListChange(remove=("http://w/", "v"))},
    )
    assert metainfo_edit.edit(before, wanted).met == {
        ("trackers", "http://"),
        ("webseeds", "http://w/"),
    }


def test_junk_is_kept_until_it_is_in_the_way_and_then_told():
    before = torrent(
        announce=7, comment=["x"], **{"url-list": {}, "nodes": "n", "announce-list": 1}
    )
    assert edited(before, facts={"created_by": None}).raw == before.raw
    found = metainfo_edit.edit(before, Edit(tiers=(("http://a/",),), facts={"comment": "c"}))
    assert found.notes == (
        "announce held nothing usable, and that is not kept",
        "announce-list held nothing usable, and that is not kept",
        "comment held nothing usable, and that is not kept",
    )
    assert metainfo.parse(found.raw).extra == {b"url-list": {}, b"nodes": b"n"}


def test_no_change_keeps_the_file_even_with_keys_out_of_order():
    ordered = torrent(comment="x", zzz=1).raw
    shuffled = metainfo.parse(b"d3:zzzi1e" + ordered[1:].replace(b"3:zzzi1e", b""))
    assert metainfo_edit.edit(shuffled, Edit(facts={"comment": "x"})).raw is shuffled.raw
    assert edited(shuffled, facts={"comment": "y"}).raw == torrent(comment="y", zzz=1).raw


def test_a_copy_of_the_info_dictionary_elsewhere_is_not_taken_for_it():
    info = bencoding.encode(samples.v1_single())
    inside = b"d4:info" + info + b"e"
    before = torrent(a=Raw(inside), comment=inside, zzz=Raw(inside))
    found = metainfo_edit.edit(before, Edit(facts={"created_by": "me"}))
    values, spans = bencoding.decode_with_spans(found.raw)
    assert {found.raw[slice(*spans[key])] for key in (b"a", b"zzz")} == {inside}
    assert values[b"comment"] == inside
    assert metainfo.parse(found.raw).info == before.info


def test_piece_layers_stay():
    leaves = [bytes([n]) * 32 for n in range(2)]
    root = hashlib.sha256(b"".join(leaves)).digest()
    tree = {"a": {"": {"length": 30_000, "pieces root": root}}}
    layers = {root: b"".join(leaves)}
    before = torrent(samples.v2_multi(**{"file tree": tree}), **{"piece layers": layers})
    found = edited(before, tiers=(("http://a/",),), inside=Inside(name="other"))
    assert found.piece_layers == layers
    assert found.info.name == "other"


def test_what_changes_the_info_hash_is_named():
    found = metainfo_edit.edit(torrent(), Edit(inside=Inside(private=True, name="one.bin")))
    assert found.inside == ("private",)
    assert metainfo.parse(found.raw).info.private


def test_a_bad_name_is_refused():
    with pytest.raises(ConfigError, match="not a name"):
        metainfo_edit.edit(torrent(), Edit(inside=Inside(name="a/b")))


@pytest.mark.parametrize(
    ("before", "wanted", "caution"),
    [
        (
            torrent(samples.v1_single(private=1), announce="a"),
            {"lists": {"nodes": ListChange(add=("a:1",))}},
            "DHT nodes in a private torrent: no client may use them (BEP 27)",
        ),
        (
            torrent(samples.v1_single(private=1), announce="a"),
            {"trackers": ListChange(clear=True)},
            "a private torrent without a tracker finds no peers",
        ),
        (
            torrent(),
            {"inside": Inside(private=True)},
            "a private torrent without a tracker finds no peers",
        ),
        (
            torrent(samples.v1_single(similar=[b"\xff" * 20])),
            {"lists": {"similar": ListChange(remove=("ff*",))}},
            "similar inside the info dictionary stay, with the info-hash",
        ),
        (
            torrent(samples.v1_single(collections=["c"])),
            {"lists": {"collections": ListChange(clear=True)}},
            "collections inside the info dictionary stay, with the info-hash",
        ),
    ],
)
def test_what_became_odd_is_said(before, wanted, caution):
    assert metainfo_edit.cautions(before, edited(before, **wanted), Edit(**wanted)) == (caution,)


def test_what_was_odd_before_is_not_said_again():
    before = torrent(samples.v1_single(private=1), nodes=[["a", 1]])
    wanted = {"facts": {"comment": "x"}}
    assert metainfo_edit.cautions(before, edited(before, **wanted), Edit(**wanted)) == ()


# Random torrents and random edits: whatever was not meant is the same, byte for byte.

url = st.sampled_from(URLS)
junk = st.sampled_from([0, b"", b"x", [], [7], [b"http://a/", 7, []], {}, {b"b": 1, b"a": [1]}])
usable = {
    b"announce": url.map(lambda text: text.encode("utf-8", "surrogateescape")),
    b"announce-list": st.lists(
        st.lists(url.map(lambda text: text.encode("utf-8", "surrogateescape")), max_size=3),
        max_size=3,
    ),
    b"url-list": st.lists(st.sampled_from([b"http://a/", b"http://b/"])),
    b"nodes": st.lists(st.sampled_from([[b"a", 1], [b"::1", 2]])),
    b"comment": st.binary(max_size=3),
    b"comment.utf-8": st.just(b"x"),
    b"creation date": st.integers(0, 9),
}
unknown = st.sampled_from([b"d1:bi1e1:ai2ee", b"i-7e", b"l1:ai0ee", b"3:\xff\x00\x01"])
outsides = st.fixed_dictionaries(
    {},
    optional={
        **{key: st.one_of(good, junk) for key, good in usable.items()},
        **{key: unknown.map(Raw) for key in (b"", b"\xff", b"unknown", b"publisher")},
    },
)
changes = st.builds(
    ListChange,
    clear=st.booleans(),
    remove=st.lists(st.sampled_from([*URLS, "http*", "a:*"]), max_size=2).map(tuple),
    add=st.lists(st.sampled_from(URLS[:2]), max_size=2).map(tuple),
)
node_changes = changes.map(lambda change: change._replace(add=("n.example:5",) * len(change.add)))
facts = st.fixed_dictionaries(
    {},
    optional={"comment": st.none() | st.text(max_size=3), "creation_date": st.none() | st.just(5)},
)
edits = st.fixed_dictionaries(
    {},
    optional={
        "lists": st.fixed_dictionaries({}, optional={"webseeds": changes, "nodes": node_changes}),
        "trackers": changes,
        "tiers": st.lists(st.lists(url, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
        "replace": st.lists(
            st.tuples(st.sampled_from(["a", "http", "/"]), st.sampled_from(["", "b", "zz"])),
            max_size=2,
        ).map(tuple),
        "facts": facts,
    },
)
infos = st.sampled_from([samples.v1_single(), samples.v1_multi(x=b"\xff"), samples.hybrid()])


def raws_of(data):
    _, spans = bencoding.decode_with_spans(data)
    return {key: data[start:end] for key, (start, end) in spans.items()}


def meant_by(wanted):
    names = {*wanted.get("lists", {}), *wanted.get("facts", {})}
    if wanted.keys() & {"trackers", "tiers", "replace"}:
        names.add("trackers")
    return set().union(*(MEANT[name] for name in names))


@settings(max_examples=200)
@given(infos, outsides, edits)
def test_what_is_not_meant_stays_byte_for_byte(info, outside, wanted):
    before = metainfo.parse(bencoding.encode({b"info": info, **outside}))
    found = metainfo_edit.edit(before, Edit(**wanted))
    meant = meant_by(wanted)
    old, new = raws_of(before.raw), raws_of(found.raw)
    assert {k: v for k, v in old.items() if k not in meant} == {
        k: v for k, v in new.items() if k not in meant
    }
    assert new[b"info"] == before.info.raw
    again = metainfo.parse(found.raw)
    assert again.info == before.info
    assert list(new) == sorted(new)


@settings(max_examples=100)
@given(outsides, st.lists(st.lists(url, min_size=1, max_size=3).map(tuple), max_size=3))
def test_added_trackers_are_there_and_the_first_is_announced(outside, tiers):
    before = metainfo.parse(bencoding.encode({b"info": samples.v1_single(), **outside}))
    found = edited(before, tiers=tuple(tiers))
    named = {u for tier in found.trackers for u in tier}
    assert {u for tier in before.trackers for u in tier} | {u for t in tiers for u in t} == named
    cleared = edited(before, trackers=ListChange(clear=True), tiers=tuple(tiers))
    if tiers:
        raw, _ = bencoding.decode_with_spans(cleared.raw)
        assert raw[b"announce"].decode("utf-8", "surrogateescape") == tiers[0][0]
    else:
        assert cleared.trackers == ()


EVERYTHING = Edit(
    trackers=ListChange(remove=("udp*",)),
    tiers=(("http://new/",),),
    replace=(("http", "https"),),
    lists={name: ListChange(remove=("[a-m]*",)) for name in LISTS},
    facts={"comment": "c", "created_by": None, "creation_date": 1},
    inside=Inside(name="new", source="s", private=True, salt=1),
)


def test_whatever_can_be_read_can_be_changed_and_read_again():
    seeds = [documents.full(), documents.torrent(documents.info_hybrid(), announce="a")]
    seeds.append(
        bencoding.encode({"info": samples.v2_multi(), "url-list": ["a", "b"], "nodes": []})
    )
    changed = 0
    for data in [
        *damage.mutations(seeds, 1500, 5),
        *list(damage.single_byte_changes(seeds[0]))[::5],
    ]:
        try:
            before = metainfo.parse(data)
        except FormatError:
            continue
        try:
            again = metainfo.parse(metainfo_edit.edit(before, EVERYTHING).raw)
        except ConfigError:
            continue  # a directory that may not be called like its only file
        changed += 1
        assert (again.info.name, again.comment) == ("new", "c")
        assert again.info.geometry.piece_count == before.info.geometry.piece_count
    assert changed > 300
