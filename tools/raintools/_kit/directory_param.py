"""The click type for a directory that may be yet to be made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Directory"]


class Directory(click.Path):
    """A directory, but no empty text; gives a Path.

    That is what a script passes whose variable is not set, and "here" is the last place
    in which such a script wants its content.
    """

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Refuse an empty text, and what is a file."""
        if value == "":
            self.fail("names no directory", param, ctx)
        return super().convert(value, param, ctx)
