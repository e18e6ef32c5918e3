"""A command that has verbs, each with its own options, under the same contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Verbs"]


class Verbs(Command, click.Group):
    """A group of commands: "rain-dht get-peers", "rain-dht key new".

    Use it as `@click.group("rain-dht", cls=Verbs)`. Each verb is a `Command`, or `Verbs`
    again. In messages its name follows that of the group. Options of a verb may stand before
    it, too: "rain-dht --json ping HOST:PORT".
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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what the group is told, and leave the rest to the verb."""
        own = _named(self.get_params(ctx))  # with --help
        return super().parse_args(ctx, _in_order(args, own, _named(_below(self))))


def _in_order(
    args: list[str], own: dict[str, click.Option], of_verbs: dict[str, click.Option]
) -> list[str]:
    """What the group is told, the verb, what the verb is told; of a missing verb, nothing."""
    kept: list[str] = []
    moved: list[str] = []
    while args and args[0].startswith("-") and args[0] not in ("-", "--"):
        name = _name(args[0])
        option = own.get(name) or of_verbs.get(name)
        if option is None:
            break  # the group will complain
        end = 1 + _takes_next(option, args[0])
        (kept if name in own else moved).extend(args[:end])
        args = args[end:]
    return [*kept, *args[:1], *(moved if args else ()), *args[1:]]


def _below(group: click.Group) -> Iterator[click.Parameter]:
    """What the verbs of a group, and verbs of verbs, are told."""
    for verb in group.commands.values():
        yield from verb.params
        if isinstance(verb, click.Group):
            yield from _below(verb)


def _named(parameters: Iterable[click.Parameter]) -> dict[str, click.Option]:
    options = [option for option in parameters if isinstance(option, click.Option)]
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


def _name(argument: str) -> str:
    """The option that an argument begins with: "--bind=lo" with --bind, "-vv" with -v."""
    return argument.partition("=")[0] if argument.startswith("--") else argument[:2]


def _takes_next(option: click.Option, argument: str) -> bool:
    """Whether the value is the next argument, and not part of this one."""
    if option.is_flag or option.count:
        return False
    return "=" not in argument if argument.startswith("--") else len(argument) == 2
