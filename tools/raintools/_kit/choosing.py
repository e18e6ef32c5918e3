"""The options for which files of a directory are taken."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.storage.content_scan import Rules
from raintools._kit import aliases, exclusive, options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["choosing"]

opt = aliases.option
GLOB: dict[str, Any] = {"metavar": "GLOB", "multiple": True}
OPTIONS = (
    opt("-e", "--exclude", help="Leave files out; repeatable.", **GLOB),
    opt("--include", help="Take files though excluded or hidden.", **GLOB),
    opt("--glob", hidden=True, **GLOB),
    opt(
        "--hidden",
        is_flag=True,
        aliases=["--include-hidden"],
        help="Take files and directories that start with a dot.",
    ),
    opt("-F", "--follow-symlinks", is_flag=True, help="Take what symlinks lead to."),
    opt("--symlinks", is_flag=True, help="Take symlinks as such (BEP 47)."),
)


def choosing(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options, as the argument `rules`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        exclusive.one_of(given, "follow_symlinks", "symlinks")
        given["exclude"] += _excluded(given.pop("glob"))
        rules = Rules(**{name: given.pop(name) for name in Rules.__slots__})
        return callback(rules=rules, **given)

    return options.stacked(wrapper, *OPTIONS)


def _excluded(globs: tuple[str, ...]) -> tuple[str, ...]:
    """What imdl's globs leave out; those that take are not quite our --include."""
    for glob in globs:
        if not glob.startswith("!"):
            raise click.UsageError(f"--glob is for leaving out, see --include: {glob}")
    return tuple(glob[1:] for glob in globs)
