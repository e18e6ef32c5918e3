"""The questions that can be put to the whole DHT, one function each (BEP 5, 33, 44)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError, NetworkError, TimedOut
from raincore.dht.errands import FindNodes, FindPeers, GetItem, PutItem
from raincore.dht.events import ItemFound, PeersFound, ScrapeFound, StoreRefused
from raincore.dht.item import MAX_SALT, MAX_SEQ, MAX_VALUE, Item
from raincore.documents.items import Refusal
from raincore.net import ed25519
from raincore.wire.krpc_messages import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, NodeId
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, LookupEnded
    from raincore.formats.compact import Node
    from raincore.session.dht_client import DhtClient

__all__ = [
    "NOBODY",
    "Heard",
    "check_item",
    "find_node",
    "find_peers",
    "get_item",
    "next_seq",
    "put_item",
    "scrape",
]

REASONS: dict[int | None, str] = {
    ErrorCode.GENERIC: "it refuses",
    ErrorCode.SERVER: "it has no room",
    ErrorCode.PROTOCOL: "it finds the query or its token wrong",
    ErrorCode.UNKNOWN_METHOD: "it stores no items",
    ErrorCode.VALUE_TOO_BIG: "the value is too big for it",
    ErrorCode.BAD_SIGNATURE: "it finds the signature wrong",
    ErrorCode.SALT_TOO_BIG: "the salt is too big for it",
    ErrorCode.CAS_MISMATCH: "another sequence number is stored than the one to be replaced",
    ErrorCode.OLD_SEQUENCE_NUMBER: "a newer sequence number, or another value under this one, is stored",
}
"""What the numbers of errors mean (BEP 5, BEP 44), as the end of "it did not store: …"."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Who was asked, who answered, and for how long that took.

    Args:
        asked: Nodes; 0 if the time was over before it was known.
        answered: Those that answered.
        stored: Those that stored what was to be stored.
        seconds: From the first question to the end.
        closest: The closest nodes that answered, with the seconds that each took.
        refusals: Why others did not store.
    """

    asked: int
    answered: int
    stored: int
    seconds: float
    closest: Sequence[tuple[Node, float]] = ()
    refusals: Sequence[Refusal] = ()

    def __str__(self) -> str:
        if not self.asked:
            return f"the time was over after {self.seconds:.1f} s"
        return f"{self.answered} of {self.asked} nodes answered in {self.seconds:.1f} s"

    def __add__(self, other: Heard) -> Heard:
        """Both questions together, asked one after the other."""
        return Heard(
            self.asked + other.asked,
            self.answered + other.answered,
            self.stored + other.stored,
            self.seconds + other.seconds,
            (*self.closest, *other.closest),
            (*self.refusals, *other.refusals),
        )

    def nothing(self, what: str) -> NetworkError:
        """The error that nothing came of it."""
        kind = NetworkError if self.asked else TimedOut
        return kind(f"{what}: {self}")


NOBODY = Heard(0, 0, 0, 0.0)


async def _look_up(
    client: DhtClient,
    make_errand: Callable[[bool], Errand],
    on_event: Callable[[Event], None] = lambda event: None,
    nodes: Sequence[str] = (),
) -> Heard:
    refused: Counter[tuple[int | None, str]] = Counter()

    def take(event: Event) -> None:
        if isinstance(event, StoreRefused):
            refused[event.code, event.text] += 1
        on_event(event)

    began = trio.current_time()
    ends = await client.look_up(make_errand, take, nodes)
    return Heard(
        sum(end.asked for end in ends),
        sum(end.answered for end in ends),
        sum(end.stored for end in ends),
        trio.current_time() - began,
        _closest(ends, make_errand(False).target),
        _refusals(refused),
    )


def _closest(ends: Sequence[LookupEnded], target: bytes) -> list[tuple[Node, float]]:
    goal = int.from_bytes(target, "big")
    found = {node: rtt for end in ends for node, rtt in zip(end.closest, end.rtts, strict=True)}
    return sorted(found.items(), key=lambda item: goal ^ int.from_bytes(item[0].node_id, "big"))


def _refusals(refused: Counter[tuple[int | None, str]]) -> list[Refusal]:
    """Say the reasons that we know in our words: one reason, one line, whoever gave it."""
    found: Counter[tuple[str, int | None]] = Counter()
    for (code, text), count in refused.items():
        found[REASONS.get(code, text), code] += count
    return [Refusal(reason, count, code) for (reason, code), count in found.most_common()]


async def find_peers(
    client: DhtClient,
    info_hash: InfoHash,
    on_peers: Callable[[Sequence[Endpoint]], None],
    *,
    port: int | None = None,
    seed: bool = False,
    nodes: Sequence[str] = (),
) -> Heard:
    """Ask who shares a torrent, and perhaps say that we do (BEP 5).

    Args:
        client: Asks.
        info_hash: The torrent's. That it is not private is for the caller to know.
        on_peers: Is told of peers as they are found, of each once.
        port: Where to announce that we accept connections; None to announce nothing.
        seed: Whether to announce that we are complete (BEP 33).
        nodes: "host:port" of nodes that the torrent names.

    Raises:
        NetworkError: Nobody at all has answered.
    """
    known: set[Endpoint] = set()

    def take(event: Event) -> None:
        if isinstance(event, PeersFound):
            fresh = [peer for peer in event.peers if peer not in known]
            known.update(fresh)
            if fresh:
                on_peers(fresh)

    def errand(ipv6: bool) -> Errand:
        return FindPeers(info_hash, announce=port is not None, port=port, seed=seed)

    return await _look_up(client, errand, take, nodes)


async def scrape(
    client: DhtClient, info_hash: InfoHash, nodes: Sequence[str] = ()
) -> tuple[float, float, Heard]:
    """Estimate how many seeds and other peers a torrent has (BEP 33).

    Returns:
        Seeds, others, and who answered. Whoever is known under an address of each family
        counts twice. NaN if nobody answered in time.

    Raises:
        NetworkError: Nobody at all has answered.
    """
    found: list[ScrapeFound] = []

    def take(event: Event) -> None:
        if isinstance(event, ScrapeFound):
            found.append(event)

    heard = await _look_up(client, lambda ipv6: FindPeers(info_hash, scrape=True), take, nodes)
    if not heard.answered:
        return math.nan, math.nan, heard
    return sum(one.seeds for one in found), sum(one.leechers for one in found), heard


async def find_node(client: DhtClient, target: NodeId) -> Heard:
    """Ask for the nodes that are closest to an id; they are in `closest` (BEP 5).

    Raises:
        NetworkError: Nobody at all has answered.
    """
    return await _look_up(client, lambda ipv6: FindNodes(target))


async def get_item(
    client: DhtClient, target: NodeId, salt: bytes, on_item: Callable[[Item], None]
) -> Heard:
    """Ask for what is stored (BEP 44).

    Args:
        client: Asks.
        target: Where.
        salt: Under which it was signed; b"" for none.
        on_item: Is told of each item that is genuine and newer than those before.

    Raises:
        NetworkError: Nobody at all has answered.
    """
    newest: list[Item] = []

    def take(event: Event) -> None:
        if isinstance(event, ItemFound) and (not newest or event.item.seq > newest[-1].seq):
            newest.append(event.item)
            on_item(event.item)

    return await _look_up(client, lambda ipv6: GetItem(target, salt, ed25519.verify), take)


async def next_seq(client: DhtClient, public_key: bytes, salt: bytes) -> int:
    """One more than the highest sequence number that is stored under a key and salt, or 1.

    Raises:
        NetworkError: Nobody at all has answered.
    """
    seqs = [0]
    target = Item(b"", public_key, salt=salt).target
    await get_item(client, target, salt, lambda item: seqs.append(item.seq))
    return max(seqs) + 1


def check_item(item: Item) -> None:
    """Refuse before a packet is sent what no node would store.

    Raises:
        FormatError: It is too big, or has a wrong signature.
    """
    if len(item.value) > MAX_VALUE:
        raise FormatError(f"value is too big: {len(item.value)} bytes bencoded, {MAX_VALUE} may be")
    if len(item.salt) > MAX_SALT:
        raise FormatError(f"salt is too big: {len(item.salt)} bytes, {MAX_SALT} may be")
    if not 0 <= item.seq <= MAX_SEQ:
        raise FormatError(f"sequence number must be from 0 to {MAX_SEQ}: {item.seq}")
    if item.fault(ed25519.verify) is not None:
        raise FormatError("signature does not fit value, key, sequence number and salt")


async def put_item(client: DhtClient, item: Item, cas: int | None = None) -> Heard:
    """Store an item at the nodes that are closest to its target (BEP 44).

    Args:
        client: Asks.
        item: As `check_item` demands.
        cas: The sequence number that it is to replace; None if any.

    Raises:
        NetworkError: Nobody at all has answered; or another value is stored under the same
            sequence number, which some nodes keep though they say that they store.
    """
    check_item(item)
    rivals: list[Item] = []

    def take(event: Event) -> None:
        if isinstance(event, ItemFound) and event.item.seq == item.seq:
            rivals.append(event.item)

    heard = await _look_up(client, lambda ipv6: PutItem(item, cas, ed25519.verify), take)
    if heard.stored and any(rival.value != item.value for rival in rivals):
        raise NetworkError(
            f"another value is stored under sequence number {item.seq}: use a higher one"
        )
    return heard
