"""Ids that begin with a hyphen, as one of 64 of a Go server's does, told from options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

__all__ = ["OfTorrents"]

ID = re.compile(r"-(?=.*[A-Z0-9_])[A-Za-z0-9_-]{21}")
"""A UUID in base64url. Options are in small letters, so that a mistyped one is still told."""


class OfTorrents(Command):
    """A verb whose arguments are ids."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; what can only be an id is one, wherever it stands."""
        return super().parse_args(ctx, self._with_ids_last(args))

    def _with_ids_last(self, args: Sequence[str]) -> list[str]:
        """Put ids behind "--", where the parser takes everything as it is."""
        valued = {
            name
            for param in self.params
            if param.param_type_name == "option" and not _is_flag(param)
            for name in param.opts
        }
        before: list[str] = []
        idents: list[str] = []
        rest = list(args)
        while rest:
            word = rest.pop(0)
            if word == "--":
                return [*before, "--", *idents, *rest]
            if ID.fullmatch(word):
                idents.append(word)
                continue
            before.append(word)
            if word in valued and rest:
                before.append(rest.pop(0))
        return [*before, "--", *idents] if idents else before


def _is_flag(param: Any) -> bool:
    return bool(param.is_flag or param.count)
