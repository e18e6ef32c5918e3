"""Tabs about one torrent."""

import pytest

from raincore.base.rpc_errors import TorrentUnknown
from raincore.rpc import address
from raintools.console import details
from raintools.ctl.server import Server
from tests.rpc import go_server

SAID = {
    "General": "Status: Downloading",
    "Stats": 'Pieces: {"Checked":0,"Have":12',
    "Trackers": "#1 http://t/a",
    "Peers": "127.0.0.1:20000",
    "WebSeeds": "http://host/",
    "Files": "sample_torrent/data/file1.bin",
    "Why": "missing_pieces: nobody has piece 7; wait for a seed",
}
WHY = {
    "Cause": "missing_pieces",
    "Evidence": "nobody has piece 7",
    "Remedy": "wait for a seed",
    "Facts": {"pieces": [7]},
}


@pytest.fixture
def server():
    with go_server.running(kind=go_server.NewServer) as made:
        made.add("photos", "one", trackers=["http://t/a"], causes=[WHY])
        with Server(address.parse(made.url)) as client:
            yield client


@pytest.mark.parametrize("tab", details.TABS)
def test_each_tab_shows_its_part(server, tab):
    assert SAID[tab] in details.of(tab, server, "one")


def test_an_old_server_does_not_know_why():
    with go_server.running() as made, Server(address.parse(made.url)) as client:
        assert details.of("Why", client, "one") == "this server does not know why"


def test_a_torrent_that_is_gone_is_said_by_the_server(server):
    with pytest.raises(TorrentUnknown):
        details.of("General", server, "gone")
