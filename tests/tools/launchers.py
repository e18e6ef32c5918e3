"""The commands of this checkout as programs on PATH, and shell command lines that use them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.rules import tree

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Ended", "environment", "make_launchers", "shell"]

LAUNCHER = """#!{python}
import sys
sys.path[:0] = {path!r}
from {module} import main
main()
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    stdout: str
    stderr: str


def make_launchers(folder: Path) -> Path:
    """Fill a folder with executables that are called like the commands, as pip would do."""
    folder.mkdir(exist_ok=True)
    path = [str(tree.ROOT), str(tree.ROOT / "tools")]
    for name, target in tree.scripts().items():
        module = target.partition(":")[0]
        program = folder / name
        program.write_text(LAUNCHER.format(python=sys.executable, path=path, module=module))
        program.chmod(0o755)
    return folder


def environment(programs: Path, home: Path) -> dict[str, str]:
    """An environment in which the launchers are found first and nothing of the user's."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    path = f"{programs}:{os.environ['PATH']}"
    return {**own, "PATH": path, "HOME": str(home), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def shell(
    line: str, programs: Path, cwd: Path, *, program: str = "bash", seconds: float = 60
) -> Ended:
    """Run a command line; whatever it started is ended when it takes too long.

    Raises:
        AssertionError: It did not end in time.
    """
    process = subprocess.Popen(
        [program, "-c", line],
        cwd=cwd,
        env=environment(programs, cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(f"still running after {seconds} s: {line}\n{stdout}{stderr}") from None
    return Ended(process.returncode, stdout, stderr)
