"""What rain-ctl does with the session as a whole."""

import pytest

from tests.rpc import go_server


def test_the_version_is_a_bare_word_unless_asked(server, ctl):
    assert ctl("version").stdout == "2.3.0\n"
    [found] = ctl("version", "--json").documents
    assert found["Version"] == "2.3.0"


def test_a_list_is_documents_with_ids(server, ctl):
    server.add("photos", "one")
    server.add("music", "two", status="Stopped", error="disk full")
    found = ctl("list").documents
    assert [(one["id"], one["name"], one.get("status")) for one in found] == [
        ("one", "photos", None),
        ("two", "music", None),
    ]
    assert "Session.GetTorrentStats" not in [method for method, _ in server.asked]
    assert [one["status"] for one in ctl("list", "--stats").documents] == ["downloading", "error"]


def test_an_empty_list_is_nothing(ctl):
    assert (ctl("list").stdout, ctl("list", human=True).stdout) == ("", "")


@pytest.mark.parametrize(
    ("options", "idents"),
    [
        (["--status", "error"], ["two"]),
        (["--status", "error", "--status", "seeding"], ["two", "three"]),
        (["--name", "US"], ["two"]),
        (["--label", "tv"], []),
        (["--sort", "name"], ["two", "one", "three"]),
        (["--reverse"], ["three", "two", "one"]),
        (["--sort", "size"], ["one", "two", "three"]),
        (["--sort", "ratio"], ["one", "two", "three"]),
        (["--sort", "progress"], ["one", "two", "three"]),
        (["--sort", "down", "--reverse"], ["three", "two", "one"]),
    ],
    ids=" ".join,
)
def test_a_list_is_filtered_and_sorted(server, ctl, options, idents):
    server.add("Photos", "one")
    server.add("Music", "two", status="Stopped", error="disk full")
    server.add("video", "three", status="Seeding")
    assert [one["id"] for one in ctl("list", *options).documents] == idents


def test_a_torrent_that_is_removed_meanwhile_is_left_out(server, ctl, monkeypatch):
    server.add("a", "one")
    rows = [go_server.public(server.add("b", "two"))]
    del server.torrents["two"]
    monkeypatch.setattr(type(server), "do_ListTorrents", lambda self, params: {"Torrents": rows})
    assert ctl("list", "--stats").documents == []


def test_people_see_a_table(server, ctl):
    server.add("photos", "one")
    shown = ctl("list", human=True).stdout
    assert "one  Downloading" in shown
    assert "photos" in shown


def test_the_session_in_numbers(server, ctl):
    [found] = ctl("session-stats").documents
    assert (found["type"], found["Uptime"]) == ("session_stats", 3725)
    assert "Uptime: 1h2m5s" in ctl("session-stats", human=True).stdout


@pytest.mark.parametrize("verb", ["start-all", "stop-all", "clean-database"])
def test_what_is_for_all_prints_nothing(server, ctl, verb):
    ended = ctl(verb)
    assert (ended.code, ended.stdout, len(server.asked)) == (0, "", 1)
