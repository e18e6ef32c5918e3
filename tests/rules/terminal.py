"""A shell at a terminal, so that a test can press the tab key in it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Terminal"]

PATIENCE = 60.0


class Terminal:
    """One interactive program; use it in a `with` statement, which ends it."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], list(command), {**env, "TERM": "dumb"})

    def type(self, keys: str, awaited: str) -> None:
        """Press keys and wait until the screen shows something after what is there now.

        Raises:
            AssertionError: It does not appear in time.
        """
        os.write(self.descriptor, keys.encode())
        shown = b""
        deadline = time.monotonic() + PATIENCE
        while awaited.encode() not in shown:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.descriptor], [], [], max(0.0, left))
            assert ready, f"no {awaited!r} after {keys!r}: {shown.decode(errors='replace')}"
            shown += os.read(self.descriptor, 65_536)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)
