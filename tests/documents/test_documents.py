"""What documents say of torrents and magnet links, and how stages add to them."""

from dataclasses import replace

import pytest

from raincore.base import ids
from raincore.documents import documents
from raincore.documents.documents import FileFacts, TorrentDocument
from raincore.formats import magnet, metainfo
from tests.documents import samples


def of(info=None, path="/t/a.torrent", **outside):
    return documents.of_metainfo(metainfo.parse(samples.torrent(info, **outside)), path=path)


def test_a_torrent_is_described_with_all_it_says():
    parsed = metainfo.parse(samples.full())
    document = documents.of_metainfo(parsed, path="/t/a.torrent")
    assert document.info_hash == parsed.info.info_hash
    assert document.info_hash_v2 is None
    assert document.meta_version == "v1"
    assert document.name == "photos"
    assert document.created_by == "samples"
    assert document.source == "TAG"
    assert document.creation_date == 1_500_000_000
    assert document.private is True
    assert (document.piece_length, document.piece_count) == (16, 2)
    assert (document.total_length, document.file_count) == (25, 2)
    assert document.trackers == samples.TRACKERS
    assert document.webseeds == ["http://seed.example/"]
    assert document.http_seeds == ["http://seed.example/old"]
    assert document.nodes == ["router.example:6881", "[2001:db8::1]:6882"]
    assert document.path == "/t/a.torrent"


def test_text_from_strangers_is_made_displayable():
    document = of(comment="a \x1b[31mred", **{"created by": b"\xff"})
    assert document.comment == "a \ufffd[31mred"
    assert document.created_by == "\ufffd"


def test_paths_start_with_the_name_and_odd_bytes_are_kept_beside():
    one, two = of().files
    assert one.path == "photos/a/one.jpg"
    assert one.path_raw is None
    assert two.path == "photos/tw\ufffd"
    assert two.path_raw == b"photos/tw\xff"
    assert (two.attr, two.mtime) == ("x", 7)


def test_a_single_file_is_its_name():
    [file] = of(samples.info_single()).files
    assert (file.path, file.length) == ("one.bin", 20)


def test_padding_is_left_out_and_roots_are_told():
    document = of(samples.info_hybrid())
    assert document.meta_version == "hybrid"
    assert [file.path for file in document.files] == ["photos/a.bin", "photos/b.bin"]
    assert [len(file.pieces_root) for file in document.files] == [32, 32]
    assert (document.total_length, document.file_count) == (20_005, 2)
    assert document.piece_count == 2


def test_a_v2_torrent_has_no_v1_hash_and_no_pieces():
    document = documents.of_metainfo(
        metainfo.parse(samples.torrent(samples.info_v2())), path="/t/a", pieces=True
    )
    assert document.info_hash is None
    assert len(document.info_hash_v2) == 32
    assert document.pieces == []


def test_piece_hashes_are_given_only_when_asked_for():
    parsed = metainfo.parse(samples.torrent())
    assert not documents.of_metainfo(parsed).pieces
    pieces = documents.of_metainfo(parsed, pieces=True).pieces
    assert b"".join(pieces) == samples.info_v1()["pieces"]


def test_a_torrent_without_a_path_or_when_asked_carries_its_bytes():
    parsed = metainfo.parse(samples.torrent())
    assert documents.of_metainfo(parsed).metainfo == parsed.raw
    assert documents.of_metainfo(parsed, path="/t/a").metainfo is None
    assert documents.of_metainfo(parsed, path="/t/a", embed=True).metainfo == parsed.raw


def test_the_piece_layer_of_a_v2_file_is_given_with_the_file():
    raw = samples.torrent(samples.info_layered(), **{"piece layers": samples.LAYERS})
    parsed = metainfo.parse(raw)
    assert [file.pieces for file in documents.of_metainfo(parsed).files] == [(), ()]
    long, short = documents.of_metainfo(parsed, pieces=True).files
    assert b"".join(long.pieces) == samples.LAYERS[long.pieces_root]
    assert short.pieces == []


@pytest.mark.parametrize("date", [-1, 253_402_300_800, 10**18])
def test_a_date_that_rfc_3339_cannot_write_is_left_out(date):
    assert of(**{"creation date": date}).creation_date is None


def test_similar_torrents_are_told_in_hex():
    document = of(samples.info_v1(similar=[b"\x01" * 20], collections=["c\x07"]))
    assert document.similar == ["01" * 20]
    assert document.collections == ["c\ufffd"]


def test_a_magnet_link_is_described_with_all_it_says():
    link = magnet.parse(
        "magnet:?xt=urn:btih:" + "0a" * 20 + "&dn=pho%1btos&xl=25&tr=http://t.example/a"
        "&ws=http://s.example/&x.pe=192.0.2.1:6881&so=0,2-3"
    )
    document = documents.of_magnet(link)
    assert document.info_hash == bytes([10] * 20)
    assert document.meta_version is None
    assert document.name == "pho\ufffdtos"
    assert document.total_length == 25
    assert document.trackers == [["http://t.example/a"]]
    assert list(document.webseeds) == ["http://s.example/"]
    assert list(document.peers) == ["192.0.2.1:6881"]
    assert list(document.select) == [0, 2, 3]
    assert magnet.parse(document.magnet) == link


def test_a_link_with_both_hashes_is_a_hybrid():
    link = magnet.Magnet(info_hash=ids.InfoHash(bytes(20)), info_hash_v2=ids.InfoHashV2(bytes(32)))
    assert documents.of_magnet(link).meta_version == "hybrid"
    only_v2 = magnet.Magnet(info_hash_v2=ids.InfoHashV2(bytes(32)))
    assert documents.of_magnet(only_v2).meta_version is None


def test_merging_adds_new_facts_and_keeps_the_rest():
    old = TorrentDocument(name="a", peers=["h:1"], private=True, extra={"x": 1, "y": 1})
    new = TorrentDocument(status="seeding", private=False, peers=["h:2"], extra={"y": 2})
    merged = documents.merge(old, new)
    assert merged == TorrentDocument(
        name="a", peers=["h:2"], private=False, status="seeding", extra={"x": 1, "y": 2}
    )


@pytest.mark.parametrize("nothing", [(), []])
def test_what_is_empty_or_unknown_in_the_new_facts_leaves_the_old_alone(nothing):
    old = TorrentDocument(name="a", peers=["h:1"], select=[0])
    assert documents.merge(old, TorrentDocument(peers=nothing)) == old
    assert documents.merge(old, TorrentDocument()) == old


def test_merging_with_zero_and_false_takes_them():
    old = TorrentDocument(total_length=1, private=True)
    merged = documents.merge(old, TorrentDocument(total_length=0, private=False))
    assert (merged.total_length, merged.private) == (0, False)


def test_what_only_the_old_files_know_is_kept():
    root, other = b"r" * 32, b"o" * 32
    old = TorrentDocument(
        files=[
            FileFacts("d/a", 5, pieces_root=root, pieces=[b"p" * 32], extra={"note": 1, "at": 2}),
            FileFacts("d/b", 6, pieces_root=root, pieces=[b"p" * 32]),
            FileFacts("d/c", 7, extra={"note": 3}),
        ]
    )
    new = TorrentDocument(
        files=[
            FileFacts("d/a", 5, pieces_root=root, extra={"at": 4}),
            FileFacts("d/b", 6, pieces_root=other),
            FileFacts("d/c", 8),
        ]
    )
    assert documents.merge(old, new).files == [
        FileFacts("d/a", 5, pieces_root=root, pieces=[b"p" * 32], extra={"note": 1, "at": 4}),
        FileFacts("d/b", 6, pieces_root=other, extra={}),
        FileFacts("d/c", 8),
    ]
    assert documents.merge(new, old).files[0].pieces


def test_documents_are_values():
    one = TorrentDocument(name="a", files=(), extra={})
    assert one == TorrentDocument(name="a")
    assert replace(one, name="b") != one
