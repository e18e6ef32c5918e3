"""Option groups shared by commands."""

import json

import click
import pytest
from click.testing import CliRunner

import raincore
from raintools._kit import options
from raintools._kit.command import Command


@pytest.fixture
def run():
    def run(*arguments, types=("torrent",)):
        given = []

        @click.command("rain-test", cls=Command)
        @options.common(*types)
        def main(common):
            given.append(common)

        result = CliRunner().invoke(main, arguments)
        result.common = given[0] if given else None
        return result

    return run


def test_without_options_the_defaults_hold(run):
    common = run().common
    assert (common.quiet, common.verbose, common.out.human) == (False, 0, False)
    assert (common.outcome.command, common.outcome.debug) == ("rain-test", False)


def test_options_reach_writer_and_outcome(run):
    common = run("-q", "-vv", "--debug", "--no-json", "--color", "always").common
    assert (common.quiet, common.verbose) == (True, 2)
    assert common.outcome.debug
    assert common.out.human
    assert common.out.colored


def test_a_warning_is_one_line_on_stderr_unless_quiet(run, capsys):
    run().common.warn("port is closed\x1b")
    run("--quiet").common.warn("port is closed")
    assert capsys.readouterr().err == "rain-test: warning: port is closed\ufffd\n"


def test_the_version_is_that_of_the_library(run):
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"rain-test {raincore.__version__}\n")


def test_the_schema_of_one_type_is_printed(run):
    result = run("--schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["properties"]["type"] == {"const": "torrent"}


def test_the_schemas_of_several_types_are_alternatives(run):
    schema = json.loads(run("--schema", types=("torrent", "status")).stdout)
    assert [one["title"] for one in schema["oneOf"]] == ["Torrent document", "Status event"]


def test_stacked_keeps_the_order_of_decorators():
    def adding(letter):
        return lambda callback: lambda: letter + callback()

    assert options.stacked(lambda: "c", adding("a"), adding("b"))() == "abc"
