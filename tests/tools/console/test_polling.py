"""Looks at a server: small ones at a new server, as small as can be at an old one."""

import pytest

from raincore.base.errors import ConnectError
from raincore.rpc import address
from raintools.console.polling import Poller, Wanted
from raintools.ctl.server import Server
from tests.rpc import go_server


@pytest.fixture(params=[go_server.GoServer, go_server.NewServer], ids=["old", "new"])
def server(request):
    with go_server.running(kind=request.param) as made:
        yield made


@pytest.fixture
def now():
    return [100.0]


@pytest.fixture
def poller(server, now):
    with Server(address.parse(server.url)) as client:
        yield Poller(client, lambda: now[0])


def methods(server):
    found = [method.removeprefix("Session.") for method, _ in server.asked]
    server.asked.clear()
    return found


def test_the_first_look_has_the_whole_list(server, poller):
    server.add("a", "one")
    server.add("b", "two")
    update = poller.look(Wanted())
    assert update.is_whole
    assert sorted(row["ID"] for row in update.rows) == sorted(update.stats) == ["one", "two"]


def test_what_is_on_screen_is_asked_for(server, poller):
    for number in range(9):
        server.add(f"name {number}", f"id{number}")
    update = poller.look(Wanted(visible=["id3", "id4"], selected="id3", tab="Peers"))
    assert sorted(update.stats) == ["id3", "id4"]
    assert "127.0.0.1:20000" in update.details


def test_a_torrent_that_went_away_is_words(server, poller):
    assert poller.look(Wanted(selected="gone")).details == "torrent not found"


def test_sorting_by_numbers_asks_for_all_of_them_now_and_then(server, poller, now):
    for number in range(3):
        server.add(f"name {number}", f"id{number}")
    wanted = Wanted(visible=["id0"], everything=True)
    assert len(poller.look(wanted).stats) == 3
    assert len(poller.look(wanted).stats) == 1
    now[0] += 5
    assert len(poller.look(wanted).stats) == 3


def test_the_session_is_asked_for_alone(server, poller):
    assert poller.look(Wanted(session=True)).session["Uptime"] == 3725
    assert methods(server) == ["GetSessionStats"]


def test_a_new_server_tells_what_has_changed(now):
    with go_server.running(kind=go_server.NewServer) as server:
        server.add("a", "one")
        server.add("b", "two")
        server.add("c", "three")
        with Server(address.parse(server.url)) as client:
            poller = Poller(client, lambda: now[0])
            poller.look(Wanted())
            client.call("Session.StopTorrent", {"ID": "two"})
            client.call("Session.RemoveTorrent", {"ID": "one", "KeepData": True})
            update = poller.look(Wanted(visible=["two"]))
            assert ([row["ID"] for row in update.rows], update.removed) == (["two"], ["one"])
            assert (update.is_whole, poller.known) == (False, ["two", "three"])
            poller.forget()
            assert len(poller.look(Wanted()).rows) == 2


def test_another_kind_of_server_may_come_back(now):
    with go_server.running(kind=go_server.NewServer) as first:
        port = first.server_port
        first.add("a", "one")
        client = Server(address.parse(first.url))
        poller = Poller(client, lambda: now[0])
        assert len(poller.look(Wanted()).rows) == 1
    with client:
        with pytest.raises(ConnectError):
            poller.look(Wanted())
        poller.forget()
        with go_server.running(port) as second:
            second.add("b", "two")
            assert [row["ID"] for row in poller.look(Wanted()).rows] == ["two"]
