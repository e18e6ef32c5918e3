"""rain: every command under one name, and the command line of rain in Go."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from raintools.rain import TOOLS, main
from tests.rpc import go_server
from tests.rules import tree
from tests.tools.place import Place, documents


def run(*words):
    return CliRunner().invoke(main, [*map(str, words)])


def test_every_command_of_ours_is_a_word():
    assert {name.removeprefix("rain-") for name in tree.scripts()} - {"rain"} <= set(TOOLS)


@pytest.mark.parametrize("words", [[], ["help"], ["h"], ["--help"], ["-help"], ["-h"]], ids=str)
def test_help_lists_both_command_lines(words):
    ended = run(*words)
    assert ended.exit_code == 0
    for line in ("create  ", "client  ", "magnet-to-torrent  ", "rain create ./photos"):
        assert line in ended.stdout


@pytest.mark.parametrize("word", ["--version", "-version", "-v"])
def test_the_version_is_told_as_go_does(word):
    assert run(word).stdout.startswith("rain version 0.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clinet"], "No help topic for 'clinet'; did you mean 'client'? (see rain help)"),
        (["help", "inspcet"], "did you mean 'inspect'?"),
        (["client", "lits"], "No help topic for 'lits'; did you mean 'list'?"),
    ],
    ids=str,
)
def test_an_unknown_command_names_the_nearest(words, said):
    ended = run(*words)
    assert (ended.exit_code, ended.stdout) == (3, "")
    assert ended.stderr.startswith("rain: error: No help topic")
    assert said in ended.stderr


def test_a_word_is_the_command(place: Place):
    one = place.run("rain create photos | rain inspect")
    other = place.run("rain-create -f photos | rain-inspect")
    keys = {"creation_date"}
    first, second = documents(one)[0], documents(other)[0]
    assert {k: v for k, v in first.items() if k not in keys} == {
        k: v for k, v in second.items() if k not in keys
    }
    bad = place.run("rain inspect /nowhere")
    assert (bad.code, bad.stderr.startswith("rain-inspect: error: /nowhere")) == (3, True)
    usage = place.run("rain create --nonsense")
    assert (usage.code, "rain-create --help" in usage.stderr) == (2, True)


def test_help_of_a_word_is_that_of_the_command(place: Place):
    for line in ("rain help create", "rain create --help"):
        assert place.run(line).stdout.startswith("Usage: rain-create ")
    assert "rain client list" in place.run("rain client help list").stdout


def test_gos_client_works_and_fails_with_one(place: Place):
    with go_server.running() as server:
        server.add("photos", "one")
        url = f"rain client --url {server.url}"
        listed = place.run(f"{url} list")
        assert [row["ID"] for row in json.loads(listed.stdout)] == ["one"]
        failed = place.run(f"{url} stop -id=nope")
        assert (failed.code, failed.stdout) == (1, "")
        assert failed.stderr == 'rain: error: {"code":1,"message":"torrent not found"}\n'
        lacking = place.run(f"{url} stop")
        assert (lacking.code, "--id value" in lacking.stdout) == (1, True)
        assert lacking.stderr == 'rain: error: Required flag "id" not set\n'
        left = place.run(f"{url} list | true")
        assert (left.code, left.stderr) == (0, "")


def test_debug_shows_where_it_failed(place: Place):
    assert "Traceback" in place.run("rain --debug inspect /nowhere").stderr
    assert "Traceback" not in place.run("rain inspect /nowhere").stderr


def test_it_imports_what_it_runs_and_no_more(tmp_path):
    code = (
        "import sys; from raintools.rain import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "names = ('trio', 'asyncio', 'http.client', 'raintools.rain_ctl', 'jsonschema')\n"
        "print([n for n in names if n in sys.modules])"
    )
    path = os.pathsep.join([str(tree.ROOT), str(tree.ROOT / "tools")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.splitlines()[1:] == ["[]"]


def test_gos_completion_is_ours():
    assert "_RAIN_COMPLETE=bash_source" in run("bash-autocomplete").stdout
