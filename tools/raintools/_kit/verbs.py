"""A command that has verbs, each with its own options, under the same contract."""

from __future__ import annotations

from typing import Any

import click

from raintools._kit.command import Command

__all__ = ["Verbs"]


class Verbs(Command, click.Group):
    """A group of commands: "rain-dht get-peers", "rain-dht key new".

    Use it as `@click.group("rain-dht", cls=Verbs)`. Each verb is a `Command`, or `Verbs`
    again. In messages its name follows that of the group.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        # Without a verb that is said in one line, not by the whole help.
        plain = {"no_args_is_help": False, "subcommand_metavar": "VERB [OPTIONS] [ARGUMENT]..."}
        super().__init__(*args, **{**plain, **settings})

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a verb into the group, under its own name."""
        super().add_command(cmd, name)
        self.entitle(self.title)

    def entitle(self, title: str) -> None:
        """Call the group so in messages, and its verbs accordingly."""
        self.title = title
        for name, verb in self.commands.items():
            if isinstance(verb, Verbs):
                verb.entitle(f"{title} {name}")
            elif isinstance(verb, Command):
                verb.title = f"{title} {name}"
