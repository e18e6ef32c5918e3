"""Orders from the console."""

import base64

import pytest

from raincore.rpc import address
from raintools.console import actions
from raintools.ctl.server import Server
from tests.rpc import go_server

LINK = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=photos"
INFO = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
FILE = b"d4:info" + INFO + b"e"


@pytest.fixture
def server():
    with go_server.running() as made:
        yield made


@pytest.fixture
def client(server):
    with Server(address.parse(server.url)) as made:
        yield made


@pytest.mark.parametrize("method", actions.DONE)
def test_an_order_is_one_request(server, client, method):
    server.add("a", "one")
    assert actions.order(method, "one")(client) == (actions.DONE[method], "")
    assert server.asked == [(f"Session.{method}", {"ID": "one"})]


def test_a_refusal_is_said(client):
    assert actions.order("StartTorrent", "gone")(client).said == "torrent not found"


@pytest.mark.parametrize(("how", "keeps"), [("data", False), ("keep", True)])
def test_removing_needs_an_answer(server, client, how, keeps):
    server.add("a", "one")
    assert actions.remove("one", "") is None
    assert "removed" in actions.remove("one", how)(client).said
    assert server.asked == [("Session.RemoveTorrent", {"ID": "one", "KeepData": keeps})]


def test_every_line_is_added(server, client, tmp_path):
    path = tmp_path / "a.torrent"
    path.write_bytes(FILE)
    assert actions.add(f"{LINK}\n\n  {path}\nhttp://h/x.torrent")(client).said == "added 3 torrents"
    assert [params.get("URI") for _, params in server.asked] == [LINK, None, "http://h/x.torrent"]
    assert server.asked[1][1]["Torrent"] == base64.b64encode(FILE).decode()


def test_what_fails_is_left_to_do(server, client):
    outcome = actions.add(f"{LINK}\n/nowhere\n{LINK}")(client)
    assert outcome.said == "/nowhere: cannot be read: no such file or directory"
    assert outcome.left == f"/nowhere\n{LINK}"
    assert len(server.torrents) == 1


def test_nothing_is_no_order():
    assert actions.add(" \n ") is None
