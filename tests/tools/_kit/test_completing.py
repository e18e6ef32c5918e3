"""Shells complete file names where the help says so."""

import click
import pytest
from click.shell_completion import ShellComplete

from raintools._kit.command import Command


@click.command("rain-test", cls=Command)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option("-o", "--out", metavar="FILE|DIR")
@click.option("--dir", "directory", metavar="DIR")
@click.option("--match", metavar="DIR...", multiple=True)
@click.option("--comment", metavar="TEXT")
@click.option("--count", metavar="FILE", type=int)
@click.option("--color", type=click.Choice(["auto", "always"]))
def main(**given):
    for name, value in sorted(given.items()):
        click.echo(f"{name} {value}")


def completions(*words):
    *given, incomplete = words
    found = ShellComplete(main, {}, "rain-test", "_X").get_completions(given, incomplete)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["pho"], "file"),
        (["a.torrent", "pho"], "file"),
        (["magnet:?x"], "file"),
        (["-o", "pho"], "file"),
        (["--dir", "pho"], "dir"),
        (["--match", "pho"], "dir"),
    ],
)
def test_what_is_shown_as_a_name_is_left_to_the_shell(words, kind):
    assert completions(*words) == [(kind, words[-1])]


def test_other_text_is_not_completed():
    assert completions("--comment", "pho") == []
    assert completions("--count", "pho") == []


def test_choices_and_options_are():
    assert completions("--color", "al") == [("plain", "always")]
    assert ("plain", "--comment") in completions("--co")


def test_the_values_are_text_whatever_is_there(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["magnet:?x", "-", "--out", "/nowhere", "--dir", "missing"])
    shown = capsys.readouterr().out
    assert "arguments ('magnet:?x', '-')\n" in shown
    assert "directory missing\n" in shown
