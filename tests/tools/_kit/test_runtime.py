"""Running an async main: signals, clean cancel, exit codes, logging."""

import logging
import os
import signal
import subprocess
import sys
import textwrap

import pytest
import trio

from raincore.base import errors
from raintools._kit import runtime


def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)


def in_a_process(body, **more):
    """Run `async def main(stop)` with this body in a process of its own."""
    script = (
        "import os, signal, sys, time, trio\n"
        "from raintools._kit import runtime\n"
        "def kill(number): os.kill(os.getpid(), number)\n"
        "async def main(stop):\n"
        + textwrap.indent(textwrap.dedent(body), "    ")
        + "\nsys.exit(runtime.run(main))\n"
    )
    arguments = [sys.executable, "-c", script]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=30, **more)


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_what_main_returns_is_the_code():
    async def main(stop):
        assert not stop.is_set()
        return 4

    assert runtime.run(main) == 4


def test_an_error_comes_out_of_the_groups_of_trio():
    async def fail():
        raise errors.TimedOut("no answer") from OSError(1, "cause")

    async def main(stop):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
        return 0

    with pytest.raises(errors.TimedOut, match="no answer") as caught:
        runtime.run(main)
    assert isinstance(caught.value.__cause__, OSError)


def test_several_errors_stay_a_group():
    async def fail(error):
        raise error

    async def main(stop):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail, errors.TimedOut("one"))
            nursery.start_soon(fail, errors.FormatError("two"))
        return 0

    with pytest.raises(BaseExceptionGroup) as caught:
        runtime.run(main)
    leaves = caught.value
    while len(leaves.exceptions) == 1:
        leaves = leaves.exceptions[0]
    assert len(leaves.exceptions) == 2


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_signal_asks_main_to_stop(number, code):
    saved = []

    async def main(stop):
        interrupt(number)
        await stop.wait()
        saved.append(True)
        return 0

    assert runtime.run(main) == code
    assert saved


def test_behind_nohup_a_terminal_that_is_closed_stops_nothing():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def main(stop):
        interrupt(signal.SIGHUP)
        return 3

    try:
        assert runtime.run(main) == 3
    finally:
        signal.signal(signal.SIGHUP, before)


def test_where_a_hangup_is_blocked_it_has_another_use():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])

    async def main(stop):
        with trio.open_signal_receiver(signal.SIGHUP) as signals:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            interrupt(signal.SIGHUP)
            assert await anext(signals) == signal.SIGHUP
        assert not stop.is_set()
        return 3

    assert runtime.run(main) == 3


def test_an_error_while_stopping_does_not_hide_the_signal(caplog):
    async def main(stop):
        interrupt()
        await stop.wait()
        raise errors.TimedOut("tracker did not answer")

    assert runtime.run(main) == 130
    assert "not everything could be stopped cleanly" in caplog.text


def test_a_bug_while_stopping_is_still_a_bug():
    async def main(stop):
        interrupt()
        await stop.wait()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runtime.run(main)


def test_a_main_that_does_not_stop_is_cancelled(monkeypatch):
    monkeypatch.setattr(runtime, "GRACE_SECONDS", 0.05)
    cleaned = []

    async def main(stop):
        interrupt(signal.SIGTERM)
        try:
            await trio.sleep_forever()
        finally:
            cleaned.append(True)
        return 0

    assert runtime.run(main) == 143
    assert cleaned


def test_a_second_signal_ends_the_process_at_once():
    done = in_a_process("""
        kill(signal.SIGTERM)
        await stop.wait()
        kill(signal.SIGINT)
        await trio.sleep(60)
    """)
    assert (done.returncode, done.stderr) == (130, "")


def test_a_loop_that_hangs_is_ended_all_the_same():
    done = in_a_process("""
        runtime.HARD_SECONDS = 0.1
        kill(signal.SIGTERM)
        await stop.wait()
        time.sleep(20)
    """)
    assert (done.returncode, done.stderr) == (143, "")


def test_no_timer_is_left_after_a_clean_stop():
    async def main(stop):
        interrupt()
        await stop.wait()
        return 0

    before = set(threads())
    runtime.run(main)
    assert not [t for t in set(threads()) - before if "Timer" in type(t).__name__ and t.is_alive()]


def threads():
    import threading

    for thread in threading.enumerate():
        if "Timer" in type(thread).__name__:
            thread.join(0.5)
    return threading.enumerate()


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, ["warning", "error"]),
        ({"verbose": 1}, ["info", "warning", "error"]),
        ({"verbose": 2}, ["debug", "info", "warning", "error"]),
        ({"verbose": 9}, ["debug", "info", "warning", "error"]),
        ({"quiet": True}, ["error"]),
    ],
)
def test_verbosity_chooses_the_level(root_logger, capsys, settings, shown):
    runtime.log_to_stderr("rain-fetch", **settings)
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger("raincore.net"), level)("said")
    assert capsys.readouterr().err == "".join(f"rain-fetch: {level}: said\n" for level in shown)


def test_facts_stand_behind_the_message_and_are_made_printable(root_logger, capsys):
    runtime.log_to_stderr("rain-fetch")
    facts = {"peer": "192.0.2.1:6881", "reason": "\x1b[2J"}
    logging.getLogger("raincore.net").warning("peer left", extra={"facts": facts})
    expected = "rain-fetch: warning: peer left peer=192.0.2.1:6881 reason=\ufffd[2J\n"
    assert capsys.readouterr().err == expected


def test_a_logged_exception_shows_its_traceback(root_logger, capsys):
    runtime.log_to_stderr("rain-fetch")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("raincore.net").exception("bug")
    assert "rain-fetch: error: bug\nTraceback" in capsys.readouterr().err
