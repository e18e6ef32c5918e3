"""Torrents into the session."""

import base64
import json

import pytest

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


def test_options_are_flags_of_the_request(server, ctl):
    options = ["--stopped", "--stop-after-download", "--stop-after-metadata", "--sequential"]
    [found] = ctl("add", LINK, *options, "--id", "mine", "--label", "b", "--label", "a").documents
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
