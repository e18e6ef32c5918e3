"""SIGINT and SIGTERM as exceptions while a command runs."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from raintools._kit import exits, signals


def early(argv0, then, **more):
    """A process whose first import of ours is interrupted right after it."""
    script = f"import os, signal, sys; sys.argv[0] = {argv0!r}; import raintools; {then}"
    arguments = [sys.executable, "-c", script]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=30, **more)


def test_a_timer_that_the_system_gives_no_thread_can_be_cancelled_all_the_same(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    called = threading.Event()
    signals.begun_timer(0.01, called.set)
    assert called.wait(30)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    signals.begun_timer(0.01, called.set).cancel()


INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.parametrize("argv0", ["/usr/bin/rain-inspect", "rain-create", "-m"])
def test_an_interrupt_while_a_command_is_imported_ends_it_without_a_word(argv0):
    done = early(argv0, INTERRUPT)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_whoever_else_imports_a_command_keeps_the_interrupt_as_an_exception():
    done = early("-c", f"\ntry: {INTERRUPT}\nexcept KeyboardInterrupt: sys.exit(7)")
    assert done.returncode == 7


def test_an_ignored_interrupt_stays_ignored():
    done = early(
        "rain-inspect",
        f"{INTERRUPT}; sys.exit(7)",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert done.returncode == 7


def test_an_interrupt_is_an_exception_inside_and_left_to_the_system_around():
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), signals.interruptible():
            os.kill(os.getpid(), signal.SIGINT)
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert after is signal.SIG_DFL


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.default_int_handler])
def test_whatever_else_was_done_with_interrupts_stays(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with signals.interruptible():
            assert signal.getsignal(signal.SIGINT) is handler
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_wish_to_end_is_an_exception_inside_and_as_before_after():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(exits.Terminated), signals.terminable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_leaves_signals_alone():
    seen = []

    def body():
        with signals.interruptible(), signals.terminable():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [before]


class Gone:
    """Its end is interrupted, and whoever looks after that ignores exceptions."""

    def __init__(self, number):
        self.number = number

    def __del__(self):
        os.kill(os.getpid(), self.number)
        signal.getsignal(self.number)  # the signal arrives here at the latest


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, exits.Terminated)]
)
def test_a_signal_that_arrives_where_exceptions_are_ignored_is_not_lost(number, error, capsys):
    hook = sys.unraisablehook

    def lose():
        with signals.terminable():
            Gone(number)
            signal.sigtimedwait([], 10)

    with pytest.raises(error):
        lose()
    assert sys.unraisablehook is hook
    assert capsys.readouterr().err == ""


def test_other_ignored_exceptions_are_shown_as_ever(capsys):
    class Broken:
        def __del__(self):
            raise ValueError("broken")

    with signals.terminable():
        Broken()
    assert "ValueError: broken" in capsys.readouterr().err
