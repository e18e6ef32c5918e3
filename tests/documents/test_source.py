"""The torrent that a document speaks of."""

import json

import pytest

from raincore.base import errors, ids
from raincore.documents import codec, documents, source
from raincore.documents.documents import TorrentDocument
from raincore.formats import magnet, metainfo
from tests.documents import samples

HASH = ids.InfoHash(bytes(range(20)))


def no_file(path):
    raise AssertionError(path)


def test_embedded_bytes_come_before_the_path():
    raw = samples.torrent()
    document, torrent = source.find(TorrentDocument(metainfo=raw, path="/t/a"), no_file)
    assert torrent == metainfo.parse(raw)
    assert (document.metainfo, document.path) == (raw, "/t/a")
    assert document.name == "photos"


def test_the_path_comes_before_the_magnet():
    raw = samples.torrent()
    given = TorrentDocument(path="/t/a", magnet="magnet:?nonsense", extra={"x": 1})
    document, torrent = source.find(given, {"/t/a": raw}.__getitem__)
    assert torrent == metainfo.parse(raw)
    assert document.metainfo is None
    assert document.extra == {"x": 1}


def test_the_magnet_comes_before_the_hash():
    link = "magnet:?xt=urn:btih:" + HASH.hex() + "&dn=a&x.pe=192.0.2.1:1"
    given = TorrentDocument(magnet=link, info_hash=HASH, peers=["192.0.2.2:2"])
    document, torrent = source.find(given, no_file)
    assert torrent == magnet.parse(link)
    assert document.name == "a"
    assert list(document.peers) == ["192.0.2.2:2", "192.0.2.1:1"]


def test_a_hash_alone_becomes_a_magnet_with_what_the_document_knows():
    given = TorrentDocument(
        info_hash=HASH,
        name="a",
        trackers=[["http://t.example/a"], ["http://u.example/a"]],
        peers=["h.example:1"],
        select=[2],
    )
    document, torrent = source.find(given, no_file)
    assert torrent.info_hash == HASH
    assert torrent.name == "a"
    assert torrent.trackers == (("http://t.example/a",), ("http://u.example/a",))
    assert torrent.peers == ("h.example:1",)
    assert torrent.select == (2,)
    assert magnet.parse(document.magnet) == torrent


def test_the_document_says_how_to_reach_the_torrent_and_the_torrent_what_it_is():
    raw = samples.torrent(announce="http://old.example/a", **{"url-list": "http://old.example/"})
    given = TorrentDocument(
        metainfo=raw,
        name="wrong",
        trackers=[["http://new.example/a"]],
        webseeds=["http://new.example/"],
        select=[1],
        peers=["h.example:1"],
        data_dir="/t",
    )
    document, _ = source.find(given, no_file)
    assert document.name == "photos"
    assert document.trackers == [["http://new.example/a"]]
    assert document.webseeds == ["http://new.example/"]
    assert (document.select, list(document.peers)) == ([1], ["h.example:1"])
    assert document.data_dir == "/t"


def test_a_document_that_names_no_torrent_says_what_it_lacks():
    with pytest.raises(errors.DocumentError, match=r"^\$: has none of metainfo, path, magnet"):
        source.find(TorrentDocument(name="a"), no_file)


@pytest.mark.parametrize(
    "wrong",
    [TorrentDocument(info_hash=HASH), TorrentDocument(info_hash_v2=ids.InfoHashV2(bytes(32)))],
)
def test_a_document_with_the_hash_of_another_torrent_is_refused(wrong):
    raw = samples.torrent(samples.info_hybrid())
    given = documents.merge(wrong, TorrentDocument(metainfo=raw))
    with pytest.raises(errors.DocumentError, match="does not belong"):
        source.find(given, no_file)


@pytest.mark.parametrize(
    ("named", "where", "kind", "end"),
    [
        ({"metainfo": b"d4:info"}, "$.metainfo", errors.BencodeError, "a value"),
        ({"path": "/t/a\x1b"}, "$.path", errors.BencodeError, ": /t/a\N{REPLACEMENT CHARACTER}"),
        ({"magnet": "magnet:?dn=a"}, "$.magnet", errors.MagnetError, ""),
    ],
)
def test_what_a_document_names_must_be_well_formed(named, where, kind, end):
    with pytest.raises(errors.DocumentError) as caught:
        source.find(TorrentDocument(**named), lambda path: b"d4:info")
    assert caught.value.where == where
    assert isinstance(caught.value.__cause__, kind)
    assert str(caught.value).endswith(end)


def test_what_reading_the_file_raises_passes_through():
    def missing(path):
        raise errors.FormatError("cannot be read")

    with pytest.raises(errors.FormatError, match="cannot be read"):
        source.find(TorrentDocument(path="/t/a"), missing)


@pytest.mark.parametrize(
    "link",
    ["&dn=\ud800\udfff", "&dn=\udcff", "&tr=http://a/\ud800", "&x.pe=\ud800:1", "&so=\udcff"],
)
def test_surrogates_in_a_link_do_no_harm(link):
    document = TorrentDocument(magnet=f"magnet:?xt=urn:btih:{'a' * 40}{link}")
    try:
        found, _ = source.find(document, no_file)
    except errors.FormatError:
        return
    json.dumps(codec.encode(found), ensure_ascii=False).encode()


def test_a_document_of_many_peers_gets_a_link_that_can_be_read_again():
    value = {"type": "torrent", "v": 1, "info_hash": "a" * 40}
    value["peers"] = [f"host-{n}.example:{n + 1}" for n in range(60_000)]
    found, _ = source.find(codec.decode(value), no_file)
    again, _ = source.find(TorrentDocument(magnet=found.magnet), no_file)
    assert len(found.peers) == 60_000
    assert 0 < len(again.peers) < 60_000
