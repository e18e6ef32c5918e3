"""Torrents are named by id, by info-hash and by documents."""

import json

import click
import pytest
from click.testing import CliRunner

from raintools.ctl import targets
from raintools.rain_ctl import main


def stopped(server):
    return [params["ID"] for method, params in server.asked if method == "Session.StopTorrent"]


def test_ids_are_arguments_or_options(server, ctl):
    server.add("a", "one")
    server.add("b", "two")
    ended = ctl("stop", "one", "--id", "two")
    assert (ended.code, ended.stdout, stopped(server)) == (0, "", ["two", "one"])


def test_an_info_hash_means_all_that_have_it(server, ctl):
    shared = server.add("a", "one")["InfoHash"]
    server.add("b", "two", InfoHash=shared)
    assert ctl("stop", shared.upper()).code == 0
    assert stopped(server) == ["one", "two"]
    ended = ctl("stop", "0" * 40)
    assert (ended.code, "no torrent of that info-hash" in ended.stderr) == (1, True)


def test_an_id_that_looks_like_a_hash_is_an_id(server, ctl):
    server.add("a", "ab" * 20)
    assert (ctl("stop", "ab" * 20).code, stopped(server)) == (0, ["ab" * 20])


def test_a_v2_hash_is_known_by_its_beginning(server, ctl):
    server.add("a", "one", InfoHash="ab" * 20)
    assert (ctl("stop", "ab" * 32).code, stopped(server)) == (0, ["one"])


def test_documents_are_passed_on(server, ctl):
    row = server.add("a", "one")
    given = [
        {"type": "torrent", "id": "one", "x_own": 1},
        {"type": "x-other"},
        {"type": "torrent", "info_hash": row["InfoHash"]},
    ]
    lines = "".join(json.dumps(one) + "\n" for one in given).encode()
    ended = ctl("stop", stdin=lines)
    assert (ended.code, ended.documents, stopped(server)) == (0, given, ["one", "one"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"type":"torrent"}\n', "neither id nor info_hash"),
        (b'{"type":"torrent","info_hash":1}\n', "$.info_hash"),
        (b"d4:infode\n", "a .torrent file is not what is asked for"),
        (b"x" * 2000, "no id"),
    ],
)
def test_what_names_no_torrent_is_said_and_the_rest_goes_on(server, ctl, line, said):
    server.add("a", "one")
    ended = ctl("stop", "-", "one", stdin=line)
    assert (ended.code, said in ended.stderr, stopped(server)) == (3, True, ["one"])


def test_without_a_name_on_a_terminal_it_is_usage(monkeypatch):
    monkeypatch.setattr("raintools._kit.inputs.sys.stdin", None)
    with pytest.raises(click.UsageError):
        next(targets.each((), (), None, None))
    assert CliRunner().invoke(main, ["stop", "--help"]).exit_code == 0


def test_an_unknown_torrent_does_not_stop_the_others(server, ctl):
    server.add("a", "one")
    ended = ctl("stop", "gone", "one")
    assert (ended.code, "gone: torrent not found" in ended.stderr) == (1, True)
    assert stopped(server) == ["gone", "one"]
