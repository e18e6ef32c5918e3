"""The click command that keeps the contract."""

import gc
import os
import signal
import subprocess
import sys
import threading

import click
import pytest
from click.testing import CliRunner

from raincore.base import errors
from raintools._kit.command import GC_THRESHOLD, Command, mapped


def command_that(body):
    @click.command("rain-test", cls=Command)
    @click.option("--debug", is_flag=True)
    @click.option("--number", type=int)
    def main(debug, number):
        return body()

    return main


def raising(error):
    def body():
        raise error

    return body


def run_script(lines, **pipes):
    """Run a command in a process of its own; `lines` are its body."""
    body = "\n".join(f"    {line}" for line in lines)
    script = (
        "import click, os, signal, sys\n"
        "from raintools._kit.command import Command\n"
        "@click.command('rain-test', cls=Command)\n"
        f"def main():\n{body}\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, timeout=30, **pipes
    )


def test_what_the_callback_returns_is_the_exit_code():
    assert CliRunner().invoke(command_that(lambda: 3), []).exit_code == 3
    assert CliRunner().invoke(command_that(lambda: None), []).exit_code == 0


def test_an_error_is_one_line_and_its_code():
    result = CliRunner().invoke(command_that(raising(errors.TimedOut("no answer"))), [])
    assert (result.exit_code, result.stderr) == (4, "rain-test: error: no answer\n")


def test_debug_shows_the_traceback():
    result = CliRunner().invoke(command_that(raising(errors.TimedOut("no answer"))), ["--debug"])
    assert result.exit_code == 4
    assert "Traceback" in result.stderr


def test_an_interrupt_ends_with_130():
    result = CliRunner().invoke(command_that(raising(KeyboardInterrupt())), [])
    assert (result.exit_code, result.stderr) == (130, "")


def test_sigterm_ends_with_143_and_the_old_handler_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    body = command_that(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert CliRunner().invoke(body, []).exit_code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_command_runs_in_a_thread_too():
    codes = []
    thread = threading.Thread(
        target=lambda: codes.append(CliRunner().invoke(command_that(lambda: 1), []).exit_code)
    )
    thread.start()
    thread.join()
    assert codes == [1]


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--number", "x"], ["surplus"]])
def test_wrong_usage_is_one_line_that_points_at_the_help(arguments):
    result = CliRunner().invoke(command_that(lambda: 0), arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("rain-test: error: ")
    assert result.stderr.endswith(" (see rain-test --help)\n")
    assert result.stderr.count("\n") == 1


def test_wrong_usage_found_while_running_is_told_the_same_way():
    result = CliRunner().invoke(command_that(raising(click.UsageError("no input"))), [])
    assert (result.exit_code, result.stderr) == (
        2,
        "rain-test: error: no input (see rain-test --help)\n",
    )


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_printed_and_ends_well(option):
    result = CliRunner().invoke(command_that(lambda: 9), [option])
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: rain-test")


def test_mapped_leaves_exits_alone():
    with pytest.raises(SystemExit, match="7"), mapped("rain-test"):
        raise SystemExit(7)


def test_help_to_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "raintools.rain_inspect", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )
    said = "rain-inspect: error: standard output: no space left on device\n"
    assert (done.returncode, done.stderr) == (5, said)


def test_a_reader_that_has_left_ends_the_command_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = run_script(["click.echo('x' * 100_000)"], stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stdout_closed_from_the_start_hurts_nobody_who_does_not_write():
    done = run_script(["return 3"], stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (3, "")


def test_signals_to_a_real_process_give_the_codes_of_the_contract():
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        done = run_script([f"os.kill(os.getpid(), {int(number)})", "signal.pause()"])
        assert (done.returncode, done.stderr) == (code, "")


def test_garbage_is_collected_once_a_command_runs_and_always_elsewhere():
    tell = "print(gc.isenabled() and gc.get_threshold()[0])"
    start = "import gc, sys; sys.argv[:] = ['rain-inspect']; from raintools._kit import command"
    late = f"command.Command('rain-inspect', callback=lambda: {tell}).main()"
    for script, shown in (
        (f"{start}; {tell}", "False\n"),
        (f"{start}; {late}", f"{GC_THRESHOLD}\n"),
        (f"{start.replace('rain-', '')}; {tell}", f"{gc.get_threshold()[0]}\n"),
    ):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (shown, "")


def test_what_a_command_has_made_is_not_searched_for_garbage_at_its_end() -> None:
    code = (
        "import atexit, gc, click\n"
        "from raintools._kit.command import Command\n"
        "made = []\n"
        "@click.command('rain-none', cls=Command)\n"
        "def main():\n"
        "    made.extend([one] for one in range(10_000))\n"
        "atexit.register(lambda: print(len(gc.get_objects()) < 1000 < gc.get_freeze_count()))\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout == "True\n", ran.stderr
