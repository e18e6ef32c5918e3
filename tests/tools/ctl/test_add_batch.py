"""Many torrents are added by few requests, and told as if each had been added alone."""

import json

import pytest

from raincore.formats import bencoding
from raintools.ctl import add_batch
from tests.rpc.go_server import Refused

HASH = "0123456789abcdef0123456789abcdef01234567"
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=photos"
URL = "http://host/a.torrent"


@pytest.fixture
def files(tmp_path):
    """Make so many .torrent files."""

    def make(count):
        paths = []
        for number in range(count):
            info = {"length": 1, "name": f"t{number}", "piece length": 16384, "pieces": bytes(20)}
            path = tmp_path / f"t{number}.torrent"
            path.write_bytes(bencoding.encode({"info": info}))
            paths.append(path)
        return paths

    return make


def methods(server):
    return [method.removeprefix("Session.") for method, _ in server.asked]


def names(ended):
    return [document.get("name") or document.get("type") for document in ended.documents]


def test_many_files_are_sent_together_and_told_in_their_order(server, ctl, files):
    ended = ctl("add", *files(40))
    assert names(ended) == [f"t{number}" for number in range(40)]
    assert all(document["status"] == "downloading" for document in ended.documents)
    of_first = ["AddTorrent"] * 32 + ["GetTorrentStats"] * 32
    assert methods(server) == of_first + ["AddTorrent"] * 8 + ["GetTorrentStats"] * 8


def test_what_is_no_torrent_keeps_its_place(server, ctl, files):
    one, two = files(2)
    lines = [{"type": "torrent", "path": str(one)}, {"type": "x-own"}, {"type": "torrent"}]
    lines += [{"type": "torrent", "path": str(two)}, {"type": "x-own"}]
    ended = ctl("add", stdin="".join(f"{json.dumps(line)}\n" for line in lines).encode())
    assert names(ended) == ["t0", "x-own", "t1", "x-own"]
    assert (ended.code, "stdin line 3" in ended.stderr) == (3, True)
    assert methods(server) == ["AddTorrent"] * 2 + ["GetTorrentStats"] * 2


def test_people_see_no_foreign_lines(server, ctl):
    line = json.dumps({"type": "torrent", "magnet": LINK})
    ended = ctl("add", stdin=f'{{"type":"x-own"}}\n{line}\n'.encode(), human=True)
    assert ended.stdout.endswith("  photos\n")
    assert ended.stdout.count("\n") == 1


def test_of_many_each_has_its_own_refusal(server, ctl, files, monkeypatch):
    add = type(server).do_AddTorrent

    def refuse_second(self, params):
        if len(self.asked) == 2:
            raise Refused(2, "input error: too many pieces: 70000")
        return add(self, params)

    monkeypatch.setattr(type(server), "do_AddTorrent", refuse_second)
    ended = ctl("add", *files(3))
    assert names(ended) == ["t0", "t2"]
    [said] = ended.stderr.splitlines()
    assert "t1.torrent: input error: too many pieces: 70000" in said
    assert ended.code == 3


def test_an_id_is_given_to_the_first_of_many(server, ctl, files):
    ended = ctl("add", *files(3), "--id", "mine")
    assert (names(ended), ended.code) == (["t0"], 1)
    assert ended.stderr.count("duplicate torrent id") == 2


def test_a_url_is_sent_alone(server, ctl, files):
    one, two, three = files(3)
    ended = ctl("add", one, two, URL, three)
    assert [document["session"]["Name"] for document in ended.documents][2] == URL
    pairs = ["AddTorrent", "AddTorrent", "GetTorrentStats", "GetTorrentStats"]
    alone = ["AddURI", "GetTorrentStats", "AddTorrent", "GetTorrentStats"]
    assert methods(server) == pairs + alone


def test_a_request_has_a_bound(server, ctl, files, monkeypatch):
    monkeypatch.setattr(add_batch, "MOST_LENGTH", 250)  # characters; a file has 116
    assert names(ctl("add", *files(3))) == ["t0", "t1", "t2"]
    assert methods(server)[:5] == ["AddTorrent"] * 2 + ["GetTorrentStats"] * 2 + ["AddTorrent"]


def test_one_that_is_longer_than_a_request_goes_alone(server, ctl, files, monkeypatch):
    monkeypatch.setattr(add_batch, "MOST_LENGTH", 50)
    assert names(ctl("add", *files(2))) == ["t0", "t1"]
    assert methods(server) == ["AddTorrent", "GetTorrentStats"] * 2


def test_where_nobody_answers_each_input_is_named(ctl, files, monkeypatch):
    monkeypatch.setenv("RAIN_RPC_URL", "http://127.0.0.1:1")
    ended = ctl("add", *files(3))
    assert (ended.code, ended.documents) == (4, [])
    lines = ended.stderr.splitlines()
    assert ["t0" in lines[0], "t1" in lines[1], "t2" in lines[2]] == [True] * 3


def test_what_is_gone_before_its_numbers_are_asked_for_is_said(server, ctl, files, monkeypatch):
    stats = type(server).do_GetTorrentStats

    def gone(self, params):
        if len(self.asked) == 3:
            raise Refused(1, "torrent not found")
        return stats(self, params)

    monkeypatch.setattr(type(server), "do_GetTorrentStats", gone)
    ended = ctl("add", *files(2))
    assert names(ended) == ["t0", "t1"]
    assert ended.stderr.count("it was added, and is gone again") == 1


def test_a_server_that_leaves_before_it_tells_is_an_error_of_each(server, ctl, files, monkeypatch):
    monkeypatch.setattr(type(server), "do_GetTorrentStats", lambda self, params: {"Stats": 5})
    ended = ctl("add", *files(2))
    assert (ended.code, ended.documents) == (4, [])
    assert ended.stderr.count("no Stats in the reply to Session.GetTorrentStats") == 2
