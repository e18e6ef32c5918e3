"""The one writer to stdout: JSON Lines for programs, a readable view for people."""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from raincore.base import errors
from raintools._kit import progress
from raintools._kit.exits import STDOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.documents import TorrentDocument
    from raincore.documents.events import Event

__all__ = ["Writer", "failure"]

ONE_WRITE = 65536  # what a pipe takes at once; of what is longer no copy is made
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def failure(error: OSError) -> errors.WriteError:
    """What to tell when standard output cannot be written."""
    kind = errors.NoSpace if error.errno in NO_ROOM else errors.WriteError
    reason = (error.strerror or "cannot be written").lower()
    return kind(f"{STDOUT}: {reason}", STDOUT)


class Writer:
    """Writes whole lines to stdout, as UTF-8, each flushed. Blocks while the reader is slow.

    Args:
        as_json: True for JSON Lines, False for the readable view, None for the view on a
            terminal and JSON Lines elsewhere.
        color: "always", "never", or "auto": on a terminal that can, unless NO_COLOR is set.

    Raises:
        BrokenPipeError: (From every method that writes.) The reader has left; the kit ends
            the command quietly then.
        WriteError: stdout takes no more; NoSpace when its disk is full.
    """

    def __init__(self, *, as_json: bool | None = None, color: str = "auto") -> None:
        terminal = sys.stdout is not None and sys.stdout.isatty()
        self.human = terminal if as_json is None else not as_json
        env = os.environ
        plain = not terminal or env.get("NO_COLOR") or env.get("TERM") == "dumb"
        self.colored = color == "always" or (color == "auto" and not plain)

    def document(
        self, record: TorrentDocument | Event, human: str | Callable[[], str] | None = None
    ) -> None:
        """Write a record as one JSON line, or for people what `human` is or returns.

        Without `human` people see nothing of it.
        """
        if not self.human:
            from raincore.documents import codec

            self.value(codec.encode(record))
        elif human is not None:
            self.text(human if isinstance(human, str) else human())

    def value(self, value: dict[str, Any]) -> None:
        """Write one JSON value as a line, whatever the view."""
        self.text(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))

    def text(self, text: str) -> None:
        """Write text and a line feed; lone surrogates become U+FFFD."""
        progress.hide()
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            raw = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
        if len(raw) < ONE_WRITE:
            self.raw(raw + b"\n")
        else:
            self.raw(raw, b"\n")

    def raw(self, *data: bytes) -> None:
        """Write bytes as they are."""
        if sys.stdout is None:  # closed before we started
            raise errors.WriteError(f"{STDOUT} is closed", STDOUT)
        try:
            for part in data:
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise failure(error) from error

    def require_reader(self) -> None:
        """Notice that the reader has left while there is nothing to write.

        Raises:
            BrokenPipeError: It has.
        """
        import select  # few commands wait

        try:
            poll = select.poll()
            poll.register(sys.stdout, 0)
        except (TypeError, OSError, ValueError):
            return  # closed before we started, or no file: writing will tell
        if poll.poll(0):
            raise BrokenPipeError

    def styled(self, text: str, **style: Any) -> str:
        """Colour text (as click.style does) where colour is wanted."""
        return click.style(text, **style) if self.colored else text
