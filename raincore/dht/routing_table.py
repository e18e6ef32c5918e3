"""Which nodes to remember: many that are close to us, a few of everywhere else (BEP 5).

One table per address family (BEP 32). Buckets are numbered by how many leading bits their
contacts share with our id; the last holds all that share more, and is split when it is
full. No two contacts have the same network, whatever ids they show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.addresses import network_of
from raincore.base.ids import NodeId
from raincore.dht import node_ids
from raincore.dht.bucket import Bucket
from raincore.dht.contact import BAD_AFTER, Contact

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from raincore.base.addresses import Network
    from raincore.formats.compact import Node

__all__ = ["RoutingTable"]

REFRESH_SECONDS = 15 * 60.0
MAX_BUCKETS = node_ids.BITS
MAX_UNPROVEN = 8
CHECKED_AT_ONCE = 8
DROP_AFTER = 5
"""Questions without an answer until a bad contact goes though nobody waits for its place."""


class RoutingTable:
    """The contacts of one node in one address family.

    Args:
        own_id: Ours; what is close to it is known best.
        bucket_sizes: How many contacts the first buckets hold; the last size is that of
            all others. BEP 5 has (8,); larger first buckets shorten lookups.
        now: Monotonic seconds.
    """

    def __init__(self, own_id: NodeId, *, bucket_sizes: Sequence[int] = (8,), now: float) -> None:
        self.own_id = own_id
        self._number = int.from_bytes(own_id, "big")
        self._sizes = tuple(bucket_sizes)
        self._buckets = [Bucket(self._sizes[0], now)]
        self._known: dict[NodeId, Contact] = {}
        self._networks: dict[Network, Contact] = {}
        self._doubted: dict[NodeId, Contact] = {}

    def __len__(self) -> int:
        return sum(len(bucket.contacts) for bucket in self._buckets)

    def __iter__(self) -> Iterator[Contact]:
        """The contacts, the farthest first; spares are left out."""
        for bucket in self._buckets:
            yield from bucket.contacts

    def good_count(self, now: float) -> int:
        """How many contacts are known to be there."""
        return sum(contact.is_good(now) for contact in self)

    # -- looking up --------------------------------------------------------------------

    def closest(self, target: bytes, count: int = 8) -> list[Contact]:
        """The contacts closest to `target` that are not bad, the closest first.

        All contacts that share more bits with the target come before all that share
        fewer, so few buckets need to be looked at.
        """
        number = int.from_bytes(target, "big")
        buckets = self._buckets
        last = len(buckets) - 1
        at = min(node_ids.BITS - (number ^ self._number).bit_length(), last)
        found = [contact for contact in buckets[at].contacts if contact.fails < BAD_AFTER]
        if len(found) < count:
            for bucket in buckets[at + 1 :]:
                found += [contact for contact in bucket.contacts if contact.fails < BAD_AFTER]
            while len(found) < count and at > 0:
                at -= 1
                found += [contact for contact in buckets[at].contacts if contact.fails < BAD_AFTER]
        found.sort(key=lambda contact: contact.number ^ number)
        return found[:count]

    def packed_closest(self, target: bytes) -> bytes:
        """The same as it goes over the wire."""
        return b"".join([contact.packed for contact in self.closest(target)])

    def saved(self) -> list[Node]:
        """The nodes worth knowing after a restart, those close to us last."""
        return [contact.node for contact in self if not contact.is_bad]

    # -- learning ----------------------------------------------------------------------

    def answered(self, node: Node, rtt: float, now: float) -> None:
        """Note that a node answered a question of ours; that proves its address.

        Args:
            node: Under the id that it answered with.
            rtt: Seconds from the question to the answer.
            now: Monotonic seconds.
        """
        contact = self._known.get(node.node_id)
        if contact is None or contact.node.endpoint != node.endpoint:
            contact = self._newcomer(node)
            if contact is None:
                return
            contact.on_answer(rtt, now)
            self._insert(contact, now)
            return
        contact.on_answer(rtt, now)
        bucket = self._bucket_of(contact)
        bucket.changed = now
        if contact in bucket.spares:
            bucket.spares.remove(contact)
            self._insert(contact, now)

    def asked_us(self, node: Node, now: float) -> None:
        """Note that a node asked us something; unknown ones are looked at if there is room."""
        contact = self._known.get(node.node_id)
        if contact is not None:
            if contact.node.endpoint == node.endpoint:
                contact.asked = now
            return
        holder = self._networks.get(network_of(node.endpoint))
        if holder is not None or node.node_id == self.own_id:
            if holder is not None and holder.node.endpoint == node.endpoint:
                self._doubted[holder.node.node_id] = holder  # it may have taken another id
            return
        at = min(node_ids.shared_bits(node.node_id, self.own_id), len(self._buckets) - 1)
        bucket = self._buckets[at]
        unproven = sum(not spare.is_confirmed for spare in bucket.spares)
        if unproven >= MAX_UNPROVEN or (at < len(self._buckets) - 1 and bucket.is_full):
            return
        contact = Contact(node)
        contact.asked = now
        self._remember(contact)
        self._forget(bucket.offer(contact))

    def failed(self, node: Node) -> None:
        """Note that a node did not answer; strangers do not matter."""
        contact = self._known.get(node.node_id)
        if contact is None or contact.node.endpoint != node.endpoint:
            return
        contact.fails += 1
        bucket = self._bucket_of(contact)
        if contact in bucket.spares:
            if contact.is_bad or not contact.is_confirmed:
                self._remove(contact)
        elif contact.is_bad and bucket.replace_bad(contact):
            self._forget(contact)
        elif contact.fails >= DROP_AFTER:
            self._remove(contact)

    def _newcomer(self, node: Node) -> Contact | None:
        """A contact for a node that answered, once its place is free."""
        if node.node_id == self.own_id:
            return None
        holders = [
            self._known.get(node.node_id),
            self._networks.get(network_of(node.endpoint)),
        ]
        in_the_way = [holder for holder in dict.fromkeys(holders) if holder is not None]
        for holder in in_the_way:
            renamed = holder.node.endpoint == node.endpoint
            if not renamed and holder.is_confirmed and not holder.is_bad:
                return None  # the first to prove itself keeps its id and its network
        for holder in in_the_way:
            self._remove(holder)
        return Contact(node)

    # -- upkeep ------------------------------------------------------------------------

    def to_check(self, idle_seconds: float, now: float) -> list[Contact]:
        """Whom to ask next whether they are there; they count as checked.

        A few that seem to have taken another id, or that are unproven and for which there is
        or can be room, and the contact that has been silent
        for the longest, if that is `idle_seconds` at least.
        """
        before = now - idle_seconds
        unproven = (
            spare
            for bucket in self._buckets
            if not bucket.is_full or bucket is self._buckets[-1]
            for spare in bucket.spares
            if not spare.is_confirmed and spare.checked < before
        )
        found = [*self._doubted.values(), *unproven][:CHECKED_AT_ONCE]
        self._doubted.clear()
        silent = min(self, key=lambda held: max(held.answered, held.checked), default=None)
        if silent is not None and max(silent.answered, silent.checked) < before:
            found.append(silent)
        for contact in found:
            contact.checked = now
        return found

    def to_refresh(self, rng: random.Random, now: float) -> NodeId | None:
        """A random id to look for, in the bucket that is most in need of it, or None.

        That is one that was not looked after for 15 minutes, and is not full or has not
        changed for as long (BEP 5); each is looked after once soon after it came to be.
        """
        at = min(range(len(self._buckets)), key=lambda at: self._buckets[at].refreshed)
        bucket = self._buckets[at]
        if bucket.refreshed > now - REFRESH_SECONDS:
            return None
        bucket.refreshed = now
        if bucket.is_full and bucket.changed > now - REFRESH_SECONDS:
            return None
        # The first `at` bits are ours and the next is not, but in the last bucket.
        is_last = bucket is self._buckets[-1]
        free = node_ids.BITS - at - (not is_last)
        head = (self._number >> free) ^ (not is_last)
        number = head << free | rng.getrandbits(free)
        return NodeId(number.to_bytes(NodeId.LENGTH, "big"))

    def rebuilt(self, own_id: NodeId, now: float) -> RoutingTable:
        """The table of the same contacts around another id of ours."""
        table = RoutingTable(own_id, bucket_sizes=self._sizes, now=now)
        for contact in sorted(self._known.values(), key=lambda held: held.rank):
            if contact.node.node_id != own_id:
                table._insert(contact, now)
        return table

    # -- buckets -----------------------------------------------------------------------

    def _bucket_of(self, contact: Contact) -> Bucket:
        shared = node_ids.BITS - (contact.number ^ self._number).bit_length()
        return self._buckets[min(shared, len(self._buckets) - 1)]

    def _insert(self, contact: Contact, now: float) -> None:
        bucket = self._bucket_of(contact)
        while bucket is self._buckets[-1] and bucket.is_full and len(self._buckets) < MAX_BUCKETS:
            self._split(now)
            bucket = self._bucket_of(contact)
        bucket.changed = now
        self._remember(contact)
        self._forget(bucket.offer(contact))

    def _split(self, now: float) -> None:
        """Make two of the last bucket; spares may find a place then."""
        old = self._buckets.pop()
        for _ in range(2):
            at = len(self._buckets)
            self._buckets.append(Bucket(self._sizes[min(at, len(self._sizes) - 1)], now))
        for contact in (*old.contacts, *old.spares):
            self._forget(self._bucket_of(contact).offer(contact))

    def _remember(self, contact: Contact) -> None:
        self._known[contact.node.node_id] = contact
        self._networks[network_of(contact.node.endpoint)] = contact

    def _forget(self, contact: Contact | None) -> None:
        if contact is not None:
            del self._known[contact.node.node_id]
            self._doubted.pop(contact.node.node_id, None)
            del self._networks[network_of(contact.node.endpoint)]

    def _remove(self, contact: Contact) -> None:
        self._bucket_of(contact).remove(contact)
        self._forget(contact)
