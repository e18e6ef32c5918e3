"""The command lines of rain in Go that stand on commands of ours."""

import json

import pytest

from raintools.golang import other_commands, transfers, verbs
from raintools.golang.verbs import Refused


@pytest.fixture
def ran(monkeypatch):
    """What was run in place of the real commands; they say `code` and `printed`."""
    seen = []

    def captured(name, arguments, config=None):
        seen.append((name, list(arguments)))
        captured.config = config
        return captured.code, captured.printed

    captured.code, captured.printed = 0, ""
    monkeypatch.setattr(other_commands, "captured", captured)
    monkeypatch.setattr(other_commands, "run", lambda *words: captured(*words)[0])
    seen.append(captured)
    return seen


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def go(*words):
    return verbs.run(transfers.LEVEL, words)


def test_download_is_fetch_into_this_directory(ran):
    assert go("download", "-t", "a.torrent") == 0
    assert go("download", "a.torrent", "--seed", "-sequential", "-r", "x") == 0
    assert ran[1:] == [
        ("rain-fetch", ["--no-json", "--dir", ".", "--", "a.torrent"]),
        ("rain-fetch", ["--no-json", "--dir", ".", "--seed", "--sequential", "--", "a.torrent"]),
    ]


def test_a_magnet_link_becomes_a_file_whose_name_is_printed(ran, capsys):
    ran[0].printed = json.dumps({"path": "/tmp/photos.torrent"}) + "\n"
    assert go("magnet-to-torrent", "-m", "magnet:?x", "-t", "90s") == 0
    assert capsys.readouterr().out == "photos.torrent\n"
    assert go("magnet-to-torrent", "magnet:?x", "-o", "out.torrent") == 0
    assert capsys.readouterr().out == "out.torrent\n"
    assert ran[1:] == [
        ("rain-magnet", ["--json", "--resolve", "--timeout", "90s", "--", "magnet:?x"]),
        (
            "rain-magnet",
            [
                *["--json", "--resolve", "--timeout", "60s", "--out", "out.torrent", "--"],
                "magnet:?x",
            ],
        ),
    ]


def test_no_metadata_is_said_in_rains_words(ran):
    said = "metadata cannot be downloaded in 1m30s, try increasing timeout"
    for ran[0].code in (1, 4):
        with pytest.raises(Refused, match=said):
            go("magnet-to-torrent", "-m", "magnet:?x", "-t", "1m30s")
    ran[0].code = 3  # a bad link, which the command has said
    assert go("magnet-to-torrent", "-m", "magnet:?x") == 1
    ran[0].code = 130
    assert go("magnet-to-torrent", "-m", "magnet:?x") == 130


def test_the_server_is_serve(ran):
    go("server")
    go("server", "-c", "/etc/rain.yaml")
    assert ran[1:] == [("rain-serve", []), ("rain-serve", ["--config", "/etc/rain.yaml"])]


def test_a_configuration_that_was_named_must_be_there(ran):
    for words in (["download", "-t", "x"], ["magnet-to-torrent", "-m", "x"]):
        with pytest.raises(Refused, match="open /nowhere: no such file"):
            go(*words, "-c", "/nowhere")


def test_a_database_needs_no_compaction(ran, capsys):
    assert go("compact-database") == 0
    assert "nothing to do" in capsys.readouterr().err


def test_the_configuration_holds_for_what_is_no_server(ran, tmp_path):
    file = tmp_path / "rain.yaml"
    file.write_text("dht-enabled: false\nspeed-limit-upload: 7\nseed-ratio-limit: 1.5\n")
    go("download", "a.torrent", "-s", "-c", str(file))
    config = ran[0].config
    assert (config.sources.dht, config.rates.upload_bytes_per_second) == (False, 7 * 1024)
    assert ran[1][1][:5] == ["--no-json", "--dir", ".", "--seed", "--seed-ratio"]
    ran[0].printed = json.dumps({"path": "/tmp/photos.torrent"}) + "\n"
    go("magnet-to-torrent", "magnet:?x", "-c", str(file))
    assert not ran[0].config.sources.dht
    go("download", "a.torrent", "-c", "")
    assert ran[0].config is None
