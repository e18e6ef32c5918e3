"""The methods of rain's API: a table of raw requests and replies over a real socket."""

import json
import math
import re

import pytest

import raincore
from raincore.rpc import views
from raincore.rpc.methods import METHODS
from tests.rpc import served
from tests.rpc.fake_session import HASH, FakeSession

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)\Z")
ADDED = "2026-03-01T10:00:00Z"
TORRENT = (
    f'{{"ID":"one","Name":"sample_torrent","InfoHash":"{HASH}","Port":23456,"AddedAt":"{ADDED}"}}'
)


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    """Times are told in the zone of the server."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    views.local_time.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    views.local_time.cache_clear()


def sent(method, params, id):
    shown = f',"params":{params}' if params is not None else ""
    return f'{{"jsonrpc":"2.0","method":"Session.{method}"{shown},"id":{id}}}'


def answered(id, result):
    return f'{{"jsonrpc":"2.0","id":{id},"result":{result}}}\n'


def refused(id, code, message):
    told = json.dumps({"code": code, "message": message}, separators=(",", ":"))
    return f'{{"jsonrpc":"2.0","id":{id},"error":{told}}}\n'


STATS = (
    f'{{"Stats":{{"InfoHash":"{HASH}","Port":23456,"Status":"Downloading","Error":"",'
    '"Pieces":{"Checked":0,"Have":12,"Missing":309,"Available":321,"Total":321},'
    '"Bytes":{"Total":10506282,"Padding":0,"Allocated":0,"Completed":393216,'
    '"Incomplete":10113066,"Downloaded":0,"Uploaded":0,"Wasted":0},'
    '"Peers":{"Total":1,"Incoming":0,"Outgoing":1},'
    '"Handshakes":{"Total":0,"Incoming":0,"Outgoing":0},'
    '"Addresses":{"Total":0,"Tracker":0,"DHT":0,"PEX":0},'
    '"Downloads":{"Total":0,"Running":0,"Snubbed":0,"Choked":0},'
    '"MetadataDownloads":{"Total":0,"Running":0,"Snubbed":0},'
    '"Name":"sample_torrent","Private":false,"FileCount":6,"PieceLength":32768,"SeededFor":0,'
    '"Speed":{"Download":20480,"Upload":0},"ETA":495}}'
)
SESSION_STATS = (
    '{"Stats":{"Uptime":61,"Torrents":1,"Peers":0,"PortsAvailable":9999,"BlockListRules":0,'
    '"BlockListRecency":-1,"ReadCacheObjects":0,"ReadCacheSize":0,"ReadCacheUtilization":0,'
    '"ReadsPerSecond":0,"ReadsActive":0,"ReadsPending":0,"WriteCacheObjects":0,'
    '"WriteCacheSize":0,"WriteCachePendingKeys":0,"WritesPerSecond":0,"WritesActive":0,'
    '"WritesPending":0,"SpeedDownload":0,"SpeedUpload":0,"SpeedRead":0,"SpeedWrite":0,'
    '"BytesDownloaded":0,"BytesUploaded":0,"BytesRead":0,"BytesWritten":0}}'
)
TRACKER = (
    '{"URL":"http://127.0.0.1:5000/announce","Status":"Not working","Leechers":0,"Seeders":0,'
    '"Warning":"","Error":"tracker refused the connection","ErrorUnknown":false,'
    '"ErrorInternal":"tracker refused the connection","LastAnnounce":"2026-03-01T10:00:00Z",'
    '"NextAnnounce":"0001-01-01T00:00:00Z"}'
)


def peer(id, client, address, source, at, downloading):
    return (
        f'{{"ID":"{id}","Client":"{client}","Addr":"{address}","Source":"{source}",'
        f'"ConnectedAt":"{at}","Downloading":{downloading},"ClientInterested":false,'
        '"ClientChoking":true,"PeerInterested":false,"PeerChoking":true,'
        '"OptimisticUnchoked":false,"Snubbed":false,"EncryptedHandshake":false,'
        '"EncryptedStream":false,"DownloadSpeed":0,"UploadSpeed":0}'
    )


PEERS = [
    peer(
        "2d524e322e332e302d0102030405060708090a0b",
        "Rain 2.3.0",
        "127.0.0.1:20000",
        "TRACKER",
        "2026-03-01T10:00:07Z",
        "true",
    ),
    peer("00" * 20, "", "[::1]:1", "UNKNOWN", ADDED, "false"),
]
OPTIONS = '"Stopped":true,"StopAfterDownload":false,"StopAfterMetadata":false,"Sequential":false'
ONE = '{"ID":"one"}'
NEW = TORRENT.replace('"one"', '"%s"').replace("sample_torrent", "%s")

EXCHANGES = [
    ("Version", None, f'"{raincore.__version__}"'),
    ("ListTorrents", None, f'{{"Torrents":[{TORRENT}]}}'),
    (
        "AddTorrent",
        f'{{"Torrent":"ZGU=","ID":"two",{OPTIONS}}}',
        '{"Torrent":%s}' % (NEW % ("two", "sample_torrent")),
    ),
    (
        "AddURI",
        f'{{"URI":"magnet:?xt=urn:btih:{HASH}&dn=x","ID":"my-id",{OPTIONS}}}',
        '{"Torrent":%s}' % (NEW % ("my-id", "x")),
    ),
    ("RemoveTorrent", '{"ID":"one","KeepData":false}', "{}"),
    ("CleanDatabase", "{}", "{}"),
    ("GetSessionStats", "{}", SESSION_STATS),
    ("GetTorrentStats", ONE, STATS),
    (
        "GetMagnet",
        ONE,
        f'{{"Magnet":"magnet:?xt=urn:btih:{HASH}\\u0026dn=sample_torrent"}}',
    ),
    ("GetTorrent", ONE, '{"Torrent":"ZDQ6aW5mb2Q0Om5hbWUxOnhlZQ=="}'),
    ("GetTorrentTrackers", ONE, f'{{"Trackers":[{TRACKER}]}}'),
    ("GetTorrentPeers", ONE, f'{{"Peers":[{",".join(PEERS)}]}}'),
    (
        "GetTorrentWebseeds",
        ONE,
        '{"Webseeds":[{"URL":"http://host/","Error":"unexpected status code: 404",'
        '"DownloadSpeed":0}]}',
    ),
    ("GetTorrentFiles", ONE, '{"Files":[{"Path":"sample_torrent/data/file1.bin","Length":10240}]}'),
    (
        "GetTorrentFileStats",
        ONE,
        '{"FileStats":[{"File":{"Path":"sample_torrent/data/file1.bin","Length":10240},'
        '"BytesCompleted":10240}]}',
    ),
    ("StartTorrent", ONE, "{}"),
    ("StopTorrent", ONE, "{}"),
    ("AnnounceTorrent", ONE, "{}"),
    ("VerifyTorrent", ONE, "{}"),
    ("MoveTorrent", '{"ID":"one","Target":"http://10.0.0.2:7246"}', None),
    ("StartAllTorrents", "{}", "{}"),
    ("StopAllTorrents", "{}", "{}"),
    ("AddPeer", '{"ID":"one","Addr":"192.0.2.7:6881"}', "{}"),
    ("AddTracker", '{"ID":"one","URL":"udp://t.example:80"}', "{}"),
]
REFUSALS = [
    ("Foo", "{}", -32601, "rpc: can't find method Session.Foo"),
    ("StartTorrent", '["one"]', -32602, "json: cannot unmarshal array into an object"),
    (
        "StartTorrent",
        '{"ID":1}',
        -32602,
        "json: cannot unmarshal number into field ID of type string",
    ),
    ("AddTorrent", '{"Torrent":"eA=="}', 2, "input error: is no bencode"),
    ("AddTorrent", '{"Torrent":"%"}', 2, "input error: Torrent is no base64"),
    ("AddURI", '{"URI":"magnet:bad"}', 2, "input error: magnet link: no hash"),
    ("AddURI", '{"URI":"ftp://x/y"}', -32000, "unsupported uri scheme: ftp"),
    ("AddTorrent", '{"Torrent":"ZGU=","ID":"one"}', -32000, "duplicate torrent id"),
    ("AddTracker", '{"ID":"one","URL":"ftp://x"}', -32000, "unsupported tracker scheme: ftp"),
    ("AddPeer", '{"ID":"one","Addr":"x"}', -32000, "not an address: x"),
    ("GetMagnet", '{"ID":"private"}', -32000, "torrent is private"),
    ("GetTorrent", '{"ID":"bare"}', -32000, "torrent metadata not ready"),
    ("GetTorrentFiles", '{"ID":"bare"}', -32000, "torrent metadata not ready"),
    (
        "GetTorrentFileStats",
        '{"ID":"stopped"}',
        -32000,
        "torrent not running so file stats unavailable",
    ),
    ("MoveTorrent", '{"ID":"one","Target":"http://x"}', -32000, "http error: 500 http://x"),
]
TAKES_ID = [name for name, method in METHODS.items() if "ID" in method.shape]
KNOWS_NONE = {"Session.AddTorrent", "Session.AddURI", "Session.RemoveTorrent"}


def session_of_one():
    session = FakeSession()
    session.put("one")
    return session


def test_all_methods_of_rain_are_in_the_table():
    assert [f"Session.{name}" for name, *_ in EXCHANGES] == list(METHODS)
    assert len(METHODS) == 24


async def test_raw_requests_get_raw_replies():
    for number, (method, params, result) in enumerate(EXCHANGES):
        async with served.serving(session_of_one()) as server:
            reply = await server.ask(sent(method, params, number))
        assert reply.status == 200
        assert reply.headers["content-type"] == "application/json"
        if result is None:
            assert reply.json["error"]["code"] == -32000
        else:
            assert reply.body.decode() == answered(number, result)


async def test_raw_refusals():
    session = session_of_one()
    session.put("private", private=True)
    session.put("bare", has_metadata=False)
    await session.put("stopped").stop()
    async with served.serving(session) as server:
        for method, params, code, message in REFUSALS:
            reply = await server.ask(sent(method, params, 0))
            assert reply.status == 200
            assert reply.body.decode() == refused(0, code, message)


async def test_a_torrent_that_is_not_there_is_error_1():
    async with served.serving() as server:
        for name in TAKES_ID:
            if name in KNOWS_NONE:
                continue
            if name == "Session.MoveTorrent":
                continue  # the mover finds it; see test_moving
            assert await server.call(name, {"ID": "nope"}) == {
                "code": 1,
                "message": "torrent not found",
            }
        assert await server.call("Session.RemoveTorrent", {"ID": "nope"}) == {}


async def test_field_names_match_in_any_case_and_unknown_ones_are_ignored():
    async with served.serving(session_of_one()) as server:
        result = await server.call("Session.GetMagnet", {"id": "one", "Extra": [1]})
        assert result["Magnet"].startswith("magnet:")


async def test_control_characters_of_a_uri_are_dropped():
    async with served.serving() as server:
        uri = f"mag\nnet:?xt=urn:btih:{HASH}&dn=x\x7f\t"
        assert (await server.call("Session.AddURI", {"URI": uri}))["Torrent"]["Name"] == "x"


async def test_options_of_an_added_torrent_reach_the_session():
    async with served.serving() as server:
        params = {"Torrent": "ZGU=", "ID": "a", "Sequential": True, "StopAfterDownload": True}
        await server.call("Session.AddTorrent", {**params, "Labels": ["b", "a", "b"]})
        options = server.session.get("a").options
    assert options.sequential
    assert options.stop_after_download
    assert not options.stop_after_metadata
    assert options.labels == ("a", "b")


async def test_all_that_is_wanted_is_taken_in_one_call():
    wanted = {"Peers": ["192.0.2.1:5", "h:6", "h:6"], "Select": ["1"], "SeedRatioLimit": 0}
    async with served.serving() as server:
        for method, given in (("AddTorrent", {"Torrent": "ZGU="}), ("AddURI", {"URI": "magnet:x"})):
            params = {**given, "ID": method, **wanted, "Priorities": {"2": "low"}}
            reply = await server.call(f"Session.{method}", params)
            assert reply["Taken"] == ["Peers", "Priorities", "SeedRatioLimit", "Select"]
            torrent = server.session.get(method)
            assert torrent.done == ["192.0.2.1:5", "h:6"]
            assert torrent.options.select.indices == (1,)
            assert torrent.options.seed_ratio == math.inf
            assert torrent.options.priorities == ((2, 1),)
        many = {"Torrent": "ZGU=", "Peers": [f"h:{port}" for port in range(1, 1002)]}
        for params in (many, {"Torrent": "ZGU=", "Peers": ["h"]}):
            reply = await server.ask(sent("AddTorrent", json.dumps(params), 0))
            assert reply.json["error"]["code"] == 2
        assert len(server.session.found) == 2


def check_go(value):
    """What Go's decoder would refuse in a reply: floats, nulls, times that are none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            assert inner is not None, name
            if name.endswith(("At", "Announce")):
                assert TIME.match(inner), inner
            check_go(inner)
    elif isinstance(value, list):
        for inner in value:
            check_go(inner)
    else:
        assert not isinstance(value, float)


async def test_replies_satisfy_a_client_as_strict_as_gos():
    session = session_of_one()
    async with served.serving(session) as server:
        for method, params, _ in EXCHANGES:
            reply = await server.ask(sent(method, params, 0))
            value = json.loads(reply.body, parse_float=float)
            assert set(value) in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"})
            assert value["jsonrpc"] == "2.0"
            assert value["id"] == 0
            assert type(value["id"]) is int
            if "error" in value:
                assert set(value["error"]) == {"code", "message"}
            else:
                check_go(value["result"])
            assert reply.headers["content-type"] == "application/json"
            if method == "RemoveTorrent":
                session.put("one")
