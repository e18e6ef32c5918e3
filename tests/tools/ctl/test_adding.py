"""Torrents into the session."""

import base64
import json

import pytest

from raincore.formats import magnet, metainfo

HASH = "0123456789abcdef0123456789abcdef01234567"
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=photos"
INFO = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
FILE = b"d4:info" + INFO + b"e"
PLAIN = {
    "ID": "",
    "Stopped": False,
    "StopAfterDownload": False,
    "StopAfterMetadata": False,
    "Sequential": False,
}


def first(server):
    method, params = server.asked[0]
    return method.removeprefix("Session."), params


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "photo.torrent"
    made.write_bytes(FILE)
    return made


def test_a_file_is_sent_with_what_go_sends(server, ctl, path):
    [found] = ctl("add", path).documents
    coded = base64.b64encode(FILE).decode()
    assert first(server) == ("AddTorrent", {"Torrent": coded, **PLAIN})
    assert (found["name"], found["status"], found["path"]) == ("photo", "downloading", str(path))
    assert found["id"] == found["session"]["ID"]


def test_links_hashes_and_urls_are_told(server, ctl):
    found = ctl("add", LINK, "-t", HASH, "http://host/a.torrent").documents
    asked = [params["URI"] for method, params in server.asked if method == "Session.AddURI"]
    assert asked == [f"magnet:?xt=urn:btih:{HASH}", LINK, "http://host/a.torrent"]
    assert [one["session"]["Name"] for one in found] == ["", "photos", "http://host/a.torrent"]


def test_the_hash_of_a_v2_torrent_is_no_v1_hash(server, ctl):
    known = HASH + "0" * 24
    link = f"magnet:?xt=urn:btmh:1220{known}"
    document = json.dumps({"type": "torrent", "v": 1, "magnet": link, "info_hash_v2": known})
    server.do_AddURI = lambda params: {"Torrent": {"ID": "a", "Name": "", "InfoHash": HASH}}
    [found] = ctl("add", stdin=document.encode()).documents
    assert (found.get("info_hash"), found["info_hash_v2"]) == (None, known)


def test_options_are_flags_of_the_request(server, ctl):
    options = ["--stopped", "--stop-after-download", "--stop-after-metadata", "--sequential"]
    ended = ctl("add", LINK, *options, "--id", "mine", "--label", "b", "--label", "a")
    [found] = ended.documents
    _, params = first(server)
    assert params == {
        **dict.fromkeys(PLAIN, True),
        "ID": "mine",
        "URI": LINK,
        "Labels": ["a", "b"],
    }
    assert (found["id"], found["status"]) == ("mine", "stopped")


def test_documents_are_enriched(server, ctl, path):
    given = {"type": "torrent", "path": str(path), "x_own": 1, "peers": ["192.0.2.7:6881"]}
    [found] = ctl("add", stdin=json.dumps(given).encode()).documents
    assert (found["x_own"], found["name"], found["status"]) == (1, "photo", "downloading")
    assert [params["Addr"] for method, params in server.asked if method == "Session.AddPeer"] == [
        "192.0.2.7:6881"
    ]


def test_a_server_that_takes_everything_at_once_is_asked_once(ctl, new_server, path):
    given = {"type": "torrent", "path": str(path), "peers": ["192.0.2.7:6881"], "select": [0]}
    assert ctl("add", "--label", "a", stdin=json.dumps(given).encode()).code == 0
    [(method, params)] = [one for one in new_server.asked if "Stats" not in one[0]]
    assert method == "Session.AddTorrent"
    assert (params["Peers"], params["Select"]) == (["192.0.2.7:6881"], ["0"])
    assert params["Labels"] == ["a"]


def test_no_more_peers_are_told_than_a_server_keeps(ctl, new_server, path):
    peers = [f"192.0.2.7:{port}" for port in range(1, 1200)]
    given = {"type": "torrent", "path": str(path), "peers": peers}
    ended = ctl("add", stdin=json.dumps(given).encode())
    assert (ended.code, "of 1199 peers, 1000 are told" in ended.stderr) == (0, True)
    assert new_server.asked[0][1]["Peers"] == peers[:1000]


def test_trackers_and_web_seeds_of_a_document_go_with_it(server, ctl, path):
    reach = {"trackers": [["http://t/a"], ["udp://u:1"]], "webseeds": ["http://w/"]}
    ctl("add", stdin=json.dumps({"type": "torrent", "path": str(path), **reach}).encode())
    _, params = first(server)
    sent = metainfo.parse(base64.b64decode(params["Torrent"]))
    assert sent.trackers == (("http://t/a",), ("udp://u:1",))
    assert sent.webseeds == ("http://w/",)
    assert sent.info.raw == INFO
    ctl(
        "add",
        stdin=json.dumps({"type": "torrent", "info_hash": HASH, "name": "x", **reach}).encode(),
    )
    [link] = [magnet.parse(p["URI"]) for method, p in server.asked if method == "Session.AddURI"]
    assert (link.name, link.trackers) == ("x", (("http://t/a",), ("udp://u:1",)))
    assert link.webseeds == ("http://w/",)


def test_gos_server_is_told_of_each_peer(server, ctl, path):
    given = {"type": "torrent", "path": str(path), "peers": ["192.0.2.7:6881", "192.0.2.8:6881"]}
    ended = ctl("add", stdin=json.dumps(given).encode())
    assert ended.code == 0
    told = [params["Addr"] for method, params in server.asked if method == "Session.AddPeer"]
    assert told == given["peers"]


def test_labels_that_the_server_ignores_are_said(server, ctl, path):
    ended = ctl("add", path, "--label", "a")
    assert (ended.code, len(ended.documents)) == (1, 1)
    assert "this server does not know" in ended.stderr


def test_a_torrent_on_stdin_is_one(server, ctl):
    [found] = ctl("add", stdin=FILE).documents
    assert found["metainfo"] == base64.b64encode(FILE).decode()


def test_other_documents_pass(server, ctl):
    assert ctl("add", stdin=b'{"type":"x-own"}\n').documents == [{"type": "x-own"}]


def test_people_see_id_and_name(server, ctl):
    assert ctl("add", LINK, "--id", "mine", human=True).stdout == "mine  photos\n"


def test_a_selection_that_the_server_cannot_take_is_said(server, ctl, path):
    given = {"type": "torrent", "path": str(path), "select": [0]}
    ended = ctl("add", stdin=json.dumps(given).encode())
    assert (ended.code, len(ended.documents)) == (1, 1)
    assert "this server does not know" in ended.stderr


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("magnet:?xt=urn:btih:zz", 3, "magnet:?xt=urn:btih:zz: xt"),
        ("/nowhere.torrent", 3, "no such file"),
        ("ftp://host/a.torrent", 3, "no such file"),
    ],
)
def test_bad_input_is_said_and_the_rest_goes_on(server, ctl, text, code, said):
    ended = ctl("add", text, LINK)
    assert (ended.code, said in ended.stderr, len(ended.documents)) == (code, True, 1)


def test_what_the_server_refuses_as_input_is_bad_input(server, ctl, monkeypatch):
    from tests.rpc.go_server import Refused

    def refuse(self, params):
        raise Refused(2, "input error: too many pieces: 70000")

    monkeypatch.setattr(type(server), "do_AddURI", refuse)
    ended = ctl("add", LINK)
    assert (ended.code, "input error: too many pieces: 70000" in ended.stderr) == (3, True)
    assert ctl("add", LINK, "--id", "x").code == 3


def test_an_id_twice_is_refused(server, ctl):
    server.add("a", "mine")
    ended = ctl("add", LINK, "--id", "mine")
    assert (ended.code, "duplicate torrent id" in ended.stderr) == (1, True)


def test_where_content_is_here_is_not_said_of_the_server(server, ctl, path, tmp_path):
    line = {"type": "torrent", "path": str(path), "data_dir": str(tmp_path), "x_own": 1}
    [found] = ctl("add", stdin=json.dumps(line).encode() + b"\n").documents
    assert "data_dir" not in found
    assert found["x_own"] == 1
