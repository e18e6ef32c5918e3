"""Two peer protocols back to back, and every way in which bytes can arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raincore.base.config import PeerLimits
from raincore.base.errors import RemoteProtocolError
from raincore.base.geometry import Geometry
from raincore.wire.messages import Block
from raincore.wire.peer_protocol import PeerProtocol
from raincore.wire.receive_buffer import ReceiveBuffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.wire.peer_protocol import Incoming, Outgoing

GEOMETRY = Geometry(piece_length=32768, file_lengths=(3 * 32768, 5))
"""Four pieces; the last has five bytes."""

VECTORS = Path(__file__).parent.parent / "vectors"


def vectors(bep: int, kind: str) -> list[dict[str, Any]]:
    """The cases of one kind from a vector file."""
    found: list[dict[str, Any]] = json.loads((VECTORS / f"bep_{bep:04d}.json").read_text())[kind]
    return found


def snapshot(message: Incoming) -> Incoming:
    """The message with its bytes copied out of the buffer that will be used again."""
    if isinstance(message, Block):
        return Block(message.piece, message.begin, bytes(message.data))
    return message


@dataclass(frozen=True)
class Heard:
    """What arrived: messages with their types (tuples compare by content alone), or why not."""

    messages: list[tuple[str, Incoming]]
    error: str = ""


def peer(
    *, geometry: Geometry | None = GEOMETRY, fast: bool = True, extended: bool = True
) -> PeerProtocol:
    return PeerProtocol(fast=fast, extended=extended, limits=PeerLimits(), geometry=geometry)


def hear(protocol: PeerProtocol, wire: bytes) -> list[Incoming]:
    """Let all bytes arrive at once; they must be whole messages."""
    consumed, messages = protocol.receive(memoryview(wire), len(wire))
    assert consumed == len(wire)
    return [snapshot(message) for message in messages]


def hear_in_reads(protocol: PeerProtocol, wire: bytes, size: int) -> Heard:
    """Let bytes arrive in reads of at most `size` bytes, through a ReceiveBuffer."""
    buffer = ReceiveBuffer(PeerLimits().max_message_length)
    scratch = memoryview(bytearray(64))
    heard: list[tuple[str, Incoming]] = []
    while wire:
        room = buffer.start(scratch)
        count = min(size, len(room), len(wire))
        room[:count] = wire[:count]
        wire = wire[count:]
        view, end = buffer.arrived(count)
        try:
            consumed, messages = protocol.receive(view, end)
        except RemoteProtocolError as error:
            return Heard(heard, str(error))
        heard += [(type(message).__name__, snapshot(message)) for message in messages]
        buffer.finish(consumed)
        scratch[:] = b"\xff" * len(scratch)  # lent to another connection
    return Heard(heard)


def hear_every_way(make: Callable[[], PeerProtocol], wire: bytes) -> Heard:
    """Replay a script byte by byte, in odd reads, whole, and with trailing data; compare.

    An offence shows in each of them with the same words, only the messages before it may
    be lost when they arrived in the same read.
    """
    slow = hear_in_reads(make(), wire, 1)
    for size, trailing in ((7, b""), (10**9, b""), (10**9, b"\0\0\0"), (10**9, b"\0\0\0\5\4\0\0")):
        other = hear_in_reads(make(), wire + trailing, size)
        assert other.error == slow.error
        if not slow.error:
            assert other == slow
    return slow


class Pair:
    """Two ends of one connection; what one says, the other hears at once."""

    def __init__(
        self, *, geometry: Geometry | None = GEOMETRY, fast: bool = True, extended: bool = True
    ) -> None:
        self.we = peer(geometry=geometry, fast=fast, extended=extended)
        self.they = peer(geometry=geometry, fast=fast, extended=extended)

    def we_say(self, *messages: Outgoing) -> list[Incoming]:
        """Send from us to them; return what they heard."""
        return hear(self.they, self.we.send_all(messages))

    def they_say(self, *messages: Outgoing) -> list[Incoming]:
        """Send from them to us; return what we heard."""
        return hear(self.we, self.they.send_all(messages))
