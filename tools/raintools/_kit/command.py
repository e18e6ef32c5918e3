"""The click command that keeps the contract on exit codes, errors and signals."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from raintools._kit import aliases, completing, exits, output, signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from click.shell_completion import CompletionItem

__all__ = ["Command", "mapped"]

GC_THRESHOLD = 100_000
"""New objects that make Python look for garbage. What describes 20,000 files is none, and to
look at it time and again took a fifth of rain-create's time; what has cycles here is small."""


class Command(click.Command):
    r"""A command whose callback may return an exit code, and whose errors are one line.

    Use it as `@click.command("rain-inspect", cls=Command)`. A paragraph of the epilog or
    docstring that begins with "\b" keeps its line breaks.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        names = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__(*args, **{"context_settings": names, **settings})
        self.title = self.name or ""
        """What messages call it; of a verb, its command's name comes first."""
        completing.complete_names(self.params)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run the command and end the process; with `args`, in somebody else's process."""
        if args is None:
            # What is imported stays: searching it for garbage at the end would take a
            # tenth of the time of a short run.
            gc.freeze()
            gc.enable()  # raintools/__init__.py has it wait
            gc.set_threshold(GC_THRESHOLD)
        try:
            return super().main(args, *rest, **more)
        finally:
            if args is None:
                gc.freeze()  # nor what was imported and made since: 50 ms, were it searched

    def make_context(
        self, info_name: str | None, args: list[str], *rest: Any, **more: Any
    ) -> click.Context:
        """Parse the arguments."""
        with mapped(self.title, debug="--debug" in args):
            try:
                return super().make_context(info_name, args, *rest, **more)
            except BrokenPipeError:
                raise
            except OSError as error:  # of --help, --version, --schema
                raise output.failure(error) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer options by our own names only."""
        foreign = aliases.of(self)
        return [
            item for item in super().shell_complete(ctx, incomplete) if item.value not in foreign
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the callback and end the process with the code that it returns."""
        with mapped(self.title, debug=ctx.params.get("debug", False)):
            with signals.terminable():
                code = super().invoke(ctx)
            ctx.exit(code or 0)


@contextmanager
def mapped(command: str, *, debug: bool = False) -> Iterator[None]:
    """End the process with the right code and message, whatever leaves the block."""
    try:
        with signals.interruptible():
            yield
    except (SystemExit, click.exceptions.Exit):
        raise
    except click.UsageError as error:
        exits.say(f"{command}: error: {exits.message_of(error)} (see {command} --help)")
        sys.exit(2)
    except BaseException as error:
        outcome = exits.Outcome(command, debug=debug)
        outcome.failed(error)
        sys.exit(outcome.code)
    finally:
        _settle_stdout()


def _settle_stdout() -> None:
    # What cannot be written now must not be tried again, with a complaint, at exit.
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, ValueError):  # there is no stdout, or it is closed
        pass
