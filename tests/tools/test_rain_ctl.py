"""rain-ctl as a command: its verbs, its help, and what does not go through it."""

import json
import os
import signal
import socket
import subprocess

import pytest
from click.testing import CliRunner

from raintools.rain_ctl import main
from tests.rpc import go_server
from tests.rules import tree
from tests.tools.place import Place, documents

GO = [
    "version",
    "list",
    "add",
    "remove",
    "clean-database",
    "stats",
    "session-stats",
    "trackers",
    "webseeds",
    "files",
    "file-stats",
    "peers",
    "add-peer",
    "add-tracker",
    "announce",
    "verify",
    "start",
    "stop",
    "start-all",
    "stop-all",
    "move",
    "torrent",
    "magnet",
    "console",
]


def test_it_has_every_sub_command_of_rains_client():
    assert set(GO) <= {verb for (verb,) in tree.verbs("rain-ctl")}


@pytest.mark.parametrize("words", tree.verbs("rain-ctl"), ids=" ".join)
def test_every_verb_has_help_and_its_own_schema(words):
    text = CliRunner().invoke(main, [*words, "--help"]).output
    assert f"rain-ctl {' '.join(words)} " in text.partition("Options:")[0]
    assert json.loads(CliRunner().invoke(main, [*words, "--schema"]).stdout)["$schema"]


def test_a_pipeline_goes_through_it(place: Place, server):
    line = (
        f"export RAIN_RPC_URL={server.url}; rain-create photos | rain-ctl add --stopped |"
        " rain-ctl start | rain-ctl stats"
    )
    ended = place.run(line)
    assert (ended.code, ended.stderr) == (0, "")
    [found] = documents(ended)
    assert (found["Name"], found["Status"]) == ("photos", "Downloading")


def test_a_server_that_says_nothing_can_be_interrupted(place: Place):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with place.start("rain-ctl", "--url", url, "--timeout", "1h", "version") as process:
            connection, _ = silent.accept()
            connection.recv(1)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(30) == 130
            connection.close()


def test_a_reader_that_leaves_ends_it_quietly(place: Place):
    with go_server.running() as server:
        for number in range(2000):
            server.add(f"name {number}")
        ended = place.run(f"rain-ctl --url {server.url} list | head -n 1")
    assert (ended.code, ended.stderr, ended.stdout.count("\n")) == (0, "", 1)


def test_it_starts_without_the_event_loop(place: Place, server):
    code = (
        "import sys; from raintools.rain_ctl import main\n"
        f"try: main(['--url', '{server.url}', 'version'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('trio', 'textual', 'asyncio', 'jsonschema') if n in sys.modules])"
    )
    path = os.pathsep.join([str(tree.ROOT), str(tree.ROOT / "tools")])
    result = subprocess.run(
        [os.sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout == "2.3.0\n[]\n"


@pytest.fixture
def server():
    with go_server.running() as made:
        yield made
