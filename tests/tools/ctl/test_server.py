"""Where the server is, and what proves who is who."""

import pytest
from click.testing import CliRunner

from raincore.base.errors import ConfigError, RemoteProtocolError
from raincore.base.rpc_errors import TorrentUnknown
from raincore.rpc import address
from raintools.ctl.server import Server, of_options
from raintools.rain_ctl import main
from tests.rpc import go_server

NOTHING = dict.fromkeys(("url", "timeout", "token", "token_file", "cacert", "no_verify_tls"))


def invoke(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_the_address_is_ours_the_environments_or_rains(monkeypatch):
    assert of_options(NOTHING).address.place == "http://127.0.0.1:7246"
    monkeypatch.setenv("RAIN_RPC_URL", "h:1")
    assert of_options(NOTHING).address.place == "h:1"
    assert of_options({**NOTHING, "url": "http://g:2"}).address.place == "http://g:2"


def test_options_stand_before_or_after_the_verb(server):
    assert invoke("--url", server.url, "version").stdout == "2.3.0\n"
    assert invoke("version", "--url", server.url).stdout == "2.3.0\n"
    assert invoke("--url", "h:1", "version", "--url", server.url).stdout == "2.3.0\n"


def test_a_token_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "token"
    path.write_text("secret\n")
    with go_server.running(token="secret") as server:
        url = ["--url", server.url]
        assert invoke(*url, "--token-file", path, "version").exit_code == 0
        assert invoke(*url, "--token", "secret", "version").exit_code == 0
        refused = invoke(*url, "version")
        assert (refused.exit_code, "--token-file" in refused.stderr) == (1, True)
        monkeypatch.setenv("RAIN_RPC_TOKEN", "secret")
        assert invoke(*url, "version").exit_code == 0


@pytest.mark.parametrize("content", [None, "", "\xff\xfe"])
def test_a_file_without_a_token_is_said(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigError, match="token"):
        of_options({**NOTHING, "token_file": str(path)})


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--url", "ftp://x"], 2, "--url: not an http or https URL"),
        (["--timeout", "0"], 2, "no time at all: '0'"),
        (["--url", "unix:/nowhere/rpc.sock"], 4, "is rain-serve running?"),
        (["--url", "https://127.0.0.1:1", "--cacert", "/nowhere"], 4, "is rain-serve running?"),
        (["--timeout", "soon"], 2, "not a duration"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, code, said):
    ended = invoke("version", *arguments)
    assert (ended.exit_code, ended.stderr.count("\n"), said in ended.stderr) == (code, 1, True)


def test_torrents_come_oldest_first_and_asked_in_batches(server, monkeypatch):
    monkeypatch.setattr("raintools.ctl.server.BATCH", 2)
    for number in range(5):
        server.add(f"name {number}", f"id{number}", AddedAt=f"2026-03-01T10:00:0{9 - number}Z")
    with Server(address.parse(server.url)) as client:
        idents = [row["ID"] for row in client.torrents()]
        assert idents == ["id4", "id3", "id2", "id1", "id0"]
        found = client.of_each("Session.GetTorrentStats", [*idents, "gone"])
    assert [reply["Stats"]["Name"] for reply in found[:5]] == [f"name {n}" for n in (4, 3, 2, 1, 0)]
    assert isinstance(found[5], TorrentUnknown)


def test_a_reply_of_another_shape_is_refused(server):
    with Server(address.parse(server.url)) as client, pytest.raises(RemoteProtocolError):
        client.object("Session.Version", {}, "Stats")
