"""What rain-dht writes beside torrents, as JSON documents: nodes, samples, counts, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base.endpoint import Endpoint
from raincore.base.errors import DocumentError, FormatError
from raincore.documents import codec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.base.ids import InfoHash, NodeId
    from raincore.formats.compact import Node

__all__ = ["address_of", "event", "key", "node", "sample", "scrape"]

VERSION = 1


def node(found: Node, rtt: float | None = None) -> dict[str, Any]:
    """Turn a node of the DHT into a JSON value.

    Args:
        found: Its id and address.
        rtt: Seconds from a question to its answer; None if it was not asked by us.
    """
    value: dict[str, Any] = {"type": "node", "v": VERSION, **_node(found)}
    if rtt is not None:
        value["rtt_ms"] = round(1000 * rtt, 1)
    return value


def address_of(document: Mapping[str, Any]) -> Endpoint:
    """Read where the node of a document is, which its schema accepts.

    Raises:
        DocumentError: The address has the right shape but is none.
    """
    try:
        endpoint = Endpoint.parse(document["address"])
    except FormatError as error:
        raise DocumentError(str(error), "$.address") from error
    if not endpoint.port:
        raise DocumentError("port must be 1 to 65535", "$.address")
    return endpoint


def sample(
    found: Node, info_hashes: Sequence[InfoHash], total: int | None, seconds: int | None
) -> dict[str, Any]:
    """Turn what a node has peers of into a JSON value (BEP 51).

    Args:
        found: The node.
        info_hashes: Some of them.
        total: How many it has; None if it does not say.
        seconds: For how long it gives the same sample; None if it does not say.
    """
    value = {
        "type": "sample",
        "v": VERSION,
        **_node(found),
        "info_hashes": [info_hash.hex() for info_hash in info_hashes],
    }
    if total is not None:
        value["total"] = total
    if seconds is not None:
        value["interval"] = seconds
    return value


def scrape(
    info_hash: InfoHash, name: str | None, seeds: float, leechers: float, answered: int
) -> dict[str, Any]:
    """Turn an estimate of a swarm into a JSON value (BEP 33).

    Args:
        info_hash: Of the torrent.
        name: Of the torrent, as displayed; None if it is not known.
        seeds: About how many are complete.
        leechers: About how many are not, or do not say.
        answered: How many nodes were heard.
    """
    named = {} if name is None else {"name": name}
    counts = {"seeds": round(seeds), "peers": round(leechers), "answered": answered}
    return {"type": "scrape", "v": VERSION, "info_hash": info_hash.hex(), **named, **counts}


def key(public: bytes, path: str) -> dict[str, Any]:
    """Turn a public key, and the path of the file that holds its secret, into a JSON value."""
    return {"type": "key", "v": VERSION, "k": public.hex(), "path": path}


def event(
    what: str,
    time: float,
    *,
    address: Endpoint | None = None,
    node_id: NodeId | None = None,
    external: Endpoint | None = None,
    **counts: int,
) -> dict[str, Any]:
    """Turn what happened to a node of ours into a JSON value.

    Args:
        what: "listening", "joined", "id" (it has another one), "status" or "stopped".
        time: Seconds since 1970.
        address: Where its socket is bound.
        node_id: Its id.
        external: Its address as others see it.
        counts: Of nodes, torrents and so on, as the schema names them.
    """
    value: dict[str, Any] = {"type": "dht_node", "v": VERSION}
    value["time"] = codec.rfc3339(time, milliseconds=True)
    value["event"] = what
    if address is not None:
        value["address"] = str(address)
    if node_id is not None:
        value["id"] = node_id.hex()
    if external is not None:
        value["external"] = str(external)
    return value | counts


def _node(found: Node) -> dict[str, Any]:
    return {"id": found.node_id.hex(), "address": str(found.endpoint)}
