"""A stream some of whose bytes have been received already.

Whoever recognises a protocol by its first bytes has read them, and an encrypted handshake
may bring along the beginning of what follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from raincore.net.interface import OnReady, Stream

__all__ = ["PrimedStream"]


class PrimedStream:
    """Gives `first`, then what arrives; implements net.interface.Stream.

    Args:
        stream: Carries the bytes; closed with this one.
        first: Bytes that it has received before, in plain.
    """

    __slots__ = (
        "_due",
        "_first",
        "_on_readable",
        "_stream",
        "local",
        "remote",
        "send",
        "wait_writable",
    )

    def __init__(self, stream: Stream, first: bytes) -> None:
        self._stream = stream
        self._first = first
        self._on_readable: OnReady | None = None
        self._due = False
        self.local = stream.local
        self.remote = stream.remote
        self.send = stream.send
        self.wait_writable = stream.wait_writable

    @property
    def rest(self) -> Stream:
        """What to go on with: the bare stream once the first bytes were received."""
        return self if self._first else self._stream

    def receive_into(self, buffer: memoryview) -> int:
        """As net.interface.Stream.receive_into."""
        if not self._first:
            return self._stream.receive_into(buffer)
        count = min(len(buffer), len(self._first))
        buffer[:count] = self._first[:count]
        self._first = self._first[count:]
        return count

    async def wait_readable(self) -> None:
        """As net.interface.Stream.wait_readable."""
        if self._first:
            await trio.lowlevel.checkpoint()
        else:
            await self._stream.wait_readable()

    def watch(self, on_readable: OnReady | None, on_writable: OnReady | None) -> None:
        """As net.interface.Stream.watch: the first bytes count as arrived."""
        self._on_readable = on_readable
        self._stream.watch(on_readable, on_writable)
        self._call_soon()

    def close(self) -> None:
        """As net.interface.Stream.close."""
        self._first = b""
        self._on_readable = None
        self._stream.close()

    def _call_soon(self) -> None:
        if self._first and self._on_readable is not None and not self._due:
            self._due = True
            trio.lowlevel.current_trio_token().run_sync_soon(self._call_back)

    def _call_back(self) -> None:
        self._due = False
        if self._first and self._on_readable is not None:
            self._on_readable()
            self._call_soon()
