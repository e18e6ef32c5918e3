"""An HTTP tracker of the simulated internet, which can be silent, absent or overloaded."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import trio

import raincore.net.web_trackers  # noqa: F401  # else in a thread, for which no virtual clock waits
from raincore.base.endpoint import Endpoint
from raincore.formats import bencoding
from raincore.net.byte_stream import ByteStream

if TYPE_CHECKING:
    from tests.sim.links import SimStream
    from tests.sim.network import Host, SimListener

__all__ = ["Mood", "WebTracker"]

INTERVAL_SECONDS = 1800


class Mood(enum.Enum):
    """How a tracker is."""

    WELL = "answers"
    SILENT = "takes connections and says nothing"
    GONE = "refuses connections"
    BUSY = "says 503 and when to come back"


@dataclass(frozen=True, slots=True)
class Heard:
    """One announce that was answered well."""

    when: float
    info_hash: bytes
    event: str


class WebTracker:
    """Listens on port 80 of a host; knows nobody, and remembers who asked.

    Args:
        nursery: Where its conversations run.
    """

    def __init__(self, host: Host, nursery: trio.Nursery) -> None:
        self.heard: list[Heard] = []
        self.connections: list[float] = []
        """When each was made."""
        self.open = 0
        self.most_open = 0
        self._host = host
        self._nursery = nursery
        self._listener: SimListener | None = None
        self._mood = Mood.GONE

    def become(self, mood: Mood) -> None:
        self._mood = mood
        if mood is Mood.GONE and self._listener is not None:
            self._listener.close()
            self._listener = None
        if mood is not Mood.GONE and self._listener is None:
            self._listener = self._host.listen(Endpoint("0.0.0.0", 80), self._take)

    def per_minute(self) -> int:
        """The most connections that were made within one minute of the clock."""
        return max(Counter(when // 60 for when in self.connections).values(), default=0)

    def told(self, info_hash: bytes) -> list[str]:
        """What one torrent has said, regular announces left out."""
        return [one.event for one in self.heard if one.info_hash == info_hash and one.event]

    def _take(self, stream: SimStream) -> None:
        self.connections.append(trio.current_time())
        self._nursery.start_soon(self._serve, ByteStream(stream))

    async def _serve(self, stream: ByteStream) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._talk(stream)
        except trio.BrokenResourceError:
            pass
        finally:
            self.open -= 1
            with trio.CancelScope(shield=True):
                await stream.aclose()

    async def _talk(self, stream: ByteStream) -> None:
        asked = b""
        while True:
            while b"\r\n\r\n" not in asked:
                part = await stream.receive_some()
                if not part:
                    return
                asked += part
            head, _, asked = asked.partition(b"\r\n\r\n")
            if self._mood is Mood.SILENT:
                await stream.receive_some()
                return
            await stream.send_all(self._answer(head))
            if b"connection: close" in head.lower():
                return

    def _answer(self, head: bytes) -> bytes:
        if self._mood is Mood.BUSY:
            return b"HTTP/1.1 503 Busy\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n"
        query = head.split()[1].decode().partition("?")[2]
        fields = dict(pair.partition("=")[::2] for pair in query.split("&"))
        info_hash = unquote_to_bytes(fields["info_hash"])
        self.heard.append(Heard(trio.current_time(), info_hash, fields.get("event", "")))
        body = bencoding.encode(
            {"interval": INTERVAL_SECONDS, "peers": b"", "complete": 1, "incomplete": 0}
        )
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
