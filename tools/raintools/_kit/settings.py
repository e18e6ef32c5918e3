"""The options of a server: one for each key of its configuration."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.session import config_values
from raincore.session.config_keys import keys
from raintools._kit import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.session.config_keys import Key

__all__ = ["of_keys"]

METAVARS = {
    **dict.fromkeys(("int", "u16", "u32", "u64", "i64", "float", "ratio", "kib"), "NUMBER"),
    **dict.fromkeys(("duration", "limit"), "DURATION"),
    "bool": "true|false",
    "mode": "MODE",
    "str": "TEXT",
    "path": "PATH",
    "strings": "LIST",
    "command": "COMMAND",
}
ELSEWHERE = frozenset({"debug"})
"""Keys that are options of every command already."""


def of_keys(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each key; the callback gets what was given as `flags`, a dict."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        flags = {}
        for name in _names():
            value = given.pop(_argument(name))
            if value is not None:
                flags[name] = value
        return callback(flags=flags, **given)

    return options.stacked(wrapper, *(_option(keys()[name]) for name in _names()))


def _names() -> list[str]:
    return [name for name in keys() if name not in ELSEWHERE]


def _argument(name: str) -> str:
    return "key_" + name.replace("-", "_")


def _option(key: Key) -> Callable[..., Any]:
    default = f" [{key.default}]" if key.default else ""
    return click.option(
        f"--{key.name}",
        _argument(key.name),
        metavar=METAVARS[key.kind],
        help=f"{key.meaning}{default}",
        callback=lambda ctx, parameter, value: _checked(key, value),
        expose_value=True,
    )


def _checked(key: Key, value: str | None) -> str | None:
    if value is not None:
        try:
            config_values.parse(key.kind, value)
        except ValueError as error:
            raise click.BadParameter(f"expected {error}, not {value!r}") from error
    return value
