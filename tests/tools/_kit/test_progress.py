"""Progress bars on stderr, for people only."""

import fcntl
import io
import os
import pty
import struct
import sys
import termios

import pytest

from raintools._kit.progress import Bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Install it from within the test: pytest sets its own stderr after the fixtures."""

    def install():
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return install


def test_a_terminal_shows_name_amount_and_note(terminal):
    stream = terminal()
    with Bar("photos", 2048) as bar:
        bar.show(1024, note="3 peers")
        bar._bar.refresh()
        shown = stream.getvalue()
    assert "photos" in shown
    assert "1.00k/2.00k" in shown
    assert "3 peers" in shown


def test_the_bar_goes_away_at_the_end(terminal):
    stream = terminal()
    with Bar("photos", 10) as bar:
        bar.show(10)
    bar.close()
    assert stream.getvalue().endswith("\r")


def test_names_from_strangers_are_made_printable_and_short(terminal):
    stream = terminal()
    with Bar("\x1b[2J" + "n" * 100, 10) as bar:
        bar.rename("\x1b]0;title\x07" + "m" * 100)
        bar.show(1, note="\x9b")
    shown = stream.getvalue()
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown
    assert "n" * 41 not in shown


def test_a_total_may_become_known_later(terminal):
    terminal()
    with Bar("photos", None) as bar:
        bar.show(5, total=10)
        assert bar._bar.total == 10


def test_what_is_done_may_become_less(terminal):
    terminal()
    with Bar("photos", 10) as bar:
        bar.show(5)
        bar.show(3)
        assert bar._bar.n == 3


@pytest.mark.parametrize("quiet", [True, False])
def test_no_terminal_or_quiet_shows_nothing(monkeypatch, quiet):
    stream = Terminal() if quiet else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Bar("photos", 10, quiet=quiet) as bar:
        bar.show(5, total=20, note="x")
        bar.rename("y")
    assert stream.getvalue() == ""


def test_no_stderr_at_all_shows_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    Bar("photos", 10).close()


@pytest.fixture
def screen(monkeypatch):
    """A real terminal; `resize(columns)`, and `lines(mark)`: what was drawn, up to the mark."""

    class Screen:
        def __init__(self):
            self.master, slave = pty.openpty()
            self.stream = io.TextIOWrapper(io.FileIO(slave, "w"), write_through=True)

        def resize(self, columns):
            fcntl.ioctl(self.stream, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

        def lines(self, mark):
            drawn = b""  # a terminal may hand on what it got in parts
            while mark.encode() not in drawn:
                drawn += os.read(self.master, 65536)
            return drawn.decode("utf-8", "replace").split("\r")

        def install(self):
            monkeypatch.setattr(sys, "stderr", self.stream)

    screen = Screen()
    yield screen
    screen.stream.close()
    os.close(screen.master)


@pytest.mark.parametrize("columns", [20, 36, 80])
def test_a_bar_fits_into_the_terminal_and_tells_the_share(screen, columns):
    screen.resize(columns)
    screen.install()
    with Bar("downloading " + "n" * 60, 1000, with_rate=False) as bar:
        bar.show(500, note="1 peer, 971.0 KiB/s down")
        bar._bar.refresh()
        drawn = screen.lines("50%")
    assert max(map(len, drawn)) <= columns - 4


def test_a_bar_follows_the_size_of_the_terminal(screen):
    screen.resize(80)
    screen.install()
    with Bar("photos", 1000, with_rate=False) as bar:
        bar.show(500, note="1 peer, 971.0 KiB/s down")
        bar._bar.refresh()
        assert len(screen.lines("KiB/s")[-1]) > 40
        screen.resize(30)
        bar.show(600)
        bar._bar.refresh()
        assert len(screen.lines("60%")[-1].rstrip()) <= 26  # blanks wipe out what was longer
