"""One thread for each disk, so that a disk does one thing at a time and several disks work at once."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.storage.device_groups import Device

__all__ = ["DiskThreads"]

Queue = SimpleQueue["Callable[[], None] | None"]


class DiskThreads:
    """Threads that come into being with the first job for their disk. Used by one thread."""

    def __init__(self) -> None:
        self.stopping = False
        self._queues: dict[Device, Queue] = {}
        self._threads: list[threading.Thread] = []

    def submit(self, device: Device, job: Callable[[], None]) -> None:
        """Do `job`, which must not raise, when all earlier ones of this disk are done."""
        queue = self._queues.get(device)
        if queue is None:
            queue = self._queues[device] = SimpleQueue()
            thread = threading.Thread(target=self._serve, args=(queue,), name="disk")
            self._threads.append(thread)
            thread.start()
        queue.put(job)

    def is_stopping(self) -> bool:
        """Whether jobs should end early."""
        return self.stopping

    def close(self) -> None:
        """Begin no further job and wait for those that run; they see `is_stopping`."""
        self.stopping = True
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, queue: Queue) -> None:
        while (job := queue.get()) is not None and not self.stopping:
            job()
