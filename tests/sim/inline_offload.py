"""Work beside the event loop without threads, for simulated worlds."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import trio

from raincore.net.offload import Offload, _Chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.net.offload import Step

__all__ = ["InlineOffload"]


class InlineOffload(Offload):
    """As `Offload`, but a job runs when it is submitted.

    Under a virtual clock, waiting for a thread counts as idle and every timeout would
    fire at once. Results are reported by one task of the event loop, in the order of
    submission, at the present (virtual) time, and never before `submit` has returned.
    No hub is needed; a bug in `done` ends the whole run with trio.TrioInternalError.
    """

    def __init__(self) -> None:
        self._finished = deque()
        self._pending = 0
        self._flushing = False

    def submit_chain(self, steps: Sequence[Step], done: Callable[[Any], None]) -> None:
        """Run all steps now; report from the event loop."""
        chain = _Chain(steps, done)
        while chain.advance():
            pass
        self._finished.append(chain)
        self._pending += 1
        if not self._flushing:
            self._flushing = True
            trio.lowlevel.spawn_system_task(self._flush)

    def close(self) -> None:
        """Report what is still to be reported."""
        self._report()

    async def _flush(self) -> None:
        self._flushing = False
        self._report()
