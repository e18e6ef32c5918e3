"""The verbs of rain-dht that walk over all nodes: crawl, sample."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import NetworkError
from raincore.documents import dht as documents
from raincore.documents.documents import TorrentDocument
from raincore.session import dht_walks
from raintools._kit import dht_options, dht_running, dht_view, options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.ids import InfoHash
    from raincore.formats.compact import Node
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common

__all__ = ["crawl", "sample"]

CRAWL = """\b
Examples:
  rain-dht crawl --count 10000 --timeout 5m --rate 200 | jq -r .address
"""
SAMPLE = """\b
Examples:
  rain-dht sample --count 100 --torrents | rain-fetch --metadata-only
"""
WALK = "How long the walk may take."
RATE = click.option(
    "--rate",
    type=click.FloatRange(0.1, 10_000),
    default=100.0,
    metavar="N",
    help="Questions per second, at most; default: 100.",
)


def count(what: str, default: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --count."""
    text = f"End after so many {what}; default: {default}."
    return click.option(
        "--count", type=click.IntRange(1, 10_000_000), default=default, metavar="N", help=text
    )


@click.command("crawl", cls=Command, epilog=CRAWL)
@count("nodes", 1000)
@RATE
@dht_options.dht(timeout=WALK)
@options.common("node")
def crawl(count: int, rate: float, dht: Dht, common: Common) -> int:
    """Visit node after node, and write those that answer.

    Each is visited once, in random order.
    """

    async def main(asking: Asking) -> None:
        def take(node: Node, rtt: float) -> None:
            value = documents.node(node, rtt)
            dht_view.show(common.out, value, partial(dht_view.node, value))

        walk = await dht_walks.crawl(asking.client, count=count, rate=rate, on_node=take)
        if not walk.answered and not asking.client.stopped:
            raise NetworkError(f"no node found: {walk}")

    return dht_running.run(dht, common, main)


@click.command("sample", cls=Command, epilog=SAMPLE)
@count("info-hashes", 100)
@RATE
@click.option("--torrents", is_flag=True, help="Write a torrent document for each info-hash.")
@dht_options.dht(timeout=WALK)
@options.common("sample", "torrent")
def sample(count: int, rate: float, torrents: bool, dht: Dht, common: Common) -> int:
    """Find what torrents nodes have peers of (BEP 51).

    Asks node after node, in random order; writes what no node before has named.
    """
    out = common.out

    async def main(asking: Asking) -> None:
        def take(
            node: Node, hashes: Sequence[InfoHash], total: int | None, seconds: int | None
        ) -> None:
            if torrents and not out.human:
                for info_hash in hashes:
                    out.document(TorrentDocument(info_hash=info_hash))
                return
            value = documents.sample(node, hashes, total, seconds)
            dht_view.show(out, value, partial(dht_view.sample, value))

        walk = await dht_walks.sample(asking.client, count=count, rate=rate, on_sample=take)
        if not walk.found and not asking.client.stopped:
            raise NetworkError(f"no torrent found: {walk}")

    return dht_running.run(dht, common, main)
