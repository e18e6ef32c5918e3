"""A local network made for one test: each client on a host of its own, we on another.

Every host is a network namespace whose device hangs on one bridge, so that multicast works as
on a real wire, and nothing leaves. Needs root and iproute2; whoever asks for it elsewhere is
skipped.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Self

from tests.interop.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.processes import Process

__all__ = ["Host", "Lan"]

CLONE_NEWNET = 0x40000000
NETWORK = "10.77.0"
OURS = f"{NETWORK}.254"
GROUPS = "224.0.0.0/4"


class Lan:
    """The network; while it is entered, the calling thread is on it, at 10.77.0.254."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._hosts: list[str] = []
        self._libc = ctypes.CDLL(None, use_errno=True)

    @staticmethod
    def missing() -> str:
        """Why there can be no such network here; empty if there can."""
        if os.geteuid() != 0:
            return "only root makes network namespaces"
        return "" if shutil.which("ip") else "not installed: iproute2"

    def __enter__(self) -> Self:
        self._home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        self._call("unshare", CLONE_NEWNET)
        ip("link set lo up")
        ip("link add br0 type bridge mcast_snooping 0")
        ip(f"address add {OURS}/24 dev br0")
        ip("link set br0 up")
        self.tracker = Tracker(OURS)
        self.tracker.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._place.close()
        self.tracker.__exit__()
        for name in self._hosts:
            ip(f"netns delete {name}")
        self._call("setns", self._home, 0)
        os.close(self._home)

    def host(self) -> Host:
        """One more host."""
        number = len(self._hosts) + 1
        name = f"rain{os.getpid()}h{number}"
        ip(f"netns add {name}")
        self._hosts.append(name)
        ip(f"link add v{number} type veth peer name eth0 netns {name}")
        ip(f"link set v{number} master br0 up")
        for command in (
            "link set lo up",
            f"address add {NETWORK}.{number}/24 dev eth0",
            "link set eth0 up",
            f"route add {GROUPS} dev eth0",
        ):
            ip(command, f"-n {name}")
        return Host(self._place, self.tracker, name, f"{NETWORK}.{number}")

    def _call(self, name: str, *arguments: int) -> None:
        if getattr(self._libc, name)(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")


class Host:
    """A place to start processes; stands in for tests.interop.client.Place."""

    def __init__(self, place: Place, tracker: Tracker, name: str, address: str) -> None:
        self.tracker = tracker
        self.address = address
        self._place = place
        self._name = name

    def home(self, name: str) -> Path:
        return self._place.home(name)

    def start(self, command: Sequence[str], name: str, home: Path, **how: Any) -> Process:
        here = ["ip", "netns", "exec", self._name, *command]
        return self._place.start(here, name, home, **how)


def ip(command: str, options: str = "") -> None:
    """Have iproute2 do something."""
    done = subprocess.run(
        ["ip", *options.split(), *command.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"ip {command}: {done.stderr}"
