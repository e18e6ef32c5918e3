"""Who finds waits until whoever uses what was found is done with it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raincore.base.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Turns"]

PATIENCE = 0.1
"""Seconds between looks at whether to stop."""


class Turns:
    """At most one turn is taken and not ended. One thread waits and takes, another ends."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    def wait(self, stop: Callable[[], bool]) -> None:
        """Wait until the last turn has ended.

        Args:
            stop: Asked several times a second.

        Raises:
            Incomplete: `stop` said yes.
        """
        while not self._free.is_set():
            if stop():
                raise Incomplete("stopped while the files of the last torrent were put into place")
            self._free.wait(PATIENCE)

    def take(self) -> None:
        """Begin a turn."""
        self._free.clear()

    @contextmanager
    def ending(self) -> Iterator[None]:
        """End the turn that was taken, if any, with the block."""
        try:
            yield
        finally:
            self._free.set()
