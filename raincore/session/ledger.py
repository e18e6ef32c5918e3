"""What is to be kept, written in groups: one transaction for all that has changed meanwhile.

Whoever needs to know that a change is durable waits for `flush`; others leave it to the
next group. A thousand torrents that are added side by side cost a few transactions.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.net.offload import Offload
    from raincore.storage.session_store import SessionStore

__all__ = ["Ledger"]

WORKER = "database"
"""A thread of its own: no content on its way to the disk is waited for."""
QUIET_SECONDS = 2.0
"""How long a change that nobody waits for may stay in memory."""
RETRY_SECONDS = 10.0
SNAPSHOT_SECONDS = 3600.0


class Ledger:
    """Rows of the database that have changed; belongs to one event loop.

    Args:
        store: Where they go.
        offload: Its worker "database" writes them.
        on_warning: Is told when they cannot be written, once until they can again.
        snapshot_seconds: Between two copies of the database; 0 for none.
    """

    def __init__(
        self,
        store: SessionStore,
        offload: Offload,
        on_warning: Callable[[str], None],
        snapshot_seconds: float = SNAPSHOT_SECONDS,
    ) -> None:
        self._snapshot_seconds = snapshot_seconds
        self._store = store
        self._offload = offload
        self._on_warning = on_warning
        self._lock = threading.Lock()  # `put` is called by workers too
        self._changes: dict[str, object] = {}
        self._turn = trio.Lock()
        self._failing = False
        self._changed_since_snapshot = True

    def put(self, key: str, value: object) -> None:
        """Keep a row, or forget it if `value` is None, with the next group. Any thread.

        A function is called for the value when the group is written, in its thread: of what
        changes five times before that, four values are never made.
        """
        with self._lock:
            self._changes[key] = value

    async def flush(self) -> None:
        """Wait until everything that was put before is durable.

        Raises:
            StorageError: It is not. What was put is tried again with the next group, unless
                `forget` takes it back.
        """
        async with self._turn:
            with self._lock:
                changes, self._changes = self._changes, {}
            if not changes:
                return
            try:
                await self._offload.run(WORKER, lambda: self._store.apply(made(changes)))
            except BaseException:  # cancelled, too: whether it was written is not known then
                with self._lock:
                    self._changes = {**changes, **self._changes}
                raise
            self._failing = False
            self._changed_since_snapshot = True

    def forget(self, id: str) -> None:
        """Take back all that was put of a torrent and is not written yet."""
        with self._lock:
            for key in [key for key in self._changes if key.split(":")[1:2] == [id]]:
                del self._changes[key]

    async def erase(self, id: str) -> None:
        """Delete all rows of a torrent, whatever is in them.

        Raises:
            StorageError: The database failed.
        """
        async with self._turn:
            await self._offload.run(WORKER, lambda: self._store.forget(id))

    async def run(self) -> None:
        """Write what nobody waits for, and copy the database now and then; until cancelled."""
        next_snapshot = trio.current_time() + QUIET_SECONDS
        if not self._snapshot_seconds:
            next_snapshot = math.inf
        pause = QUIET_SECONDS
        while True:
            await trio.sleep(pause)
            pause = QUIET_SECONDS
            try:
                await self.flush()
                if self._changed_since_snapshot and trio.current_time() >= next_snapshot:
                    next_snapshot = trio.current_time() + self._snapshot_seconds
                    self._changed_since_snapshot = False
                    await self._offload.run(WORKER, self._store.mark)
                    await self._offload.run("snapshot", self._store.take_snapshot)
            except StorageError as error:
                pause = RETRY_SECONDS
                self._tell(error)

    def _tell(self, error: StorageError) -> None:
        if not self._failing:
            self._failing = True
            self._on_warning(f"changes are not remembered, for now: {error}")


def made(changes: Mapping[str, object]) -> dict[str, object]:
    """The rows themselves, of values and of functions that make them."""
    return {key: value() if callable(value) else value for key, value in changes.items()}
