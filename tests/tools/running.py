"""Run a command in this process; every line that it prints is checked against its schema."""

from dataclasses import dataclass

from click.testing import CliRunner

from tests import stdout_lines


@dataclass(frozen=True)
class Ran:
    """What came of it: exit code, text, and the documents if it was JSON Lines."""

    code: int
    stdout: str
    stderr: str
    documents: list


def run(command, *arguments, stdin=b"", human=False):
    view = ["--no-json"] if human else []
    result = CliRunner().invoke(command, [*view, *map(str, arguments)], input=stdin)
    documents = [] if human else stdout_lines.documents(result.stdout)
    assert "Traceback" not in result.stderr
    return Ran(result.exit_code, result.stdout, result.stderr, documents)
