"""The verb "rain-dht scrape": how many peers a torrent has, at a guess."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import click

from raincore.documents import dht as documents
from raincore.session import dht_queries
from raintools._kit import dht_options, dht_running, dht_swarms, dht_view, options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["scrape"]

EXAMPLES = """\b
Examples:
  ls *.torrent | rain-dht scrape | jq -r '[.seeds, .name] | @tsv'
"""


@click.command("scrape", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@dht_options.dht()
@options.common("scrape")
def scrape(arguments: tuple[str, ...], dht: Dht, common: Common) -> int:
    """Estimate how many peers torrents have (BEP 33)."""
    return dht_running.run(dht, common, partial(dht_swarms.each, arguments, _scrape))


async def _scrape(asking: Asking, loaded: Loaded) -> None:
    """Estimate the swarms of one torrent."""
    name, total = loaded.document.name, 0.0
    for info_hash in dht_swarms.hashes(loaded):
        nodes = loaded.document.nodes
        seeds, leechers, heard = await dht_queries.scrape(asking.client, info_hash, nodes)
        if asking.client.stopped:
            return
        if math.isnan(seeds):
            raise heard.nothing("nothing is known yet")
        total += seeds + leechers
        value = documents.scrape(info_hash, name, seeds, leechers, heard.answered)
        dht_view.show(asking.common.out, value, partial(dht_view.scrape, value))
    if not round(total):
        raise heard.nothing("nobody knows a peer")
