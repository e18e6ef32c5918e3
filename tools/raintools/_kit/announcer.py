"""Print the documents of torrents that are being served, and mark the last of them.

A server keeps its stdout open for as long as it serves, so its reader cannot tell from
the end of the stream that no document follows: the key `last` tells it. When that turns
out only after the last document was printed, that document is printed again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raintools._kit.output import Writer

__all__ = ["Announcer"]

END_OF_INPUT_SECONDS = 0.2
"""How long a document waits for its producer to end, to know whether it is the last."""


class Announcer:
    """Knows which inputs may still be announced, and whether more can come."""

    def __init__(self, out: Writer) -> None:
        self._out = out
        self._expected: dict[str, None] = {}
        self._exhausted = trio.Event()
        self._latest: TorrentDocument | None = None

    def expect(self, origin: str) -> None:
        """An input was read; `announce` or `over` will follow for it."""
        self._expected[origin] = None

    async def announce(self, origin: str, document: TorrentDocument) -> None:
        """Print what is being served from now on.

        Waits for an instant when the input may be about to end; cancelling prints nothing.
        """
        with trio.move_on_after(END_OF_INPUT_SECONDS):
            await self._exhausted.wait()
        self._expected.pop(origin, None)
        self._print(document)

    def over(self, origin: str) -> None:
        """An input has ended; harmless if it was announced."""
        if self._expected.pop(origin, self) is None:
            self._print_again()

    def exhausted(self) -> None:
        """No further input will come."""
        self._exhausted.set()
        self._print_again()

    @property
    def _is_last(self) -> bool:
        return self._exhausted.is_set() and not self._expected

    def _print_again(self) -> None:
        if self._is_last and self._latest is not None and not self._latest.last:
            self._print(self._latest)

    def _print(self, document: TorrentDocument) -> None:
        document = replace(document, last=True if self._is_last else None)
        if self._latest is not None and self._latest.info_hash == document.info_hash:
            human = None  # only programs care that it is the last
        else:
            addresses = ", ".join(document.peers)
            human = f"seeding {document.name}, reachable at {addresses} (Ctrl-C ends)"
        self._latest = document
        self._out.document(document, human)
