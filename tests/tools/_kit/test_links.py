"""The link of a torrent: what it is from the torrent, how to reach it from the document."""

from dataclasses import replace

import pytest

from raincore.base.errors import ConfigError
from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raintools._kit.links import link_of
from tests.documents import samples

FULL = metainfo.parse(samples.full())
HYBRID = metainfo.parse(samples.torrent(samples.info_hybrid()))


def document_of(torrent, **known):
    return replace(documents.of_metainfo(torrent), **known)


def test_a_torrent_and_its_own_document_give_its_own_link():
    assert link_of(document_of(FULL), FULL) == magnet.of(FULL)


def test_what_the_document_knows_goes_into_the_link():
    known = {
        "peers": ["h:1"],
        "trackers": [["http://a/"], ["http://b/"]],
        "webseeds": ["http://w/"],
    }
    link = link_of(document_of(FULL, select=[1], **known), FULL)
    assert link.info_hash == FULL.info.info_hash
    assert (link.trackers, link.webseeds) == ((("http://a/",), ("http://b/",)), ("http://w/",))
    assert (link.peers, link.select) == (("h:1",), (1,))


def test_trackers_may_be_left_out():
    assert link_of(document_of(FULL), FULL, trackers=False).trackers == ()


def test_a_link_counts_padding_and_a_document_does_not():
    assert link_of(document_of(HYBRID, select=[0, 1]), HYBRID).select == (0, 2)
    link = magnet.of(HYBRID, select=[2])
    assert link_of(documents.of_magnet(link), link).select == (2,)


def test_a_file_that_is_not_there_cannot_be_selected():
    with pytest.raises(ConfigError, match="no such file to select: 2 of 2"):
        link_of(document_of(FULL, select=[2]), FULL)


def test_a_link_keeps_its_tiers_and_what_nobody_here_knows():
    text = f"magnet:?xt=urn:btih:{'0a' * 20}&tr=p&tr.1=a&tr.1=b&kt=a+b&x.t=%2bc"
    link = magnet.parse(text)
    assert magnet.encode(link_of(documents.of_magnet(link), link)) == text
