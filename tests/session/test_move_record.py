"""What is told of a torrent that is moved: rain's words, and no trust in them."""

import base64
import json
import math
from types import SimpleNamespace

import pytest

from raincore.base.errors import FormatError
from raincore.documents.session_records import ByteCounts, PieceCounts, TorrentStats
from raincore.formats import metainfo
from raincore.session.add_options import Before
from raincore.session.move_record import decode, encode
from raincore.storage.torrent_record import Counts, TorrentOptions, TorrentRecord
from tests.documents import samples
from tests.rpc.fake_session import HASH, FakeSession

RECORD = TorrentRecord(
    id="one",
    info_hash=HASH,
    hook_ran=True,
    peers=("h:1",),
    added_peers=("h:2",),
    options=TorrentOptions(sequential=True, seed_ratio=math.inf, labels=("tv",)),
)
TORRENT = samples.torrent(samples.info_v1())


def stats_of(have, total):
    return TorrentStats(
        info_hash=HASH,
        port=1,
        name="x",
        pieces=PieceCounts(have=have, total=total),
        bytes=ByteCounts(uploaded=5),
    )


LINK = b'{"InfoHash":"q6urq6urq6urq6urq6urq6urq6s=",'


def torrent_of(*names):
    torrent = FakeSession().put(*names)
    torrent.life = SimpleNamespace(record=RECORD)
    return torrent


def packed(data):
    return base64.b64encode(data).decode()


def test_what_is_told_is_read():
    torrent = torrent_of("one")
    total = metainfo.parse(TORRENT).info.geometry.piece_count
    value = encode(torrent, stats_of(total, total), TORRENT, started=True)
    found = decode(value)
    assert found.metainfo == TORRENT
    assert (found.started, found.is_whole, found.options) == (True, True, RECORD.options)
    assert found.peers == ("h:1", "h:2")
    assert (found.before.counts, found.before.hook_ran) == (Counts(uploaded=5), True)
    assert found.before.added_at == torrent.added_at
    assert not decode(encode(torrent, stats_of(0, total), TORRENT, started=False)).is_whole
    told = json.loads(value)
    assert told["Trackers"] == [["http://127.0.0.1:5000/announce", "udp://second.example:1"]]
    assert told["BytesUploaded"] == 5
    assert told["AddedAt"].startswith("2026-03-01T")


def test_a_link_is_told_by_its_hash():
    torrent = torrent_of("one", "a b")
    found = decode(encode(torrent, stats_of(0, 0), b"", started=True))
    assert found.metainfo == b""
    assert found.magnet.startswith(f"magnet:?xt=urn:btih:{HASH}&dn=a%20b&tr.1=http")


def test_what_rain_tells_becomes_a_torrent():
    info = metainfo.parse(TORRENT).info
    value = {"Info": packed(info.raw), "Trackers": [["http://a/"], ["http://b/"]], "URLList": None}
    value |= {"Started": True, "StopAfterDownload": True, "Bitfield": packed(b"\x00")}
    found = decode(json.dumps(value).encode())
    parsed = metainfo.parse(found.metainfo)
    assert parsed.info.info_hash == info.info_hash
    assert parsed.trackers == (("http://a/",), ("http://b/",))
    assert found.options == TorrentOptions(stop_after_download=True)
    assert found.before == Before()
    assert not found.is_whole


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"{", "metadata is no JSON"),
        (b"[" * 100_000, "metadata is no JSON"),
        (b"[]", "metadata is no JSON object"),
        (b"{}", "InfoHash must be 20 bytes"),
        (b'{"InfoHash":"%"}', "metadata: InfoHash is no base64"),
        (b'{"Name":1,"Info":"ZGU="}', "metadata"),
        (b'{"Info":"ZGU="}', "info"),
        (b'{"Trackers":["x"]}', "Trackers is no list of texts"),
        (b'{"Trackers":{}}', "InfoHash must be"),
        (b'{"Trackers":"x"}', "Trackers is no list of lists"),
        (b'{"Metainfo":"eA=="}', "not a .torrent file"),
        (LINK + b'"Options":[]}', "options are malformed"),
        (LINK + b'"Options":{"new":1}}', "newer version"),
        (LINK + b'"FixedPeers":[1]}', "FixedPeers is no list of texts"),
        (b'{"Info":"ZGU=","URLList":[1]}', "URLList is no list of texts"),
    ],
)
def test_nonsense_is_refused(value, said):
    with pytest.raises(FormatError, match=said):
        decode(value)


@pytest.mark.parametrize(
    "given",
    [
        b'"BytesUploaded":-1,"BytesWasted":1.5,"BytesDownloaded":true,"SeededFor":"1h"}',
        b'"AddedAt":"yesterday","BytesUploaded":99999999999999999999}',
        b'"AddedAt":"0001-01-01T00:00:00Z"}',
        b'"AddedAt":"9999-12-31T23:59:59-23:00","FixedPeers":["h","h:0"]}',
    ],
)
def test_numbers_and_times_that_are_none_are_left_out(given):
    found = decode(LINK + given)
    assert found.before.counts == Counts()
    assert found.before.added_at < 2**40
    assert found.peers == ()
