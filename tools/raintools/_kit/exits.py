"""Exceptions to exit codes and to one line on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from raincore.base import errors, printable
from raintools._kit import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STDOUT", "Outcome", "Terminated", "code_of", "message_of", "say"]

BUG = 70
STDOUT = "standard output"
"""The path of an error about our own output."""


class Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt, so that clean-up code runs."""


CODES: dict[type[BaseException], int] = {
    BrokenPipeError: 0,  # the reader of stdout has left: nothing more to do
    errors.RainError: 1,
    click.ClickException: 2,
    errors.ConfigError: 2,
    errors.FormatError: 3,
    errors.UnsafePath: 3,
    errors.NetworkError: 4,
    errors.RemoteProtocolError: 4,
    errors.StorageError: 5,
    errors.LocalProtocolError: BUG,
    OSError: 5,
    MemoryError: 5,
    KeyboardInterrupt: 130,
    Terminated: 143,
    Exception: BUG,
}


def code_of(error: BaseException) -> int:
    """The exit code for an exception: by the nearest class in its MRO; of a group, the worst."""
    if isinstance(error, BaseExceptionGroup):
        return max(code_of(member) for member in error.exceptions)
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), BUG)


def message_of(error: BaseException) -> str:
    """What to tell a person about an exception: one line, safe for a terminal."""
    if isinstance(error, click.ClickException):
        text = error.format_message().rstrip(".")
        text = text[:1].lower() + text[1:]
    elif isinstance(error, OSError) and error.strerror:
        gone = "the current directory is gone" if isinstance(error, FileNotFoundError) else None
        name = gone if error.filename is None else error.filename
        text = f"{name}: {error.strerror.lower()}" if name else error.strerror.lower()
    else:
        text = str(error) or type(error).__name__
    return printable.printable(text, limit=1000)


def say(line: str) -> None:
    """Write a line to stderr; if that cannot be done, the exit code still tells."""
    progress.hide()
    with suppress(OSError):
        click.echo(line, err=True)


class Outcome:
    """What became of several inputs: reports each failure, keeps the highest code.

    Args:
        command: The name that starts each line on stderr.
        debug: Show tracebacks for ordinary errors too.
        quiet: Do not warn.
    """

    def __init__(self, command: str, *, debug: bool = False, quiet: bool = False) -> None:
        self.command = command
        self.debug = debug
        self.quiet = quiet
        self.code = 0

    def failed(self, error: BaseException, origin: str = "") -> None:
        """Report an error of one input, "rain-inspect: error: a.torrent: …", and go on."""
        error = errors.the_one(error)
        code = code_of(error)
        self.code = max(self.code, code)
        if isinstance(error, BaseExceptionGroup) and code != BUG:
            for member in error.exceptions:
                self.failed(member, origin)
        elif isinstance(error, Exception) and not isinstance(error, BrokenPipeError):
            if self.debug or code == BUG:
                sys.excepthook(type(error), error, error.__traceback__)
            label = f"{printable.printable(origin, limit=100)}: " if origin else ""
            bug = "this is a bug, please report it: " if code == BUG else ""
            say(f"{self.command}: error: {label}{bug}{message_of(error)}")

    def warn(self, text: str) -> None:
        """Say that something is wrong but the work goes on."""
        if not self.quiet:
            say(f"{self.command}: warning: {printable.printable(text, limit=1000)}")

    @contextmanager
    def guard(self, origin: str = "") -> Iterator[None]:
        """Report what goes wrong with one input inside, so that the others go on."""
        try:
            yield
        except (BrokenPipeError, errors.LocalProtocolError):
            raise
        except (errors.RainError, OSError) as error:
            if getattr(error, "path", None) == STDOUT:
                raise  # no other input could do better
            self.failed(error, origin)
