"""What a service manager is told: ready, reloading, stopping, and that we are alive.

The protocol of sd_notify(3): datagrams of text to the socket that NOTIFY_SOCKET names. Where
there is none, nothing is said.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress

__all__ = ["notify", "reloading", "watchdog_seconds"]


def notify(text: str) -> None:
    """Tell the service manager something, such as "READY=1"; failing that is no error."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if place[:1] not in ("/", "@"):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(text.encode(), "\0" + place[1:] if place.startswith("@") else place)


def reloading() -> None:
    """Tell that the configuration is being read again; READY=1 ends it."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_seconds() -> float | None:
    """How often the service manager wants to hear of us; None if it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    is_number = microseconds.isdecimal() and int(microseconds) > 0
    return int(microseconds) / 2_000_000 if is_number else None
