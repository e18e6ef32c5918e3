"""Settings that hold where no option says otherwise: whoever runs a command may give them."""

from __future__ import annotations

import click

from raincore.base.config import Config

__all__ = ["config"]


def config() -> Config:
    """What the command was given as the `obj` of its context; else the defaults."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context is not None else None
    return found if isinstance(found, Config) else Config()
