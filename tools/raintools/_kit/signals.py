"""SIGINT and SIGTERM as exceptions while a command runs, so that clean-up code runs too."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from raintools._kit import exits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

__all__ = ["begun_timer", "ending", "interruptible", "received", "terminable"]


def begun_timer(seconds: float, end: Callable[[], object]) -> threading.Timer:
    """Call something later, from a thread that keeps no process alive.

    Where the system gives no more threads it is not called: its caller has other means, too.
    """
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    with suppress(RuntimeError):
        timer.start()
    return timer


def ending() -> list[signal.Signals]:
    """The signals that ask for an end; among them that of a terminal that is closed.

    That one is ignored behind nohup, and blocked where it means something else (rain-serve).
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL and signal.SIGHUP not in blocked:
        numbers.append(signal.SIGHUP)
    return numbers


@contextmanager
def received(numbers: Sequence[signal.Signals]) -> Iterator[AsyncIterator[int]]:
    """Receive signals that were blocked so far, see `raintools/__init__.py`.

    Afterwards they do nothing: one that nobody takes any more would end the process in the
    middle of its end, and as if by force.
    """
    import trio

    for number in numbers:
        signal.signal(number, _nothing)  # not SIG_IGN, which forgets those that wait
    try:
        with trio.open_signal_receiver(*numbers) as found:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
            yield found
    finally:
        for number in numbers:  # Python at its end takes its own handlers away
            signal.signal(number, signal.SIG_IGN)


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
    """Have SIGTERM raise `exits.Terminated` inside; without a handler it ends the process.

    Inside, no signal is lost, wherever its exception is raised.
    """
    if not _in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook, hook = _again, sys.unraisablehook
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> NoReturn:
    raise exits.Terminated


def _nothing(number: int, frame: object) -> None:
    pass


def _again(lost: sys.UnraisableHookArgs) -> None:
    # A signal that arrives while a weak reference is cleared becomes an exception that goes
    # nowhere. So it is sent once more, when that is over.
    if isinstance(lost.exc_value, KeyboardInterrupt | exits.Terminated):
        ended = isinstance(lost.exc_value, exits.Terminated)
        number = signal.SIGTERM if ended else signal.SIGINT
        threading.Timer(0.01, os.kill, (os.getpid(), number)).start()
    else:
        sys.__unraisablehook__(lost)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
