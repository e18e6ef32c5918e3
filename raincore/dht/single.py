"""One question to one node, for the owner to hear of or for nobody (BEP 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.dht.events import Refused, Replied, Silent
from raincore.formats.compact import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.dht.events import Event, Handle
    from raincore.dht.outstanding import Asked
    from raincore.wire.krpc_messages import Error, Reply

__all__ = ["Quiet", "Single"]


class Quiet:
    """Nobody wants to know: the routing table hears of all answers and silences anyway."""

    def on_reply(self, asked: Asked, reply: Reply, now: float) -> None:
        """Nothing more to do."""

    def on_refusal(self, asked: Asked, error: Error, now: float) -> None:
        """Nothing more to do."""

    def on_late(self, asked: Asked, now: float) -> None:
        """Nothing to do."""

    def on_silence(self, asked: Asked, now: float) -> None:
        """Nothing more to do."""


class Single(Quiet):
    """Exactly one of `Replied`, `Refused` and `Silent` is told.

    Args:
        handle: Names the question in the event.
        tell: Takes the event.
    """

    def __init__(self, handle: Handle, tell: Callable[[Event], None]) -> None:
        self._handle = handle
        self._tell = tell

    def on_reply(self, asked: Asked, reply: Reply, now: float) -> None:
        """Tell the answer."""
        node = Node(reply.node_id, asked.endpoint)
        self._tell(Replied(self._handle, node, reply, now - asked.sent))

    def on_refusal(self, asked: Asked, error: Error, now: float) -> None:
        """Tell why there is none."""
        self._tell(Refused(self._handle, asked.endpoint, error.code, error.text))

    def on_silence(self, asked: Asked, now: float) -> None:
        """Tell that there is none."""
        self._tell(Silent(self._handle, asked.endpoint))
