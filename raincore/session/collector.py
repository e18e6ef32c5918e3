"""How often Python looks for garbage that only refers to itself, in a server of many torrents."""

from __future__ import annotations

import gc

__all__ = ["be_patient"]

THRESHOLDS = (20_000, 50, 100)
"""Objects more than before, until the youngest are looked through; times until the older."""


def be_patient() -> None:
    """Look for cycles seldom; for a program that runs a session, before it is opened.

    A torrent is some five hundred objects that all stay. By Python's own thresholds a
    thousand torrents that start are looked through again and again, a third of their start,
    and ten thousand four fifths. What is imported by now is never looked through again.

    This holds for the whole process: a library does not do it by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
