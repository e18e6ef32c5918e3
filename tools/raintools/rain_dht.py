"""rain-dht: ask the distributed hash table anything, and take part in it."""

from __future__ import annotations

import click

from raintools._kit import (
    dht_get,
    dht_keys,
    dht_node,
    dht_nodes,
    dht_put,
    dht_scrape,
    dht_torrents,
    dht_walking,
    options,
)
from raintools._kit.verbs import Verbs

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-dht get-peers 0123…cdef | rain-fetch --metadata-only
  rain-create ./photos | rain-dht announce --port 6881
  rain-dht ping router.bittorrent.com:6881
  rain-dht key new my.key && rain-dht put --key my.key 'version 1'
  rain-dht get PUBLIC-KEY | jq -r .value
  rain-dht sample --count 100 --torrents | rain-fetch --metadata-only
  rain-dht crawl --count 10000 --timeout 5m | jq -r .address
"""
TYPES = ("torrent", "node", "item", "sample", "scrape", "key", "dht_node")
VERBS = (
    *(dht_torrents.get_peers, dht_torrents.announce, dht_scrape.scrape),
    *(dht_nodes.ping, dht_nodes.find_node, dht_get.get, dht_put.put, dht_keys.key),
    *(dht_walking.sample, dht_walking.crawl, dht_node.node),
)


@click.group("rain-dht", cls=Verbs, epilog=EXAMPLES)
def group() -> None:
    """Ask the DHT: who shares a torrent, which nodes there are, what is stored.

    Every verb has its own --help; its options may stand before it, too. Documents on stdin
    come out enriched.
    """


main = options.stacked(group, *options.about(*TYPES))
for verb in VERBS:
    group.add_command(verb)


if __name__ == "__main__":
    main()
