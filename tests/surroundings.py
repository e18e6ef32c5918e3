"""The environment that keeps what tests run on this machine."""

__all__ = ["LOOPBACK_ONLY"]

LOOPBACK_ONLY = {"RAIN_NO_DHT": "1", "RAIN_NO_LSD": "1"}
"""A test that wants the DHT or local discovery sets its own, and says where to look."""
