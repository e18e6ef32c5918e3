"""Immutable and mutable items that others put with us (BEP 44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.dht import node_ids
from raincore.wire.krpc_messages import ErrorCode

if TYPE_CHECKING:
    from raincore.base.ids import NodeId
    from raincore.dht.item import Item, Verify

__all__ = ["ITEM_SECONDS", "ItemStore"]

ITEM_SECONDS = 2 * 3600.0
"""How long an item lasts that nobody puts again."""


class ItemStore:
    """Items by target, a bounded number of them.

    When it is full, a new item must be closer to us than the farthest, which then goes.

    Args:
        verify: Checks signatures.
        max_items: How many items are kept, of MAX_VALUE bytes at most.
    """

    def __init__(self, verify: Verify, *, max_items: int = 700) -> None:
        self._verify = verify
        self._max_items = max_items
        self._items: dict[NodeId, Item] = {}
        self._expiry: dict[NodeId, float] = {}

    def __len__(self) -> int:
        return len(self._items)

    def get(self, target: NodeId) -> Item | None:
        """The item that is stored under `target`."""
        return self._items.get(target)

    def put(self, item: Item, cas: int | None, own_id: NodeId, now: float) -> ErrorCode | None:
        """Store an item, or renew it, and say why not if not.

        Args:
            item: From a stranger who has shown a token.
            cas: The sequence number that the writer believes to replace; None for any.
            own_id: Ours.
            now: Monotonic seconds.

        Returns:
            None if it is stored. A lower sequence number than the stored one is refused,
            and so is another value under the same number (BEP 44, "put message").
        """
        target = item.target
        held = self._items.get(target)
        fault = item.fault(self._verify)
        if fault is not None:
            return fault
        if held is not None and item.key is not None:
            if cas is not None and cas != held.seq:
                return ErrorCode.CAS_MISMATCH
            if item.seq < held.seq or (item.seq == held.seq and item.value != held.value):
                return ErrorCode.OLD_SEQUENCE_NUMBER
        if held is None and not self._make_room(target, own_id, now):
            return ErrorCode.SERVER
        self._items[target] = item
        self._expiry[target] = now + ITEM_SECONDS
        return None

    def expire(self, now: float) -> None:
        """Forget what nobody has put again for two hours."""
        for target in [target for target, due in self._expiry.items() if due <= now]:
            del self._items[target], self._expiry[target]

    def _make_room(self, target: NodeId, own_id: NodeId, now: float) -> bool:
        if len(self._items) < self._max_items:
            return True
        self.expire(now)
        if len(self._items) < self._max_items:
            return True
        farthest = min(self._items, key=lambda held: node_ids.shared_bits(held, own_id))
        if node_ids.shared_bits(target, own_id) <= node_ids.shared_bits(farthest, own_id):
            return False
        del self._items[farthest], self._expiry[farthest]
        return True
