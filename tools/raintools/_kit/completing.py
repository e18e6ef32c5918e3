"""Shells complete file names wherever the help says FILE, PATH, INPUT or DIR.

These values stay plain text: an INPUT may as well be a link, and whether a file is there,
and what follows when it is not, is said by whoever opens it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.shell_completion import CompletionItem

__all__ = ["Directory", "File", "complete_names"]


class _Name(click.types.StringParamType):
    kind: str

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell, which knows its own quoting."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


class File(_Name):
    """Text that is often the name of a file."""

    kind = "file"


class Directory(_Name):
    """Text that is often the name of a directory."""

    kind = "dir"


FILE, DIRECTORY = File(), Directory()
KINDS = {"DIR": DIRECTORY, "FILE": FILE, "INPUT": FILE, "PATH": FILE, "TORRENT": FILE}


def complete_names(params: Iterable[click.Parameter]) -> None:
    """Give parameters of plain text that are shown as names the type that completes these."""
    for param in params:
        if param.type is click.STRING and param.metavar:
            kinds = {KINDS[word] for word in re.findall("[A-Z]+", param.metavar) if word in KINDS}
            if kinds:
                param.type = FILE if FILE in kinds else DIRECTORY
