"""The completion scripts of a command, from click's own templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from tests.rules import tree

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SHELLS", "script", "script_path"]

SHELLS: dict[str, tuple[type[ShellComplete], str]] = {
    "bash": (BashComplete, "{}"),
    "fish": (FishComplete, "{}.fish"),
    "zsh": (ZshComplete, "_{}"),
}
"""Shell to click's generator and the file name under which that shell looks for it."""


def script_path(name: str, shell: str) -> Path:
    """Where the script of a command for a shell lies."""
    return tree.ROOT / "completions" / shell / SHELLS[shell][1].format(name)


def script(name: str, shell: str) -> str:
    """The script that asks the command itself for completions."""
    variable = f"_{name}_COMPLETE".replace("-", "_").upper()
    generator = SHELLS[shell][0](tree.command(name), {}, name, variable)
    # Not generator.source(): that one also runs the shell to ask for its version.
    text = generator.source_template % generator.source_vars()
    # An autoloaded file is the body of its function: "loadautofunc" is where zsh runs it the
    # first time, "shfunc" from then on. Without this the second tab key does nothing.
    text = text.replace("== loadautofunc ]]", "== (loadautofunc|shfunc) ]]")
    return text.strip("\n") + "\n"
