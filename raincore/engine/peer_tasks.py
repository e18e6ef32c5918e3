"""The glue between one peer link, its torrent's machine, and the piece buffers.

No task serves a peer: the hub calls the link, the link calls this, and this calls the
machine, all within one turn of the event loop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.net.peer_link import PeerLink
from raincore.swarm.events import BlocksSent, Heard, PeerKey, PeerLeft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.engine.torrent import Torrent
    from raincore.net.interface import Stream
    from raincore.net.outbox import Lease
    from raincore.policy.budget import Lent
    from raincore.swarm.given import Given
    from raincore.wire.peer_protocol import Incoming, Outgoing, PeerProtocol

__all__ = ["PeerConnection", "watched"]


def watched(given: Given, connections: Mapping[PeerKey, PeerConnection], lent: Lent) -> Given:
    """Let a machine know of its connections what only they know, and what it may take."""

    def is_held_back(key: int) -> bool:
        connection = connections.get(PeerKey(key))
        return connection is not None and connection.is_held_back

    def unfinished(key: int) -> int | None:
        connection = connections.get(PeerKey(key))
        return None if connection is None else connection.unfinished

    return replace(given, held_back=is_held_back, unfinished_message=unfinished, lent=lent)


class PeerConnection:
    """One connected peer of a running torrent; implements net.peer_link.LinkOwner."""

    __slots__ = ("_key", "_link", "_torrent")

    def __init__(
        self, torrent: Torrent, key: PeerKey, stream: Stream, protocol: PeerProtocol
    ) -> None:
        world, config = torrent.world, torrent.config
        self._torrent = torrent
        self._key = key
        self._link = PeerLink(
            stream,
            protocol,
            self,
            world.scratch,
            config.peers,
            config.uploads,
            *torrent.rates.limiters(stream.remote),
        )

    # --- what the torrent tells it -----------------------------------------------------

    @property
    def protocol(self) -> PeerProtocol:
        """The wire rules of this connection."""
        return self._link.protocol

    @property
    def is_held_back(self) -> bool:
        """Whether our own limit keeps us from hearing the peer."""
        return self._link.is_held_back

    @property
    def unfinished(self) -> int | None:
        """What has come so far, if a message has begun and is not whole; see PeerLink."""
        return self._link.unfinished

    def start(self) -> None:
        """Begin to listen."""
        self._link.start()

    def say(self, messages: Sequence[Outgoing]) -> None:
        """Send messages, now if the system takes them."""
        self._link.say(messages)
        self._torrent.flush_soon(self._link)

    def flush(self) -> None:
        """Go on sending: a run that was asked for has been read from disk."""
        self._link.flush()

    def close(self, reason: str) -> None:
        """Say what is still to be said, close, and tell the machine that the peer left."""
        if self._link.part():
            self.lost(reason)

    def abandon(self) -> None:
        """Close without telling anybody: the torrent itself is over."""
        self._link.close()

    # --- what the link tells it --------------------------------------------------------

    def place(self, piece: int, begin: int, length: int) -> memoryview | None:
        """Name the memory for an arriving block if the machine wants it."""
        torrent = self._torrent
        if not torrent.machine.place(self._key, piece, begin, length):
            return None
        return torrent.piece_io.place_now(piece, begin, length)

    def place_run(self, piece: int, begin: int, count: int) -> memoryview | None:
        """Name the memory for a run of arriving blocks if the machine wants all of them."""
        torrent = self._torrent
        if not torrent.machine.place_run(self._key, piece, begin, count):
            return None
        return torrent.piece_io.place_now(piece, begin, count * BLOCK_LENGTH)

    def heard(self, messages: tuple[Incoming, ...], blocks: int, length: int) -> None:
        """Hand one read's news to the machine."""
        self._torrent.piece_io.hash_placed()
        self._torrent.dispatch(Heard(self._key, messages, blocks, length))

    def lend(self, piece: int, begin: int, length: int) -> Lease | None:
        """Lend a run of a piece that we have; only verified pieces leave this process.

        Raises:
            LookupError: We do not have the piece, it may not have it, or it cannot be read.
        """
        if not self._torrent.machine.may_send(self._key, piece):
            raise LookupError(piece)
        return self._torrent.lending.lend(piece, begin, length, self)

    def sent(self, blocks: int, length: int) -> None:
        """Count what was handed to the system."""
        self._torrent.dispatch(BlocksSent(self._key, blocks, length))

    def lost(self, reason: str) -> None:
        """The connection is gone: forget it, then let the machine react."""
        self._torrent.forget(self._key)
        self._torrent.dispatch(PeerLeft(self._key, reason))
