"""The click command that hands the rest of its command line to another command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.shell_completion import CompletionItem

__all__ = ["Umbrella", "Words"]

ONE_DASH = {"-debug": "--debug", "-version": "--version", "-help": "--help"}


class Umbrella(Command):
    """Takes its own options before the first word only; everything else is the word's.

    Args:
        names: The words, for shells to complete.
        more: Lists them, when somebody asks for help.
    """

    def __init__(
        self, *args: Any, names: Sequence[str], more: Callable[[], str], **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self.context_settings = {**self.context_settings, "allow_interspersed_args": False}
        self.names = names
        self.more = more

    def make_context(
        self, info_name: str | None, args: list[str], *rest: Any, **more: Any
    ) -> click.Context:
        """Parse the arguments; long options may have one dash, as in Go."""
        for number, word in enumerate(args):
            if not word.startswith("-"):
                break
            args[number] = ONE_DASH.get(word, word)
        return super().make_context(info_name, args, *rest, **more)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it is, and the words that there are."""
        super().format_help_text(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.more())

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete options: our own, or those of the command that was named."""
        if ctx.params.get("words"):
            return Words().shell_complete(ctx, self.params[0], incomplete)
        return super().shell_complete(ctx, incomplete)


class Words(click.types.UnprocessedParamType):
    """What is handed on: a command and its arguments, which it completes itself."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the command, or what follows it."""
        from click.shell_completion import CompletionItem, ShellComplete

        words = ctx.params.get("words") or ()
        if not words:
            names = getattr(ctx.command, "names", ())
            return [CompletionItem(name) for name in names if name.startswith(incomplete)]
        from raintools.golang import other_commands

        command = other_commands.find(words[0])
        if command is None:
            return []
        return ShellComplete(command, {}, "", "").get_completions(list(words[1:]), incomplete)
