"""Every line of JSON that a command of ours prints in any test is checked against its schema.

`tests/conftest.py` puts these checks under `CliRunner.invoke` and under
`subprocess.Popen.communicate`, which `subprocess.run` and the shell lines of the tests go
through: a test need not ask for the check, and cannot forget it. A test that reads from a
running process line by line starts it by `Place.start`, whose lines are checked as well.
"""

from __future__ import annotations

import io
import json
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import click
from click.testing import CliRunner

from raincore.documents import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

__all__ = ["Lines", "check", "checked", "documents", "promised", "watch"]

INVOKE = CliRunner.invoke  # as it was before `watch`
OURS = ("rain-", "raintools", "rain_")
FREE = "x-"
"""Types that begin so are a test's own; they stand for documents of other programs."""


def checked(line: str) -> dict[str, Any]:
    """One line of JSON, parsed; AssertionError when no schema of ours allows it."""
    document = json.loads(line)
    assert isinstance(document, dict), line[:200]
    if not str(document.get("type", "")).startswith(FREE):
        registry.validate(document)
    return document


def documents(text: str) -> list[dict[str, Any]]:
    """What was printed, one JSON document per line; every line must be one."""
    return [checked(line) for line in text.removesuffix("\n").split("\n") if text]


def check(text: str | bytes | None) -> set[str]:
    """Check what looks like a document: whole lines that begin as JSON objects do.

    Returns the types of what was found.

    A view for people, a .torrent file or a schema, which is spread over lines, is none. Nor
    is a last line without its end: its writer may have been killed.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    whole = (text or "").split("\n")[:-1]
    return {checked(line)["type"] for line in whole if line.startswith('{"')}


@cache
def promised(command: click.Command) -> frozenset[str]:
    """The types that a command says it writes, by its --schema; empty if it has none."""
    if not any("--schema" in option.opts for option in command.params):
        return frozenset()
    shown = json.loads(INVOKE(CliRunner(), command, ["--schema"]).stdout)
    schemas = shown.get("oneOf", [shown])
    # What has no `type` is no document: rain-serve prints a configuration.
    known = [schema["properties"] for schema in schemas if "type" in schema["properties"]]
    return frozenset(properties["type"]["const"] for properties in known)


class Lines(io.TextIOWrapper):
    """The stdout of a process, each line checked as it is read."""

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        line = super().readline(size)
        if line.endswith("\n"):
            check(line)
        return line

    def __next__(self) -> str:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return self


def watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check whatever our commands print from now on, in this process and in others."""
    communicate = subprocess.Popen.communicate

    def checking_invoke(
        self: CliRunner, cli: click.Command, args: Any = None, input: Any = None, **more: Any
    ) -> Any:
        result = INVOKE(self, cli, args, input, **more)
        types = check(result.stdout_bytes)
        if not input and promised(cli):  # what came in may be passed on, whatever its type
            assert types <= promised(cli), types
        return result

    def checking_communicate(self: Any, *args: Any, **more: Any) -> Any:
        begun = isinstance(self.stdout, Lines)  # the rest may begin within a line
        stdout, stderr = communicate(self, *args, **more)
        if any(word in str(self.args) for word in OURS):
            rest = stdout if stdout is None or not begun else stdout.partition("\n")[2]
            check(rest)
        return stdout, stderr

    monkeypatch.setattr(CliRunner, "invoke", checking_invoke)
    monkeypatch.setattr(subprocess.Popen, "communicate", checking_communicate)
