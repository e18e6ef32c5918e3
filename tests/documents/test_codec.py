"""Records to JSON values and back."""

import json
from pathlib import Path

import pytest

from raincore.base import errors, ids
from raincore.documents import codec, events, registry
from raincore.documents.documents import FileFacts, TorrentDocument

GOLDEN = Path(__file__).parent / "golden"
HASH = ids.InfoHash(bytes(range(20)))
COMMON = {"time": 1_500_000_000.1239, "info_hash": HASH}
VERIFY = {
    "pieces_ok": 1,
    "pieces_bad": 1,
    "pieces_missing": 0,
    "bytes_ok": 3,
    "files": [
        {
            "path": "photos/a",
            "ok": False,
            "bytes_ok": 3,
            "bytes_total": 5,
            "missing": False,
            "size": 6,
            "bad_blocks": [[0, 0]],
        }
    ],
    "bad_ranges": [[1, 1]],
    "missing_ranges": [],
    "extra": ["photos/b"],
    "extra_count": 1,
}
RECORDS = {
    "torrent": TorrentDocument(
        info_hash=HASH,
        info_hash_v2=ids.InfoHashV2(bytes(range(32))),
        meta_version="hybrid",
        name="photos",
        comment="ünï",
        created_by="samples",
        source="TAG",
        creation_date=1_500_000_000,
        private=False,
        piece_length=16384,
        piece_count=1,
        total_length=5,
        file_count=2,
        files=[
            FileFacts("photos/a", 5, pieces_root=bytes(32), pieces=(bytes(32),), extra={"x": 1}),
            FileFacts("photos/\ufffd", 0, b"photos/\xff", attr="lx", symlink="photos/a", mtime=-1),
        ],
        pieces=[bytes(20)],
        trackers=[["http://t.example/a", "udp://t.example:1"], ["http://u.example/a"]],
        webseeds=["http://s.example/"],
        http_seeds=["http://s.example/old"],
        nodes=["r.example:6881"],
        similar=["01" * 20],
        collections=["c"],
        sources=["http://s.example/a.torrent"],
        unknown={"encoding": "UTF-8", "hex:ff": {"hex": "00", "length": 9}},
        unknown_info={"x_cross_seed": 1},
        path="/t/photos.torrent",
        metainfo=b"d4:infodee",
        magnet="magnet:?xt=urn:btih:" + HASH.hex(),
        select=[0],
        data_dir="/t",
        peers=["192.0.2.1:6881", "[2001:db8::1]:6881"],
        status="seeding",
        last=True,
        verify=VERIFY,
        extra={"x": None},
    ),
    "status": events.Status(**COMMON, status="error", error="disk full"),
    "progress": events.Progress(
        **COMMON,
        pieces_have=1,
        pieces_total=2,
        bytes_done=3,
        bytes_total=4,
        down_rate=5,
        up_rate=6,
        peers=7,
        eta=8,
    ),
    "metadata": events.MetadataProgress(
        **COMMON,
        peers_tried=7,
        unreachable=1,
        waiting=1,
        no_metadata=1,
        refused=1,
        silent=1,
        hung_up=1,
        bad=1,
        bytes_have=16384,
        bytes_total=20000,
        sources_tried=2,
        sources_failed=1,
    ),
    "piece": events.PieceDone(**COMMON, index=0),
    "file": events.FileDone(**COMMON, index=0, path="photos/a", length=5),
    "peer": events.PeerEvent(
        **COMMON,
        address="[::1]:1",
        state="disconnected",
        reason="snubbed",
        client="x",
        encryption="rc4",
    ),
    "tracker": events.TrackerEvent(
        **COMMON,
        url="udp://t.example:1",
        peers=1,
        seeds=2,
        leechers=3,
        interval=4,
        downloads=5,
        next_in=6,
        error="no",
    ),
    "dht": events.DhtEvent(**COMMON, asked=12, answered=8, stored=7, peers=3),
    "webseed": events.WebseedEvent(
        **COMMON,
        url="http://w.example/photos/",
        state="failed",
        reason="HTTP 503: is busy",
        bytes=5,
    ),
    "explain": events.Explanation(
        **COMMON,
        cause="missing_pieces",
        evidence="the only peer does not have piece 4",
        remedy="wait for a seed",
        facts={"pieces": [4], "count": 1, "peers": 1, "seconds": 1.5, "what": "x"},
    ),
    "warning": events.Warning(**COMMON, message="port closed", code="port"),
}


def golden(name):
    return json.loads((GOLDEN / f"{name}-1.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_each_type_is_written_as_its_golden_file_says(name):
    value = codec.encode(RECORDS[name])
    assert value == golden(name)
    assert list(value) == list(golden(name))


@pytest.mark.parametrize("name", sorted(registry.VERSIONS))
def test_golden_files_are_valid(name):
    registry.validate(golden(name))


def test_a_golden_torrent_is_read_back_as_it_was():
    assert codec.decode(golden("torrent")) == RECORDS["torrent"]


def test_what_is_not_known_is_left_out():
    assert codec.encode(TorrentDocument()) == {"type": "torrent", "v": 1}
    status = codec.encode(events.Status(**COMMON, status="seeding"))
    assert list(status) == ["type", "v", "time", "info_hash", "status"]


def test_zero_and_false_are_known():
    value = codec.encode(TorrentDocument(total_length=0, private=False))
    assert (value["total_length"], value["private"]) == (0, False)


def test_unknown_keys_pass_untouched_on_every_level():
    value = {"type": "torrent", "v": 1, "files": [{"path": "a", "length": 1, "z": [1.5]}], "y": {}}
    assert codec.encode(codec.decode(value)) == value


def test_numbers_that_json_schema_takes_for_integers_become_integers():
    value = {"type": "torrent", "total_length": 5.0, "select": [1.0], "v": 1}
    value["files"] = [{"path": "a", "length": 5.0, "mtime": 7.0}]
    registry.validate(value)
    text = json.dumps(codec.encode(codec.decode(value)))
    assert ".0" not in text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("metainfo", "ZGU", "$.metainfo: not base64"),
        ("metainfo", "Z===", "$.metainfo: not base64"),
        (
            "creation_date",
            "2017-02-30T00:00:00Z",
            "$.creation_date: not an RFC 3339 time: '2017-02-30T00:00:00Z'",
        ),
        (
            "creation_date",
            "9999-12-31T23:59:59-23:59",
            "$.creation_date: not an RFC 3339 time: '9999-12-31T23:59:59-23:59'",
        ),
        ("peers", ["a:1", "a:0"], "$.peers[1]: port must be 1 to 65535: '0'"),
        ("peers", ["a:99999"], "$.peers[0]: port must be 1 to 65535: '99999'"),
        ("path", "/a\0b", "$.path: no file can be called that: '/a�b'"),
        ("data_dir", "/\0", "$.data_dir: no file can be called that: '/�'"),
        ("data_dir", "/\ud800", "$.data_dir: no file can be called that: '/�'"),
        (
            "files",
            [{"path": "a", "length": 1, "path_b64": "A"}],
            "$.files[0].path_b64: not base64",
        ),
    ],
)
def test_the_right_shape_without_meaning_is_an_error_that_says_where(key, value, message):
    document = {"type": "torrent", "v": 1, key: value}
    with pytest.raises(errors.DocumentError) as caught:
        codec.decode(document)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_500_000_000, "2017-07-14T02:40:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(time, text):
    assert codec.rfc3339(time) == text
    assert codec.seconds(text) == time


def test_milliseconds_are_written_when_asked_for():
    assert codec.rfc3339(1.5, milliseconds=True) == "1970-01-01T00:00:01.500Z"
    assert codec.rfc3339(1, milliseconds=True) == "1970-01-01T00:00:01.000Z"


def test_other_offsets_are_understood_and_no_offset_is_not():
    assert codec.seconds("1970-01-01T01:00:00.9+01:00") == 0
    with pytest.raises(errors.DocumentError, match="no offset"):
        codec.seconds("1970-01-01T01:00:00")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"])
def test_a_time_outside_of_the_calendar_is_refused(time):
    with pytest.raises(errors.DocumentError, match="not an RFC 3339 time"):
        codec.seconds(time)


def test_a_path_may_have_bytes_that_are_not_utf8():
    value = {"type": "torrent", "path": "/\udcff", "data_dir": "/\udcff"}
    assert codec.decode(value).data_dir == "/\udcff"
