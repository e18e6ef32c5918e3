"""No test can see a line of JSON that breaks its schema, whichever way it runs a command."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from raincore.base.errors import DocumentError
from raintools._kit import options
from raintools._kit.command import Command
from tests import stdout_lines
from tests.tools import launchers
from tests.tools.place import Place

BAD = '{"type":"torrent","v":1,"total_length":"many"}'
GOOD = '{"type":"torrent","v":1,"name":"line \u2028 separator"}'


@click.command("rain-test", cls=Command)
@click.argument("text")
def echo(text):
    click.echo(text)


@pytest.mark.parametrize("bad", [BAD, '{"name":"no type"}', '{"type":"unknown"}', '{"type":"tor'])
def test_a_bad_line_printed_in_this_process_fails_the_test(bad):
    with pytest.raises((DocumentError, ValueError)):
        CliRunner().invoke(echo, [bad])


@pytest.mark.parametrize("fine", [GOOD, "text", '{\n  "title": 1\n}', '{"type":"x-own","n":1}'])
def test_what_is_right_or_no_document_passes(fine):
    assert CliRunner().invoke(echo, [fine]).stdout == fine + "\n"


@click.command("rain-liar", cls=Command)
@options.common("torrent")
def liar(common):
    common.out.value({"type": "raw", "v": 1, "value": {}})


def test_a_type_that_the_command_does_not_promise_fails_the_test():
    with pytest.raises(AssertionError):
        CliRunner().invoke(liar)
    assert CliRunner().invoke(liar, input="passed on").exit_code == 0


def test_a_bad_line_of_another_process_fails_the_test(tmp_path):
    with pytest.raises(DocumentError):
        subprocess.run([sys.executable, "-c", f"'rain-test'; print({BAD!r})"], capture_output=True)
    with pytest.raises(DocumentError):
        launchers.shell(f"echo '{BAD}' # rain-test", tmp_path, tmp_path)


def test_a_bad_line_of_a_running_process_fails_the_test(tmp_path):
    place = Place(tmp_path, tmp_path)
    with place.start("printf", f"{GOOD}\n{BAD}\n") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == GOOD + "\n"
        with pytest.raises(DocumentError):
            next(process.stdout)


def test_what_is_left_unread_is_checked_at_the_end(tmp_path):
    process = Place(tmp_path, tmp_path).start("printf", f"rain-test\n{BAD}\n")
    with pytest.raises(DocumentError):
        process.communicate()


def test_a_line_that_was_cut_off_is_nobodys_fault():
    stdout_lines.check(BAD)


def test_every_line_of_a_stream_must_be_a_document():
    assert len(stdout_lines.documents(GOOD + "\n" + GOOD + "\n")) == 2
    assert stdout_lines.documents("") == []
    with pytest.raises(ValueError, match="Expecting value"):
        stdout_lines.documents(GOOD + "\ntext\n")
