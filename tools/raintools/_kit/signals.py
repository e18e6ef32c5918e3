"""SIGINT and SIGTERM as exceptions while a command runs, so that clean-up code runs too."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from raintools._kit import exits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["interruptible", "terminable"]


@contextmanager
def interruptible() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt inside, where `raintools/__init__.py` took it away.

    Before and after, it just ends the process: there, nobody could catch the exception.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL or not _in_main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def terminable() -> Iterator[None]:
    """Have SIGTERM raise `exits.Terminated` inside; without a handler it ends the process."""
    if not _in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> NoReturn:
    raise exits.Terminated


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
