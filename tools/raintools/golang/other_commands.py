"""Other commands of ours, run in this process for the command line of rain's own."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from raincore.base.config import Config

__all__ = ["become", "captured", "find", "in_go", "quietly", "run"]

USER_ENDED = (130, 143)


def find(word: str) -> click.Command | None:
    """The click command behind a word of "rain", if there is one."""
    name = f"raintools.rain_{word.replace('-', '_')}"
    if not word.isidentifier() or importlib.util.find_spec(name) is None:
        return None
    found: click.Command = importlib.import_module(name).main
    return found


def become(name: str, arguments: Sequence[str], config: Config | None = None) -> int:
    """Be another command, "rain-create", until it ends.

    Args:
        config: Settings that hold where no option says otherwise.

    Returns:
        Its exit code.
    """
    module = importlib.import_module(f"raintools.{name.replace('-', '_')}")
    sys.argv = [name, *arguments]
    try:
        module.main(prog_name=name, obj=config)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def run(name: str, arguments: Sequence[str], config: Config | None = None) -> int:
    """Run a command for the Go command line, which knows no failure but 1."""
    return in_go(become(name, arguments, config))


def in_go(code: int) -> int:
    """An exit code of ours as the Go command line has it."""
    return code if code in (0, *USER_ENDED) else 1


def captured(name: str, arguments: Sequence[str], config: Config | None = None) -> tuple[int, str]:
    """Run a command as `become` does, and keep what it prints."""
    kept = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(kept):
        code = become(name, arguments, config)
        kept.flush()
    return code, kept.buffer.getvalue().decode("utf-8", "replace")


def quietly(name: str, arguments: Sequence[str]) -> int:
    """Run a command as `run` does, without what it prints."""
    return in_go(captured(name, arguments)[0])
