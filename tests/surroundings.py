"""The environment that keeps what tests run on this machine."""

from raincore.base.config import Config, Sources

__all__ = ["LOOPBACK", "LOOPBACK_ONLY"]

LOOPBACK_ONLY = {"RAIN_NO_DHT": "1", "RAIN_NO_LSD": "1"}
"""A test that wants the DHT or local discovery sets its own, and says where to look."""

LOOPBACK = Config(sources=Sources(dht=False, lsd=False))
"""The same for sessions within a test."""
