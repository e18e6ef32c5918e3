"""Threads that hash one batch after another while the caller reads the next."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from raincore.storage import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    Job = Callable[[], None]

__all__ = ["Pool"]


class Pool:
    """Runs batches of independent jobs on all cores, one batch at a time.

    Use it in a `with` statement, or close it. The threads start with the first batch.

    Args:
        jobs: Threads; None for one a core.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.count = jobs or workers.core_count()
        self.threads: list[threading.Thread] = []
        self.waiting: SimpleQueue[Job | None] = SimpleQueue()
        self.done: SimpleQueue[BaseException | None] = SimpleQueue()
        self.running = 0

    def start(self, batch: Sequence[Job]) -> None:
        """Begin a batch and return at once; the one before must have been waited for.

        Args:
            batch: Independent of each other; each is called once, in any thread.
        """
        while len(self.threads) < min(self.count, len(batch)):
            thread = threading.Thread(target=self.work, name="stream", daemon=True)
            thread.start()
            self.threads.append(thread)
        self.running += len(batch)
        for job in batch:
            self.waiting.put(job)

    def wait(self) -> None:
        """Wait for the end of the batch; nothing to wait for is no error.

        Raises:
            Exception: What a job raised; the others have ended, too.
        """
        failed = None
        while self.running:
            failed = self.done.get() or failed
            self.running -= 1
        if failed is not None:
            raise failed

    def work(self) -> None:
        """One thread: do what comes until told to end."""
        while (job := self.waiting.get()) is not None:
            try:
                job()
            except BaseException as error:
                self.done.put(error)
            else:
                self.done.put(None)

    def close(self) -> None:
        """End the threads; what has begun is done first."""
        for _ in self.threads:
            self.waiting.put(None)
        for thread in self.threads:
            thread.join()
        self.threads = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
