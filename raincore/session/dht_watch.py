"""A DHT node that takes part for its own sake, and tells what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from raincore.documents import dht as documents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.net.dht_line import DhtLine
    from raincore.session.dht_client import DhtClient

__all__ = ["watch"]

LOOK_SECONDS = 0.25
"""How long news may wait to be told."""


async def watch(
    client: DhtClient, interval_seconds: float, on_event: Callable[[dict[str, Any]], None]
) -> None:
    """Take part in the DHT until the timeout, or until `client.stop`.

    Args:
        client: Not asked anything yet.
        interval_seconds: From one "status" to the next.
        on_event: Is told JSON values of type "dht_node".
    """
    watched = [_Watched(line, client, on_event) for line in client.service.lines]
    for one in watched:
        one.tell("listening")
    client.join()
    with client.patience():
        due = trio.current_time() + interval_seconds
        while True:
            for one in watched:
                one.look()
            if trio.current_time() >= due:
                due += interval_seconds
                _tell_counts(watched, "status")
            await trio.sleep(min(LOOK_SECONDS, interval_seconds))
    _tell_counts(watched, "stopped")


def _tell_counts(watched: Sequence[_Watched], what: str) -> None:
    """Count in every family in which there is somebody, or else in the first."""
    for one in [one for one in watched if one.has_company] or watched[:1]:
        one.tell_counts(what)


class _Watched:
    """One node of ours, and what of it was told already."""

    def __init__(
        self, line: DhtLine, client: DhtClient, on_event: Callable[[dict[str, Any]], None]
    ) -> None:
        self._line = line
        self._client = client
        self._on_event = on_event
        self._joined = line.joined
        self._id = line.node.own_id

    def look(self) -> None:
        """Tell what is new."""
        joined, node_id = self._line.joined, self._line.node.own_id
        if node_id != self._id:
            self._id = node_id
            self.tell("id")
        if joined is not None and joined is not self._joined:
            self._joined = joined
            self.tell(
                "joined", nodes=joined.node_count, asked=joined.asked, answered=joined.answered
            )

    def tell(self, what: str, **counts: int) -> None:
        """Tell one event of this node."""
        node = self._line.node
        event = documents.event(
            what,
            self._client.calendar(),
            address=self._line.endpoint,
            node_id=node.own_id,
            external=node.external.known,
            **counts,
        )
        self._on_event(event)

    @property
    def has_company(self) -> bool:
        """Whether it knows other nodes."""
        return bool(len(self._line.node.table))

    def tell_counts(self, what: str) -> None:
        """Tell how many nodes are known and what is stored."""
        node = self._line.node
        torrents, items = node.stored
        self.tell(what, nodes=len(node.table), torrents=torrents, items=items)
