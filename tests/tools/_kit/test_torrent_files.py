"""Where resolved torrents go."""

import json
import os

import click
import pytest

from raincore.base.errors import ConfigError, WriteError
from raincore.documents import documents
from raincore.formats import metainfo
from raintools._kit.output import Writer
from raintools._kit.torrent_files import TorrentFiles
from tests.sim.content import sample
from tests.swarm.swarm_world import info_of

TORRENT = metainfo.from_info(sample(1, pieces=2).info.raw)
DOCUMENT = documents.of_metainfo(TORRENT)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(out=None, *, force=False, count=1) -> TorrentFiles:
    return TorrentFiles(out, force=force, count=count)


def test_a_torrent_goes_here_under_its_own_name(here, capsysbinary):
    given = files()
    assert given.early() is None
    given.write(given.place("sample"), DOCUMENT, TORRENT, Writer(as_json=True))
    assert (here / "sample.torrent").read_bytes() == TORRENT.raw
    [line] = capsysbinary.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["path"] == str(here / "sample.torrent")
    assert "metainfo" not in document


def test_a_named_file_is_known_early_and_not_overwritten_unless_asked(here):
    (here / "x").write_bytes(b"mine")
    with pytest.raises(WriteError, match="--force"):
        files("x").early()
    given = files("x", force=True)
    assert given.early() == "x"
    given.write("x", DOCUMENT, TORRENT, Writer(as_json=False))
    assert (here / "x").read_bytes() == TORRENT.raw


def test_a_file_that_came_meanwhile_is_not_overwritten(here):
    given = files("x")
    assert given.early() == "x"
    (here / "x").write_bytes(b"mine")
    with pytest.raises(WriteError):
        given.write("x", DOCUMENT, TORRENT, Writer(as_json=True))
    assert (here / "x").read_bytes() == b"mine"


def test_on_stdout_goes_the_torrent_and_nothing_else(capsysbinary):
    given = files("-")
    given.write(given.place(""), DOCUMENT, TORRENT, Writer(as_json=True))
    assert capsysbinary.readouterr().out == TORRENT.raw
    with pytest.raises(ConfigError, match="stdout"):
        given.early()


def test_several_torrents_do_not_fit_into_one_file():
    with pytest.raises(click.UsageError):
        files("x", count=2)


def test_people_are_told_where_it_is_and_that_it_is_private(capsys):
    files().write("a.torrent", DOCUMENT, TORRENT, Writer(as_json=False))
    shown = capsys.readouterr().out
    assert shown.startswith("a.torrent: sample, ")
    assert "in 1 file" in shown
    assert "private" not in shown
    private = metainfo.from_info(info_of(files=[("a", 5), ("b", 6)], private=True).raw)
    files().write("b.torrent", documents.of_metainfo(private), private, Writer(as_json=False))
    shown = capsys.readouterr().out
    assert "in 2 files; private" in shown


def test_a_torrent_that_has_a_file_is_written_again_only_if_a_place_is_named():
    there = documents.of_metainfo(TORRENT, path="/a.torrent")
    assert files().is_there(there)
    assert not files("x").is_there(there)
    assert not files().is_there(DOCUMENT)


def test_a_place_that_json_cannot_name_carries_the_torrent_instead(here, monkeypatch, capsysbinary):
    odd = os.fsdecode(os.fsencode(here) + b"/\xff")
    os.mkdir(odd)
    monkeypatch.chdir(odd)
    files().write("a.torrent", DOCUMENT, TORRENT, Writer(as_json=True))
    document = json.loads(capsysbinary.readouterr().out)
    assert "path" not in document
    assert document["metainfo"]
