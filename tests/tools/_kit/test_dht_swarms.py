"""The torrents that rain-dht is given."""

import pytest

from raincore.base.errors import FormatError
from raincore.documents.documents import TorrentDocument
from raincore.formats import magnet, metainfo
from raintools._kit import dht_swarms
from raintools._kit.sources import Input, Loaded, load
from tests.documents import samples

V1, V2 = "0a" * 20, "0b" * 32


def hashes(torrent, **facts):
    return [one.hex() for one in dht_swarms.hashes(Loaded(TorrentDocument(**facts), torrent, "x"))]


def test_the_dht_knows_a_torrent_by_the_hash_of_each_of_its_swarms():
    link = f"magnet:?xt=urn:btih:{V1}"
    assert hashes(magnet.parse(link)) == [V1]
    both = magnet.parse(f"{link}&xt=urn:btmh:1220{V2}")
    assert hashes(both) == [V1, V2[:40]]
    hybrid = metainfo.parse(samples.torrent(samples.info_hybrid()))
    assert hashes(hybrid) == [hybrid.info.info_hash.hex(), hybrid.info.info_hash_v2.hex()[:40]]
    assert len(hashes(metainfo.parse(samples.torrent(samples.info_v2())))) == 1


def test_a_private_torrent_has_none():
    raw = samples.torrent(samples.info_v1(private=1))
    with pytest.raises(FormatError, match="a private torrent"):
        dht_swarms.hashes(load(Input(raw, "x")))
    with pytest.raises(FormatError, match="a private torrent"):
        hashes(magnet.parse(f"magnet:?xt=urn:btih:{V1}"), private=True)


def test_one_argument_is_one_torrent_and_stdin_is_many():
    assert dht_swarms.is_single(["x"])
    assert not any(map(dht_swarms.is_single, ([], ["-"], ["x", "y"])))
