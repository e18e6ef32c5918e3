"""What rain-dht shows to people: a line or two for each thing that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base.printable import displayed, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from raincore.documents.documents import TorrentDocument
    from raincore.documents.items import Refusal
    from raincore.session.dht_queries import Heard
    from raintools._kit.output import Writer

__all__ = [
    "counted",
    "event",
    "node",
    "peers",
    "sample",
    "scrape",
    "show",
    "stored_nowhere",
]

COUNTS = ("nodes", "asked", "answered", "torrents", "items")


def show(out: Writer, value: dict[str, Any], human: Callable[[], str]) -> None:
    """Write a document as a line of JSON, or for people what `human` returns."""
    if out.human:
        out.text(human())
    else:
        out.value(value)


def peers(
    document: TorrentDocument, shown: Sequence[str], found: int, heard: Heard, port: int | None
) -> str:
    """Peers, one a line, and a line that sums up."""
    known = document.info_hash or document.info_hash_v2
    name = displayed(document.name) if document.name else known.hex() if known else ""
    told = f"port {port} announced at {counted(heard.stored, 'node')}, " if port is not None else ""
    return "\n".join([*shown, f"{name}: {told}{counted(found, 'peer')} found; {heard}"])


def scrape(value: Mapping[str, Any]) -> str:
    """About how many."""
    name = printable(value.get("name") or value["info_hash"])
    return (
        f"{name}: about {counted(value['seeds'], 'seed')} and {counted(value['peers'], 'other peer')}; "
        f"{counted(value['answered'], 'node')} answered"
    )


def node(value: Mapping[str, Any]) -> str:
    """An id, how long the node takes to answer, and where it is."""
    rtt = f"{value['rtt_ms']:8.1f} ms" if "rtt_ms" in value else " " * 11
    return f"{value['id']}  {rtt}  {value['address']}"


def sample(value: Mapping[str, Any]) -> str:
    """Info-hashes, one a line."""
    return "\n".join(value["info_hashes"])


def event(value: Mapping[str, Any]) -> str:
    """What happened to our node: when, what, where, and the numbers."""
    facts = [value["address"]] if "address" in value else []
    if value["event"] in ("listening", "id"):
        facts.append(f"id {value['id']}")
    if "external" in value:
        facts.append(f"seen as {value['external']}")
    facts += [f"{value[key]:,} {key}" for key in COUNTS if key in value]
    return f"{value['time']}  {value['event']:<9}  {', '.join(facts)}"


def counted(number: int, noun: str) -> str:
    """Say how many there are: "1 node", "1,200 nodes"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def stored_nowhere(what: str, heard: Heard) -> str:
    """Why nothing was stored, in one line."""
    reasons = "; ".join(map(_refusal, heard.refusals))
    return f"{what} nowhere: {reasons or 'no node gives leave to store'}; {heard}"


def _refusal(refusal: Refusal) -> str:
    nodes = counted(refusal.nodes, "node")
    if refusal.code is None:
        return f"{refusal.reason} from {nodes}"
    return f"{refusal.reason} ({refusal.code}), said by {nodes}"
