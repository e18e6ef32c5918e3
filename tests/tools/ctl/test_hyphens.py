"""Ids of a Go server that begin with a hyphen are ids, and options stay options."""

import click
import pytest
from click.testing import CliRunner

from raintools.ctl.hyphens import OfTorrents

ID = "-LidEG8EeyVSPbFUNbOiwQ"
OTHER = "--idEG8EeyVSPbFUNbOiwQ"


@click.command(cls=OfTorrents)
@click.argument("idents", nargs=-1)
@click.option("-t", "--target")
@click.option("-q", "--quiet", is_flag=True)
@click.option("-v", "--verbose", count=True)
def verb(idents, target, quiet, verbose):
    click.echo(f"{' '.join(idents)}|{target}|{quiet}|{verbose}")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([ID], f"{ID}|None|False|0"),
        (["-qtx", ID, "-v"], f"{ID}|x|True|1"),
        ([OTHER, ID, "-q"], f"{OTHER} {ID}|None|True|0"),
        (["--target", ID, ID], f"{ID}|{ID}|False|0"),
        (["--quiet", "--verbose", ID], f"{ID}|None|True|1"),
        ([ID, "--", "-q"], f"{ID} -q|None|False|0"),
        (["--target"], None),
        (["plain", "-q"], "plain|None|True|0"),
    ],
)
def test_what_can_only_be_an_id_is_one(given, shown):
    ended = CliRunner().invoke(verb, given)
    assert (ended.stdout.strip() or None) == shown


@pytest.mark.parametrize("word", ["--stop-after-metadatas", "-x", "-LidEG8", f"{ID}Q", "--Quiet"])
def test_whatever_else_begins_with_a_hyphen_is_told_as_no_option(word):
    ended = CliRunner().invoke(verb, [word])
    assert ended.exit_code == 2
    assert "no such option" in ended.stderr


def test_verbs_of_torrents_take_them(server, ctl):
    server.add("a", ID)
    for name in ("stop", "start", "remove"):
        assert ctl(name, ID).code == 0
    assert ("Session.StopTorrent", {"ID": ID}) in server.asked


def test_verbs_that_show_something_take_them(server, ctl, new_server):
    new_server.add("a", ID)
    for name in ("stats", "files", "magnet", "set", "explain"):
        assert "no such option" not in ctl(name, ID).stderr
