"""What rain-ctl tells about torrents."""

import json

import pytest

KINDS = {
    "stats": ("torrent_stats", "Status", "Downloading"),
    "trackers": ("torrent_tracker", "URL", "http://t/a"),
    "webseeds": ("torrent_webseed", "URL", "http://host/"),
    "files": ("torrent_file", "Length", 10240),
    "file-stats": ("torrent_file_stats", "BytesCompleted", 5120),
    "peers": ("torrent_peer", "Client", "Rain 2.3.0"),
}


@pytest.mark.parametrize("verb", KINDS)
def test_each_row_is_a_document_and_a_line(server, ctl, verb):
    server.add("photos", "one", trackers=["http://t/a"])
    kind, key, value = KINDS[verb]
    [found] = ctl(verb, "one").documents
    assert (found["type"], found["id"], found[key]) == (kind, "one", value)
    shown = ctl(verb, "one", human=True)
    assert (shown.code, shown.stderr) == (0, "")
    assert {"stats": "Name: photos", "files": "10.0 KiB", "file-stats": "50%"}.get(
        verb, str(value)
    ) in shown.stdout


def test_several_torrents_are_apart(server, ctl):
    server.add("a", "one")
    server.add("b", "two")
    assert "\n\nName: b" in ctl("stats", "one", "two", human=True).stdout


def test_nothing_to_show_is_nothing(server, ctl):
    server.add("a", "one", peers=[])
    assert ctl("peers", "one", human=True).stdout == ""


def test_what_a_torrent_cannot_say_now_is_one_line(server, ctl):
    server.add("a", "one", status="Stopped")
    ended = ctl("file-stats", "one")
    assert ended.code == 1
    assert ended.stderr == (
        "rain-ctl file-stats: error: one: torrent not running so file stats unavailable\n"
    )


def test_a_magnet_link_is_text_or_a_document(server, ctl):
    row = server.add("a", "one")
    link = f"magnet:?xt=urn:btih:{row['InfoHash']}&dn=a"
    assert ctl("magnet", "one", human=True).stdout == link + "\n"
    given = json.dumps({"type": "torrent", "id": "one", "x_own": 1}).encode()
    [found] = ctl("magnet", stdin=given).documents
    assert (found["magnet"], found["x_own"]) == (link, 1)


def test_a_torrent_file_goes_to_a_file_once(server, ctl, tmp_path):
    server.add("a", "one")
    server.add("b", "two")
    path = tmp_path / "out.torrent"
    ended = ctl("torrent", "one", "-o", path)
    assert (ended.code, ended.stdout, path.read_bytes()) == (0, "", b"d4:infod4:name1:xee")
    again = ctl("torrent", "one", "-o", path)
    assert (again.code, str(path) in again.stderr) == (5, True)
    assert ctl("torrent", "one", "-o", path, "--force").code == 0
    assert ctl("torrent", "one", "two", "-o", path).code == 2
    assert ctl("torrent", "one", "-o", "-", human=True).stdout == "d4:infod4:name1:xee"


def test_a_torrent_file_is_not_for_terminals(server, ctl):
    server.add("a", "one")
    assert ctl("torrent", "one", human=True).code == 2


def test_a_file_that_is_none_is_said(server, ctl, monkeypatch):
    server.add("a", "one")
    ended = ctl("torrent", "one")  # what the stand-in has lacks its pieces
    assert (ended.code, "the server's .torrent file is none" in ended.stderr) == (4, True)
    monkeypatch.setattr(type(server), "do_GetTorrent", lambda self, params: {"Torrent": "!"})
    assert "no .torrent file in the server's reply" in ctl("torrent", "one").stderr
