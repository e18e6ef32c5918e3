"""A torrent that is changed, and the document that travels with it."""

from dataclasses import fields, replace

from raincore.documents import documents
from raincore.documents.documents import TorrentDocument
from raincore.formats import magnet, metainfo, metainfo_edit
from raincore.formats.info_edit import Inside
from raincore.formats.metainfo_edit import Edit
from raintools._kit import edited
from tests.documents import samples

BEFORE = metainfo.parse(samples.full())
GIVEN = documents.of_metainfo(BEFORE, path="/a.torrent")


def changed(**wanted):
    return metainfo.parse(metainfo_edit.edit(BEFORE, Edit(**wanted)).raw)


def test_a_document_that_agrees_changes_nothing():
    assert edited.as_documented(GIVEN, BEFORE) is BEFORE
    assert edited.as_documented(TorrentDocument(), BEFORE) is BEFORE


def test_trackers_and_web_seeds_of_the_document_go_into_the_torrent():
    document = replace(GIVEN, trackers=[["http://a/", " "], ["http://b/"]], webseeds=["http://w/"])
    found = edited.as_documented(document, BEFORE)
    assert found.trackers == (("http://a/",), ("http://b/",))
    assert found.webseeds == ("http://w/",)
    assert found.info == BEFORE.info


def test_urls_that_cannot_be_displayed_are_no_difference():
    torrent = metainfo.parse(samples.torrent(announce=b"http://\xff/", **{"url-list": b"\x1b"}))
    assert edited.as_documented(documents.of_metainfo(torrent), torrent) is torrent


def test_what_the_torrent_says_is_brought_up_to_date():
    after = changed(facts={"comment": None, "created_by": "me"}, tiers=(("http://a/",),))
    document = edited.document_of(GIVEN, after, "/b.torrent", embed=False)
    assert document == documents.of_metainfo(after, path="/b.torrent")
    assert document.comment is None


def test_what_else_was_known_stays():
    known = {"peers": ["h:1"], "data_dir": "/d", "select": [1], "status": "complete", "last": True}
    given = replace(GIVEN, **known, extra={"x": 1})
    document = edited.document_of(given, changed(facts={"comment": "x"}), None, embed=False)
    assert {name: getattr(document, name) for name in known} == known
    assert document.extra == {"x": 1}


def test_every_key_is_either_the_torrents_or_carried_along():
    carried = {"sources", "magnet", "select", "data_dir", "peers", "status", "last", "extra"}
    told = {item.name for item in fields(TorrentDocument)} - carried
    assert set(edited.TOLD) <= told
    found = documents.of_metainfo(BEFORE, path="/a", embed=True, pieces=True)
    says = {item.name for item in fields(TorrentDocument) if getattr(found, item.name)}
    assert says <= set(edited.TOLD)


def test_peers_of_another_torrent_are_forgotten():
    given = replace(GIVEN, peers=["h:1"])
    after = changed(inside=Inside(name="new"))
    assert edited.document_of(given, after, None, embed=False).peers == ()


def test_a_magnet_link_is_made_again_where_there_was_one():
    after = changed(tiers=(("http://a/",),))
    assert edited.document_of(GIVEN, after, None, embed=False).magnet is None
    given = replace(GIVEN, magnet="magnet:?stale")
    link = magnet.parse(edited.document_of(given, after, None, embed=False).magnet)
    assert link == magnet.of(after)


def test_a_torrent_without_a_path_is_embedded():
    after = changed(facts={"comment": "x"})
    for path in (None, "/caf\udce9.torrent"):
        document = edited.document_of(GIVEN, after, path, embed=False)
        assert (document.path, document.metainfo) == (None, after.raw)
    assert edited.document_of(GIVEN, after, "/a", embed=True).metainfo == after.raw


def test_piece_hashes_are_shown_again_where_they_were():
    given = documents.of_metainfo(BEFORE, path="/a.torrent", pieces=True)
    after = changed(facts={"comment": "x"})
    assert edited.document_of(given, after, None, embed=False).pieces == given.pieces
    assert edited.document_of(GIVEN, after, None, embed=False).pieces == ()
