"""Where a changed torrent goes, decided before anything is done to it."""

import os
from dataclasses import replace

import click
import pytest

from raincore.base.errors import ConfigError, WriteError
from raincore.documents import documents
from raincore.formats import metainfo
from raintools._kit import sources
from raintools._kit.output import Writer
from raintools._kit.rewriting import Destination
from raintools._kit.sources import Input, Loaded
from tests.documents import samples

RAW = samples.torrent()


def destination(out=None, *, in_place=False, force=False, inputs=1, human=False):
    writer = Writer(as_json=not human)
    return Destination(out, in_place=in_place, force=force, inputs=inputs, writer=writer)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.torrent").write_bytes(RAW)
    (tmp_path / "out").mkdir()
    return tmp_path


def loaded(given):
    return sources.load(Input(given, "origin"))


@pytest.mark.parametrize(
    "options",
    [
        {"out": "x", "in_place": True},
        {"human": True},
        {"out": "x", "inputs": 2},
        {"out": "-", "inputs": 2},
    ],
)
def test_a_destination_must_make_sense(place, options):
    with pytest.raises(click.UsageError):
        destination(**options)


def test_without_one_a_torrent_goes_into_the_document(place):
    assert destination(inputs=2).of(loaded("a.torrent")) is None


def test_a_name_is_taken_as_it_is(place):
    assert destination("x").of(loaded("a.torrent")) == "x"
    assert destination("-").of(loaded(RAW)) == "-"


def test_in_a_directory_a_file_keeps_its_name(place):
    assert destination("out", inputs=2).of(loaded("a.torrent")) == "out/a.torrent"


@pytest.mark.parametrize("path", [None, "/dev/fd/3", "/x/.torrent", "/x/.profile", "/x/.."])
def test_in_a_directory_what_has_no_such_name_is_called_after_its_content(place, path):
    given = loaded(RAW)
    given = given._replace(document=replace(given.document, path=path))
    assert destination("out").of(given) == "out/photos.torrent"


def test_a_name_from_a_document_leads_nowhere_else(place):
    torrent = metainfo.parse(samples.torrent(samples.info_v1(name="../../x")))
    document = documents.of_metainfo(torrent)
    assert destination("out").of(Loaded(document, torrent, "")) == "out/.._.._x.torrent"


def test_a_file_that_is_gone_is_not_called_read_only(place):
    given = loaded(RAW)
    given = given._replace(document=replace(given.document, path=str(place / "gone")))
    target = destination(in_place=True).of(given)
    with pytest.raises(WriteError, match=r"no such file or directory: .*gone"):
        destination(in_place=True).write(target, given.torrent, RAW)


def test_stdout_is_not_a_directory_of_that_name(place):
    (place / "-").mkdir()
    with pytest.raises(click.UsageError, match="-o needs a directory"):
        destination("-", inputs=2)


@pytest.mark.parametrize("out", ["missing/", "missing/x", ""])
def test_a_place_that_does_not_work_is_told_before_anything_is_done(place, out):
    with pytest.raises(WriteError, match="no such directory"):
        destination(out).of(loaded("a.torrent"))


def test_an_existing_file_is_kept_unless_forced(place):
    with pytest.raises(WriteError, match=r"file exists, --force would overwrite it: a\.torrent"):
        destination("a.torrent").of(loaded("a.torrent"))
    assert destination("a.torrent", force=True).of(loaded("a.torrent")) == "a.torrent"


def test_no_two_torrents_go_to_one_place(place):
    os.symlink("x", "y")
    to = destination("x", force=True)
    assert to.of(loaded("a.torrent")) == "x"
    to.out = "y"
    with pytest.raises(ConfigError, match="another torrent of this run is written there: y"):
        to.of(loaded("a.torrent"))


def test_the_same_file_twice_in_place_is_changed_twice(place):
    to = destination(in_place=True, inputs=2)
    assert to.of(loaded("a.torrent")) == to.of(loaded("a.torrent")) == str(place / "a.torrent")


def test_in_place_needs_a_file(place):
    with pytest.raises(ConfigError, match="has no file"):
        destination(in_place=True).of(loaded(RAW))


def test_in_place_what_did_not_change_is_not_written(place):
    torrent = metainfo.parse(RAW)
    before = os.stat("a.torrent")
    destination(in_place=True).write("a.torrent", torrent, RAW)
    assert os.stat("a.torrent") == before


def test_in_place_what_is_gone_or_changed_is_not_replaced(place):
    torrent = metainfo.parse(samples.full())
    for name in ("a.torrent", "missing"):
        with pytest.raises(WriteError, match=name):
            destination(in_place=True).write(name, torrent, samples.full())
    assert (place / "a.torrent").read_bytes() == RAW


def test_a_file_is_written_whole(place):
    torrent = metainfo.parse(RAW)
    destination("x").write("x", torrent, RAW)
    assert (place / "x").read_bytes() == RAW
