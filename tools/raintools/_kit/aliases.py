"""Options that also answer to the long names that other programs gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Option", "of", "option", "shown"]


class Option(click.Option):
    """An option with further names that work but are not advertised.

    People come from imdl, mktorrent, torf and transmission with commands in their fingers
    and scripts. Naming all of them in --help would bury our own; the man pages list them.

    Args:
        aliases: Long names, such as "--announce".
    """

    def __init__(self, *args: Any, aliases: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.aliases = tuple(aliases)
        self.own = list(self.opts)
        self.opts.extend(self.aliases)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Describe the option by its own names only."""
        self.opts, every = self.own, self.opts
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = every

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Name the option in messages, again without the aliases."""
        return " / ".join(f"'{name}'" for name in self.own)


def option(
    *names: str, aliases: Sequence[str] = (), **settings: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`click.option` with `aliases`."""
    return click.option(*names, cls=Option, aliases=aliases, **settings)


def shown(param: click.Parameter) -> str:
    """How messages spell an option: by its own long name."""
    return max(param.own if isinstance(param, Option) else param.opts, key=len)


def of(command: click.Command) -> frozenset[str]:
    """All aliases of a command's options, which shells are not to offer."""
    return frozenset(
        alias for option in command.params if isinstance(option, Option) for alias in option.aliases
    )
