"""The environment that keeps what tests run on this machine, and apart from each other."""

import os

from raincore.base.config import Config, Sources

__all__ = ["GROUP_PORT", "LOOPBACK", "LOOPBACK_ONLY"]

LOOPBACK_ONLY = {"RAIN_NO_DHT": "1", "RAIN_NO_LSD": "1"}
"""A test that wants the DHT or local discovery sets its own, and says where to look."""

LOOPBACK = Config(sources=Sources(dht=False, lsd=False))
"""The same for sessions within a test."""

GROUP_PORT = 27_000 + os.getpid() % 4_000
"""Where tests speak to multicast groups: tests in other processes, which run beside us, hear all
that is said at one port of this machine, and cannot bind it when we do."""
