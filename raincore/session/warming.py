"""Libraries that a torrent needs soon, imported in a thread before it waits for them.

What asks trackers over HTTP takes 20 ms to import, the library behind RC4 nearly as long. Both
are needed at the same moment: when content is checked, trackers are asked and peers are
dialled. Imported then, by the event loop, they keep peers waiting that have answered already.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import trio

from raincore.base.config import Encryption
from raincore.wire import rc4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Warming"]

PATIENCE_SECONDS = 0.02
"""Who is done by then had everything, and needs nothing."""

HTTP_SCHEMES = ("http:", "https:")


def import_http() -> None:
    """Import what asks trackers over HTTP."""
    import_module("raincore.net.web_trackers")


class Warming:
    """What the torrents of one process need to have imported; each once.

    Args:
        encryption: How peers are dialled.
        patience: For how many seconds a torrent must have run before anything is done for it.
    """

    def __init__(self, encryption: Encryption, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._begun: set[Callable[[], object]] = set()
        self._always = [] if encryption is Encryption.OFF else [rc4.is_fast]

    def needed(self, trackers: Iterable[Sequence[str]]) -> list[Callable[[], object]]:
        """Say what a torrent with these tiers of trackers needs that nobody has seen to yet."""
        jobs: list[Callable[[], object]] = list(self._always)
        if any(url.lower().startswith(HTTP_SCHEMES) for tier in trackers for url in tier):
            jobs.append(import_http)
        jobs = [job for job in jobs if job not in self._begun]
        self._begun.update(jobs)
        return jobs

    async def do(self, jobs: Iterable[Callable[[], object]]) -> None:
        """Do what is needed, one after another.

        Waits for a thread. Cancelling lets the job that is under way come to its end, since
        a thread that is in the middle of an import is better not left alone.
        """
        await trio.sleep(self._patience)
        for job in jobs:
            await trio.to_thread.run_sync(job)
