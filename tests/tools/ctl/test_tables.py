"""Lines for people."""

import pytest

from raintools.ctl import tables
from tests.rpc import go_server

PEER = go_server.PEER


def test_columns_are_aligned():
    text = tables.aligned([("a", "bb", "c"), ("aaa", "b", "")], "<>")
    assert text == "a    bb  c\naaa   b"


def test_a_torrent_is_a_line():
    stats = go_server.stats_of({"Name": "s", "InfoHash": "", "Port": 1, "status": "Downloading"})
    head, line = tables.torrents([({"ID": "one", "Name": "x"}, stats)]).split("\n")
    assert head.split() == [
        "ID",
        "Status",
        "Progress",
        "Size",
        "Down",
        "Up",
        "ETA",
        "Ratio",
        "Name",
    ]
    assert line.split() == [
        *("one", "Downloading", "3%", "10.0", "MiB", "20.0", "KiB/s", "1.00", "KiB/s"),
        *("8m15s", "0.25", "s"),
    ]


def test_the_size_of_a_torrent_is_that_of_its_files():
    stats = {"Name": "s", "Bytes": {"Total": 98304, "Padding": 96256}}
    assert " 2.00 KiB " in tables.torrents([({"ID": "one"}, stats)])


def test_peers_come_in_the_order_of_their_connection():
    rows = [{**PEER, "ConnectedAt": "2027"}, {**PEER, "Addr": "h:2", "UploadSpeed": 1024}]
    lines = tables.peers(rows).split("\n")
    assert [line.split()[1] for line in lines] == ["Addr", "h:2", "127.0.0.1:20000"]
    assert "20.0 KiB/s" in lines[1]


@pytest.mark.parametrize(
    ("facts", "flags"),
    [
        ({}, "D    E"),
        ({"PeerChoking": True, "EncryptedStream": False}, "d    e"),
        ({"ClientInterested": False, "ClientChoking": False, "Source": "DHT"}, "K?  HE"),
        ({"PeerInterested": True, "OptimisticUnchoked": True, "Snubbed": True}, "DuOS E"),
        ({"PeerInterested": True, "ClientChoking": False, "Source": "PEX"}, "DU  XE"),
        (
            {
                "ClientInterested": False,
                "PeerChoking": True,
                "EncryptedStream": False,
                "EncryptedHandshake": False,
                "Source": "INCOMING",
            },
            "    I ",
        ),
    ],
    ids=range(6),
)
def test_flags_say_who_wants_what(facts, flags):
    assert tables.peer_flags({**PEER, **facts}) == flags


def test_trackers_say_how_they_are():
    works = {"URL": "u", "Status": "Working", "Seeders": 2, "Leechers": 1, "Warning": "soon"}
    times = {"LastAnnounce": "2026-03-01T10:00:06Z", "NextAnnounce": tables.NEVER}
    failed = {"Status": "Not working", "Error": "e", "ErrorUnknown": True, "ErrorInternal": "i"}
    assert tables.trackers([{**works, **times}, {**failed, "URL": "v"}]).split("\n") == [
        "#1 u",
        "    Status: Working, Seeders: 2, Leechers: 1 Warning: soon",
        "    Last announce: 2026-03-01T10:00:06Z, Next announce: Unknown",
        "#2 v",
        "    Status: Not working, Error: e (i)",
        "    Last announce: Never, Next announce: Unknown",
    ]


def test_web_seeds_and_files_are_lines():
    assert tables.webseeds([{"URL": "u", "DownloadSpeed": 2048, "Error": "gone"}]).split("\n")[
        1
    ].split() == ["1", "u", "2.00", "KiB/s", "gone"]
    assert tables.files([{"Path": "a b", "Length": 5}]).split("\n")[1] == "0   5 B  a b"
    stats = [{"File": {"Path": "a", "Length": 10}, "BytesCompleted": 5}, {"File": {"Path": "e"}}]
    assert [line.split()[1] for line in tables.file_stats(stats).split("\n")] == [
        "Done",
        "50%",
        "100%",
    ]


def test_hostile_names_stay_on_their_line():
    assert "\x1b" not in tables.peers([{**PEER, "Client": "\x1b[2J\n"}])
    assert len(tables.files([{"Path": "a\nb\u2028c"}]).split("\n")) == 2
