"""How many descriptors this process may have, and what they are for.

The limit is raised as far as the system lets us; what it gives is divided, so that peers
can never take the descriptors that files, trackers and the listener need.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError

if TYPE_CHECKING:
    from raincore.base.config import ProcessLimits

__all__ = ["OpenFiles", "divide", "prepare", "raise_limit"]

RESERVED = 64
"""For standard streams, event loop, database, listeners, DHT, trackers and web seeds."""

FEWEST = 48
"""With less than this nothing useful can be done."""


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """What the descriptors of a process are for.

    Args:
        limit: How many there may be.
        connections: How many of them peers may have.
        strangers: How many of them those may have who have not shaken hands yet.
        files: How many of them content may keep open.
    """

    limit: int
    connections: int
    strangers: int
    files: int

    def are_scarce(self) -> bool:
        """Whether so few are left that content, peers and trackers need all of them.

        The system gives out the lowest number that is free; it is near the limit when most
        are in use. Costs two system calls.
        """
        try:
            lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return True
        os.close(lowest)
        return lowest >= self.limit - min(RESERVED, self.limit // 4)


def prepare(limits: ProcessLimits) -> OpenFiles:
    """Raise the limit as far as is wanted and possible, and divide it.

    Raises:
        ConfigError: There are too few to do anything with.
    """
    return divide(raise_limit(limits.open_files), limits.max_connections)


def raise_limit(wanted: int) -> int:
    """Let this process have more descriptors; never fewer than it may have.

    Returns:
        How many it may have now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    goal = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if goal <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (goal, hard))
    except (OSError, ValueError):
        return soft  # the system has a lower ceiling than it says
    return goal


def divide(limit: int, max_connections: int) -> OpenFiles:
    """Say what so many descriptors are for: most for peers, a quarter for files.

    Raises:
        ConfigError: There are too few to do anything with.
    """
    if limit < FEWEST:
        message = f"too few open files are allowed (ulimit -n): {limit}; {FEWEST} are needed"
        raise ConfigError(message, "open_files")
    free = limit - min(RESERVED, limit // 2)
    files = min(free // 4, 1024)
    strangers = (free - files) // 5
    return OpenFiles(limit, min(max_connections, free - files - strangers), strangers, files)
