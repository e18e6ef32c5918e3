"""The verbs "rain-dht key new" and "rain-dht key show": keys that sign items."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from raincore.base import printable
from raincore.documents import dht as documents
from raincore.session import dht_keys
from raintools._kit import dht_view, options
from raintools._kit.command import Command
from raintools._kit.verbs import Verbs

if TYPE_CHECKING:
    from raincore.session.dht_keys import SigningKey
    from raintools._kit.options import Common

__all__ = ["key", "load"]

NEW = """\b
Examples:
  rain-dht key new my.key
"""


@click.group("key", cls=Verbs)
def key() -> None:
    """Make keys for `put --key`, and show their public half."""


@key.command("new", cls=Command, epilog=NEW)
@click.argument("path", metavar="FILE")
@click.option("-f", "--force", is_flag=True, help="Replace the file if there is one.")
@options.common("key")
def new(path: str, force: bool, common: Common) -> int:
    """Make a key, keep its secret in FILE, and print the public key."""
    _show(common, path, dht_keys.make(path, overwrite=force))
    return common.outcome.code


@key.command("show", cls=Command)
@click.argument("path", metavar="FILE")
@options.common("key")
def show(path: str, common: Common) -> int:
    """Print the public key of the secret in FILE."""
    _show(common, path, load(path, common))
    return common.outcome.code


def load(path: str, common: Common) -> SigningKey:
    """Read a key file; warn if others may read it, too."""
    found = dht_keys.load(path)
    if found.is_exposed:
        common.warn(f"others may read this key: chmod 600 {path}")
    return found


def _show(common: Common, path: str, found: SigningKey) -> None:
    shown = printable.displayed(os.fsencode(os.path.abspath(path)))
    value = documents.key(found.public, shown)
    dht_view.show(common.out, value, found.public.hex)
