"""A Go server to talk to, and how to run a verb of rain-ctl against it."""

import pytest
from click.testing import CliRunner

from raintools.rain_ctl import main
from tests import stdout_lines
from tests.rpc import go_server
from tests.tools.running import Ran


@pytest.fixture
def server():
    with go_server.running() as made:
        yield made


@pytest.fixture
def ctl(server, monkeypatch):
    """Run a verb: `ctl("stop", "ID")`; `human=True` for what people see."""
    monkeypatch.setenv("RAIN_RPC_URL", server.url)

    def run(verb, *arguments, stdin=b"", human=False):
        view = ["--no-json"] if human else []
        result = CliRunner().invoke(main, [verb, *view, *map(str, arguments)], input=stdin)
        assert "Traceback" not in result.stderr, result.stderr
        is_text = human or not result.stdout.startswith("{")
        documents = [] if is_text else stdout_lines.documents(result.stdout)
        return Ran(result.exit_code, result.stdout, result.stderr, documents)

    return run


@pytest.fixture
def new_server(monkeypatch):
    """A server that knows what rain-serve knows; ask for it after `ctl`."""
    with go_server.running(kind=go_server.NewServer) as made:
        monkeypatch.setenv("RAIN_RPC_URL", made.url)
        yield made
