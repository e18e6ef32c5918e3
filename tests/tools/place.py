"""A directory to work in, with the commands at hand, and what tests ask of the outcome."""

from __future__ import annotations

import filecmp
import io
import subprocess
from typing import TYPE_CHECKING, Any

from tests import stdout_lines
from tests.tools import launchers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.launchers import Ended

__all__ = ["DIRECTORY", "Place", "documents", "same_trees"]

DIRECTORY = {
    "one": 300_000,
    "two": 16_384,
    "deeper/three": 1,
    "deeper/empty": 0,
    "deeper/still/π and spaces": 70_001,
}


class Place:
    """A directory to work in, and a shell that finds the commands there."""

    def __init__(self, programs: Path, path: Path) -> None:
        self.programs = programs
        self.path = path

    def run(self, line: str, seconds: float = 60) -> Ended:
        return launchers.shell(line, self.programs, self.path, seconds=seconds)

    def start(self, *command: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start one command; what is read from its stdout, line by line too, is checked."""
        process = subprocess.Popen(
            command,
            cwd=self.path,
            env=launchers.environment(self.programs, self.path),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert isinstance(process.stdout, io.TextIOWrapper)
        process.stdout = stdout_lines.Lines(process.stdout.detach(), encoding="utf-8")
        return process


def documents(ended: Ended) -> list[dict[str, Any]]:
    """What was printed, one JSON document per line, each checked against its schema."""
    return stdout_lines.documents(ended.stdout)


def same_trees(left: Path, right: Path) -> bool:
    names = sorted(path.relative_to(left) for path in left.rglob("*"))
    if names != sorted(path.relative_to(right) for path in right.rglob("*")):
        return False
    files = [str(name) for name in names if (left / name).is_file()]
    return filecmp.cmpfiles(left, right, files, shallow=False) == (files, [], [])
