"""Which disk a path is on, and how many readers that disk likes.

A disk that spins is read by one reader: two would make its heads run to and fro. All
others serve as many as there are cores. What cannot be found out counts as not spinning.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Device", "device_of", "is_rotational"]

SYS = Path("/sys/dev/block")
MAX_DEPTH = 8

Device = int
"""What `os.stat` calls `st_dev`."""


def device_of(path: str) -> Device:
    """The device that holds a path, or would: of the nearest directory above that exists."""
    path = os.path.abspath(path)
    while True:
        try:
            return os.stat(path).st_dev
        except (OSError, ValueError):
            above = os.path.dirname(path)
            if above == path:
                return 0
            path = above


def is_rotational(device: Device, sys: Path = SYS) -> bool:
    """Whether a device spins; a device made of others does if one of them does."""
    return _spins(sys / f"{os.major(device)}:{os.minor(device)}", MAX_DEPTH)


def _spins(place: Path, depth: int) -> bool:
    if depth == 0:
        return False
    try:
        place = place.resolve(strict=True)
        # RAID, encryption and volumes name what they are made of.
        slaves = sorted((place / "slaves").iterdir()) if (place / "slaves").is_dir() else []
        if slaves:
            return any(_spins(slave, depth - 1) for slave in slaves)
        if (place / "partition").exists():
            return _spins(place.parent, depth - 1)
        return (place / "queue" / "rotational").read_text().strip() == "1"
    except (OSError, ValueError, RuntimeError):
        return False
