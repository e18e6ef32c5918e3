"""Processes that a test starts, watches and ends, each by its own id and within a deadline."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.surroundings import LOOPBACK_ONLY

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["OWN_PORTS", "PATIENCE", "Process", "free_port", "listens", "until"]

PATIENCE = 60.0
"""Seconds that anything may take on a loaded machine before a test calls it broken."""

LEASH = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
"""Ends a child whose parent was killed; the pid stays that of the command itself."""

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
OWN_PORTS = range(10240 + WORKER * 5400, 10240 + (WORKER + 1) * 5400)
"""Ports that no test beside this one uses: processes that run tests side by side have a range
each, below that from which the kernel hands out its own. Programs that a test starts share its."""

POLL = 0.01
TAIL = 3000


class Process:
    """One child in a session of its own, reaped by a thread that notes when and how it ended.

    stderr goes to a log file beside its temporary home. stdout does too, unless `lines`
    asks for it: then a thread reads it line by line, so the child never waits for us.

    Args:
        home: Becomes HOME and the XDG directories of the child, and its working directory.
        environment: Added to a small fixed environment; nothing else is inherited but PATH.
        talks: The child reads from us: `tell`. Otherwise its stdin is empty.
        lines: Collect stdout in `self.lines`; each line also goes to `heard`, if given.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str,
        home: Path,
        environment: Mapping[str, str] | None = None,
        talks: bool = False,
        lines: bool = False,
        heard: Callable[[str], None] | None = None,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = home / f"{name}.log"
        self.lines: list[str] = []
        self.ended_at: float | None = None
        self.returncode: int | None = None
        self.usage: resource.struct_rusage | None = None
        self._heard = heard
        self._changed = threading.Condition()
        with self.log.open("ab") as log:
            self.started_at = time.monotonic()
            self.popen = subprocess.Popen(
                [*LEASH, *map(str, command)],
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if lines else log,
                stderr=log,
                cwd=home,
                env=surroundings(home) | dict(environment or {}),
                start_new_session=True,
            )
        self._threads = [threading.Thread(target=self._reap, daemon=True)]
        if lines:
            self._threads.append(threading.Thread(target=self._read, daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self.popen.pid

    def _reap(self) -> None:
        _, status, usage = os.wait4(self.pid, 0)
        now = time.monotonic()
        with self._changed:
            self.usage = usage
            self.returncode = self.popen.returncode = os.waitstatus_to_exitcode(status)
            self.ended_at = now
            self._changed.notify_all()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as stdout:
            for raw in stdout:
                line = raw.decode(errors="replace").rstrip("\n")
                if self._heard is not None:
                    self._heard(line)
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()

    def tell(self, line: str) -> None:
        """Write one line to the child's stdin."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(line.encode() + b"\n")
        self.popen.stdin.flush()

    def hang_up(self) -> None:
        """Close the child's stdin; some take that as the wish to end."""
        if self.popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.close()

    def signal(self, number: int) -> None:
        """Send a signal, unless the child has ended."""
        with self._changed, contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """The exit status (negative for a signal), once the child has ended."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.returncode is not None, seconds):
                raise AssertionError(f"still running after {seconds} s: {self.describe()}")
        for thread in self._threads:
            thread.join(PATIENCE)
        assert self.returncode is not None
        return self.returncode

    def line(self, seconds: float = PATIENCE, number: int = 0) -> str:
        """The `number`th line of stdout, once it is there."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self.lines) > number or self.returncode is not None, seconds
            )
        if self.returncode is not None:
            self.wait()
        if len(self.lines) <= number:
            raise AssertionError(f"no line {number + 1} on stdout: {self.describe()}")
        return self.lines[number]

    def close(self) -> None:
        """End the child, gently at first, and collect its threads."""
        self.hang_up()
        for number, seconds in ((signal.SIGTERM, 6.0), (signal.SIGKILL, PATIENCE)):
            self.signal(number)
            with self._changed:
                if self._changed.wait_for(lambda: self.returncode is not None, seconds):
                    break
        self.wait()

    @property
    def errors(self) -> str:
        """What the child has written to stderr."""
        return self.log.read_text(errors="replace")

    def describe(self) -> str:
        state = "running" if self.returncode is None else f"ended with {self.returncode}"
        return f"{self.name} (pid {self.pid}, {state}), log:\n{self.errors[-TAIL:]}"


class PeakMemory:
    """The most memory that a child has used at once, looked at while it runs, in KiB.

    What the system tells in the end is no less than what we used when we started it.
    """

    def __init__(self, process: Process) -> None:
        self.kib = 0
        self._process = process
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        status = Path(f"/proc/{self._process.pid}/status")
        while self._process.returncode is None:
            with contextlib.suppress(OSError):
                for line in status.read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self.kib = int(line.split()[1])
            time.sleep(0.02)


def surroundings(home: Path) -> dict[str, str]:
    """An environment that lets no client find the user's own settings or proxies."""
    return {
        **LOOPBACK_ONLY,
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def until(
    condition: Callable[[], Any], what: str, seconds: float = PATIENCE, poll: float = POLL
) -> Any:
    """The first true value of `condition`; an AssertionError that says `what` if none comes."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(poll)
    return value


def listens(port: int) -> bool:
    """Whether somebody accepts connections there, on loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `OWN_PORTS` that nobody uses now; the search begins elsewhere in each process.

    A port from the kernel's range could be taken by any outgoing connection before the
    client that we give it to listens on it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(1000):
        port = next(_ports)
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


_ports = (OWN_PORTS[n % len(OWN_PORTS)] for n in itertools.count(os.getpid() * 37))
