"""What a link says survives when its info dictionary comes; what the dictionary says is added."""

import hashlib
from dataclasses import replace

from raincore.documents import documents
from raincore.documents.documents import FileFacts, TorrentDocument
from raincore.formats import bencoding, magnet, merkle, metainfo
from raincore.formats import info as infos
from raincore.formats.info import Info
from raintools._kit.resolved import completed, resolved
from raintools._kit.sources import Loaded
from tests.sim.content import sample
from tests.swarm.swarm_world import info_of

INFO = sample(1, pieces=2).info
PADDED = info_of(files=[("a", 16384), ("b", 100), ("c", 5)], padding=16384)
"""Of its four files the second is padding."""


def link(info: Info = INFO, rest: str = "") -> Loaded:
    found = magnet.parse(f"magnet:?xt=urn:btih:{info.swarm_hash.hex()}{rest}")
    return Loaded(documents.of_magnet(found), found, "the link")


def test_how_to_reach_the_torrent_is_kept_around_its_info():
    url = "&tr=udp://t.example:1&tr=http://u.example/&ws=http://w.example/&x.pe=192.0.2.1:5"
    found = resolved(link(rest=url), INFO, {})
    assert found.torrent.info == INFO
    assert found.torrent.trackers == (("udp://t.example:1",), ("http://u.example/",))
    assert found.torrent.webseeds == ("http://w.example/",)
    assert list(found.document.peers) == ["192.0.2.1:5"]
    assert found.document.metainfo == found.torrent.raw
    assert found.document.name == "sample"
    assert found.document.magnet == link(rest=url).document.magnet
    assert found.warnings == ()


def test_trackers_that_a_document_added_are_kept_with_their_tiers():
    given = link(rest="&tr=udp://t.example:1")
    tiers = [["udp://a.example:1", "udp://b.example:1"], ["udp://t.example:1"]]
    given = given._replace(document=replace(given.document, trackers=tiers, extra={"x": 1}))
    found = resolved(given, INFO, {})
    assert [list(tier) for tier in found.torrent.trackers] == tiers
    assert found.document.extra == {"x": 1}


def test_without_trackers_none_is_kept():
    found = resolved(link(rest="&tr=udp://t.example:1"), INFO, {}, trackers=False)
    assert found.torrent.trackers == ()
    assert found.document.trackers == ()


def test_what_a_file_from_the_web_says_stands_behind_what_the_link_says():
    raw = metainfo.encode(
        INFO.raw,
        trackers=[["udp://t.example:1", "udp://o.example:1"]],
        webseeds=["http://o.example/"],
        comment="from the web",
        nodes=["n.example:1"],
    )
    given = link(rest="&tr=udp://t.example:1&ws=http://w.example/")
    found = resolved(given, INFO, {}, metainfo.parse(raw))
    assert found.torrent.trackers == (("udp://t.example:1",), ("udp://o.example:1",))
    assert found.torrent.webseeds == ("http://w.example/", "http://o.example/")
    assert (found.torrent.comment, found.torrent.nodes) == ("from the web", ("n.example:1",))


def test_nothing_gets_into_the_info_dictionary():
    found = resolved(link(rest="&tr=udp://t.example:1&dn=other&so=0"), INFO, {})
    assert hashlib.sha1(found.torrent.info.raw).digest() == INFO.info_hash


def test_a_selection_counts_files_as_documents_do_from_here_on():
    assert list(link(PADDED, "&so=0,2").document.select) == [0, 2]
    assert list(resolved(link(PADDED, "&so=0,2"), PADDED, {}).document.select) == [0, 1]


def test_files_that_a_link_selects_and_the_torrent_lacks_are_a_warning():
    found = resolved(link(PADDED, "&so=0,7,9"), PADDED, {})
    assert list(found.document.select) == [0]
    assert found.warnings == ("selects files that it does not have: 7, 9",)


def test_a_selection_of_files_that_are_listed_is_not_counted_again():
    given = link(PADDED, "&so=0,2")
    known = replace(given.document, files=[FileFacts("n/a", 5)], select=[2])
    found = resolved(given._replace(document=known), PADDED, {})
    assert list(found.document.select) == [2]


def v2_info(pieces: int) -> tuple[Info, dict[bytes, bytes]]:
    """A v2 torrent of one file, and its piece layers."""
    layer = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(pieces))
    root = merkle.root_of_layer(layer, 16384) if pieces > 1 else bytes(32)
    file = {"length": 16384 * pieces, "pieces root": root}
    value = {"file tree": {"n": {"": file}}, "meta version": 2, "name": "n", "piece length": 16384}
    return infos.parse(bencoding.encode(value)), {root: layer} if pieces > 1 else {}


def test_piece_layers_go_into_the_file_and_are_missed_otherwise():
    info, layers = v2_info(4)
    found = resolved(link(info), info, {})
    assert b"piece layers" in found.torrent.raw
    assert len(found.warnings) == 1
    assert "piece layers" in found.warnings[0]
    found = resolved(link(info), info, layers)
    assert (found.torrent.piece_layers, found.warnings) == (layers, ())


def test_small_v2_files_need_no_layers():
    info, _ = v2_info(1)
    assert resolved(link(info), info, {}).warnings == ()


def test_twenty_bytes_of_a_v2_hash_do_not_stay_as_a_v1_hash():
    info, _ = v2_info(1)
    found = resolved(link(info), info, {}).document
    assert found.info_hash is None
    assert found.info_hash_v2 == info.info_hash_v2


def test_a_private_torrent_says_so():
    private = info_of(private=True)
    assert resolved(link(private), private, {}).document.private is True


def test_a_torrent_file_stays_as_it_is():
    torrent = metainfo.from_info(INFO.raw)
    loaded = Loaded(documents.of_metainfo(torrent), torrent, "a.torrent")
    assert resolved(loaded, INFO, {}) == (loaded.document, torrent, ())


class Session:
    """Knows one info dictionary, or none."""

    def __init__(self, known: Info | None) -> None:
        self.known = known

    def metadata(self, info_hash):
        return self.known, {}

    def fetched(self, info_hash):
        return None


def test_a_document_is_completed_by_what_a_session_found_out():
    given = link()
    assert completed(given, Session(INFO), INFO.swarm_hash).name == "sample"  # type: ignore[arg-type]
    assert completed(given, Session(None), INFO.swarm_hash) is given.document  # type: ignore[arg-type]


def test_unknown_documents_keep_what_they_have():
    given = link()
    plain = given._replace(document=TorrentDocument(info_hash=INFO.info_hash, extra={"y": 2}))
    assert resolved(plain, INFO, {}).document.extra == {"y": 2}
