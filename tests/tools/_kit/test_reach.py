"""Trackers and web seeds of a document, in the bytes of the torrent."""

from dataclasses import replace

from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raintools._kit.reach import trackers_of, webseeds_of
from tests.documents import samples

ODD = metainfo.parse(
    samples.torrent(
        announce=b"http://caf\xe9/",
        **{"announce-list": [[b"http://caf\xe9/", "b"], ["c"]], "url-list": [b"\xff", "w"]},
    )
)
LINK = magnet.of(ODD)


def test_what_cannot_be_displayed_is_given_as_it_is():
    document = documents.of_metainfo(ODD)
    assert document.trackers[0][0] == "http://caf�/"
    assert trackers_of(document, ODD) == ODD.trackers == (("http://caf\udce9/", "b"), ("c",))
    assert webseeds_of(document, ODD) == ODD.webseeds == ("\udcff", "w")


def test_a_link_has_a_tier_for_each_tracker():
    document = documents.of_magnet(LINK)
    assert trackers_of(document, LINK) == (("http://caf\udce9/",), ("b",), ("c",))
    assert webseeds_of(document, LINK) == LINK.webseeds


def test_the_document_says_which_and_in_which_order():
    document = replace(
        documents.of_metainfo(ODD), trackers=[["new"], ["http://caf�/"]], webseeds=["x", "w"]
    )
    assert trackers_of(document, ODD) == (("new",), ("http://caf\udce9/",))
    assert webseeds_of(document, ODD) == ("x", "w")
