"""Options that exclude each other: both together are a mistake, not a riddle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raintools._kit import aliases

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["one_of", "unless"]


def one_of(given: Mapping[str, Any], *names: str) -> str | None:
    """The one flag among `names` that was given, or None.

    Raises:
        click.UsageError: There are several.
    """
    found = [name for name in names if given[name]]
    if len(found) > 1:
        raise click.UsageError(f"{_shown(found[0])} and {_shown(found[1])} exclude each other")
    return found[0] if found else None


def unless(given: dict[str, Any], name: str) -> Any:
    """The value of the option `name`, which the flag "no_" and `name` excludes.

    Takes both out of `given`.

    Raises:
        click.UsageError: Both were given.
    """
    one_of(given, name, f"no_{name}")
    del given[f"no_{name}"]
    return given.pop(name)


def _shown(name: str) -> str:
    """How the option is spelt whose value has this name."""
    for param in click.get_current_context().command.params:
        if param.name == name:
            return aliases.shown(param)
    return name
