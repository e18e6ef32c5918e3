"""How much files are wanted: --priority, in the words that rain-ctl has, too."""

from __future__ import annotations

import click

from raincore.base.errors import FormatError
from raincore.policy.file_selection import Selection
from raincore.policy.priorities import Priority
from raintools._kit import files_param, params

__all__ = ["LEVELS", "PRIORITY", "Preferred"]

LEVELS = [priority.name.lower() for priority in Priority]


class Preferred(params.Parsed):
    """A glob or numbers of files, and how much these are wanted: "0,3-5=high"."""

    name = "glob|index=level"

    @staticmethod
    def parse(text: str) -> tuple[Selection, Priority]:
        """Which files, and their level; a file may have "=" in its name."""
        files, _, level = text.rpartition("=")
        if level not in LEVELS or not files:
            raise FormatError(
                f"not files and a level: {text!r}; say '*.nfo=low' or 0,3-5=high"
                f" ({', '.join(LEVELS)})"
            )
        named = files_param.parse(files)
        selection = Selection((named,)) if isinstance(named, str) else Selection(indices=named)
        return selection, Priority[level.upper()]


PRIORITY = click.option(
    "--priority",
    "priorities",
    type=Preferred(),
    multiple=True,
    help=f"Files and how much they are wanted ({', '.join(LEVELS)}), '*.nfo=low'; repeatable.",
)
