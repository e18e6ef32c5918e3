"""The command line of rain's client: requests, output and failures are its own."""

import base64
import json

import pytest

from raintools.golang import client, verbs
from raintools.golang.verbs import Refused
from tests.rpc import go_server

LINK = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=photos"
INFO = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
FILE = b"d4:info" + INFO + b"e"


@pytest.fixture
def server():
    with go_server.running() as made:
        yield made


@pytest.fixture
def go(server, capsys):
    """Run a command line; give what it printed."""

    def run(*words):
        assert verbs.run(client.LEVEL, ["--url", server.url, *map(str, words)]) == 0
        return capsys.readouterr().out

    return run


def test_a_list_is_an_array_in_the_servers_order(server, go):
    server.add("a", "one")
    server.add("b", "two")
    assert [row["ID"] for row in json.loads(go("list"))] == ["two", "one"]


def test_an_empty_list_is_an_empty_array(go):
    assert go("list") == "[]\n"


def test_the_version_and_the_magnet_link_are_lines(server, go):
    server.add("a", "one")
    assert go("version") == "2.3.0\n"
    assert go("magnet", "--id", "one").startswith("magnet:?xt=urn:btih:")


def test_a_timeout_of_zero_is_none_as_in_go(server, capsys):
    words = ["--url", server.url, "--timeout", "0", "version"]
    assert verbs.run(client.LEVEL, words) == 0
    assert capsys.readouterr().out == "2.3.0\n"


@pytest.mark.parametrize("verb", ["stats", "session-stats"])
def test_numbers_are_text_or_json(server, go, verb):
    server.add("a", "one")
    words = ["--id", "one"] if verb == "stats" else []
    assert go(verb, *words).splitlines()[-1].startswith(("ETA:", "BytesRead:"))
    assert go(verb, *words, "-json").startswith("{\n  ")


@pytest.mark.parametrize("verb", ["trackers", "webseeds", "files", "file-stats", "peers"])
def test_parts_of_a_torrent_are_arrays(server, go, verb):
    server.add("a", "one", trackers=["http://t/a"])
    [row] = json.loads(go(verb, "one"))
    assert row


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["announce", "one"], ("AnnounceTorrent", {"ID": "one"})),
        (["verify", "-id=one"], ("VerifyTorrent", {"ID": "one"})),
        (["start", "one"], ("StartTorrent", {"ID": "one"})),
        (["stop", "--id", "one"], ("StopTorrent", {"ID": "one"})),
        (["start-all"], ("StartAllTorrents", {})),
        (["stop-all"], ("StopAllTorrents", {})),
        (["clean-database"], ("CleanDatabase", {})),
        (["remove", "one"], ("RemoveTorrent", {"ID": "one", "KeepData": False})),
        (["remove", "one", "-keep-data"], ("RemoveTorrent", {"ID": "one", "KeepData": True})),
        (["add-peer", "one", "h:1"], ("AddPeer", {"ID": "one", "Addr": "h:1"})),
        (["add-tracker", "--id", "one", "-t", "udp://t:1"], ("AddTracker", {"ID": "one", "URL": "udp://t:1"})),
        (["move", "one", "--target", "http://h"], ("MoveTorrent", {"ID": "one", "Target": "http://h"})),
    ],
    ids=lambda value: value[0],
)  # fmt: skip
def test_actions_are_silent_requests(server, go, words, request_):
    server.add("a", "one")
    assert go(*words) == ""
    assert server.asked == [(f"Session.{request_[0]}", request_[1])]


def test_a_torrent_is_added_by_flag_or_as_the_readme_has_it(server, go, tmp_path):
    path = tmp_path / "photo.torrent"
    path.write_bytes(FILE)
    assert json.loads(go("add", "-t", path, "--id", "mine", "--stopped"))["ID"] == "mine"
    assert json.loads(go("add", LINK, "-stop-after-download"))["Name"] == "photos"
    (_, first), (_, second) = server.asked
    assert (first["Torrent"], first["Stopped"]) == (base64.b64encode(FILE).decode(), True)
    assert (second["URI"], second["StopAfterDownload"], second["ID"]) == (LINK, True, "")


def test_a_torrent_file_replaces_what_was_there(server, go, tmp_path):
    server.add("a", "one")
    path = tmp_path / "out"
    path.write_bytes(b"before")
    assert go("torrent", "one", path) == ""
    assert path.read_bytes() == b"d4:infod4:name1:xee"


def refused(*words):
    with pytest.raises(Refused) as caught:
        verbs.run(client.LEVEL, [*map(str, words)])
    return str(caught.value)


def test_refusals_are_the_error_objects_of_the_server(server):
    said = refused("--url", server.url, "stop", "nope")
    assert said == '{"code":1,"message":"torrent not found"}'


def test_what_does_not_reach_the_server_has_the_clients_own_code():
    said = json.loads(refused("--url", "http://127.0.0.1:1", "list"))
    assert said["code"] == -32603
    assert "no server there" in said["message"]


def test_a_file_that_is_not_there_is_named(server):
    assert refused("--url", server.url, "add", "/nope").startswith("open /nope: ")


def test_the_token_is_sent():
    with go_server.running(token="secret") as server:
        url = ["--url", server.url]
        assert verbs.run(client.LEVEL, [*url, "--token", "secret", "list"]) == 0
        with pytest.raises(Refused, match="token"):
            verbs.run(client.LEVEL, [*url, "list"])


def test_the_console_has_gos_columns(server, monkeypatch):
    from raintools.console import starting

    seen = []
    monkeypatch.setattr(starting, "start", lambda server, names: seen.append(names))
    verbs.run(client.LEVEL, ["--url", server.url, "console"])
    verbs.run(client.LEVEL, ["--url", server.url, "console", "--columns", "Name"])
    assert seen == ["# ID Name", "Name"]
