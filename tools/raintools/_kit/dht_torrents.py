"""The verbs of rain-dht that find peers: get-peers, announce."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from raincore.base.errors import NetworkError
from raincore.session import dht_queries
from raintools._kit import dht_options, dht_running, dht_swarms, dht_view, options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.endpoint import Endpoint
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["announce", "get_peers"]

GET_PEERS = """\b
Examples:
  rain-dht get-peers 0123…cdef | rain-fetch --metadata-only
  ls *.torrent | rain-dht get-peers | jq -c '{name, peers}'
"""
ANNOUNCE = """\b
Examples:
  rain-create ./photos | rain-dht announce --port 6881 --seed
"""
INPUTS = click.argument("arguments", metavar="[INPUT]...", nargs=-1)


@click.command("get-peers", cls=Command, epilog=GET_PEERS)
@INPUTS
@dht_options.dht()
@options.common("torrent")
def get_peers(arguments: tuple[str, ...], dht: Dht, common: Common) -> int:
    """Find the peers of torrents.

    Writes the document of each torrent with what was found in `peers`.
    """
    one = partial(_find, port=None, seed=False, live=dht_swarms.is_single(arguments))
    return dht_running.run(dht, common, partial(dht_swarms.each, arguments, one))


@click.command("announce", cls=Command, epilog=ANNOUNCE)
@INPUTS
@click.option(
    "--port",
    required=True,
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Where the peer that is announced accepts connections.",
)
@click.option("--seed", is_flag=True, help="Say that the peer has everything (BEP 33).")
@dht_options.dht(port_name="--udp-port")
@options.common("torrent")
def announce(arguments: tuple[str, ...], port: int, seed: bool, dht: Dht, common: Common) -> int:
    """Tell the DHT that a peer here shares torrents.

    Nodes forget it after half an hour. Writes the document of each torrent with the other
    peers that were found meanwhile in `peers`.
    """
    one = partial(_find, port=port, seed=seed, live=False)
    return dht_running.run(dht, common, partial(dht_swarms.each, arguments, one))


async def _find(
    asking: Asking, loaded: Loaded, *, port: int | None, seed: bool, live: bool
) -> None:
    """Find the peers of one torrent, and announce one if there is a port."""
    out, found = asking.common.out, dict.fromkeys(loaded.document.peers)
    known = len(found)

    def take(peers: Sequence[Endpoint]) -> None:
        fresh = [text for text in map(str, peers) if text not in found]
        found.update(dict.fromkeys(fresh))
        if live and out.human and fresh:
            out.text("\n".join(fresh))

    query = partial(
        dht_queries.find_peers,
        asking.client,
        on_peers=take,
        port=port,
        seed=seed,
        nodes=loaded.document.nodes,
    )
    heard = sum([await query(one) for one in dht_swarms.hashes(loaded)], dht_queries.NOBODY)
    fresh = list(found)[known:]
    if not asking.client.stopped:
        if port is not None and not heard.stored:
            raise NetworkError(dht_view.stored_nowhere("announced", heard))
        if port is None and not fresh:
            raise heard.nothing("nobody knows a peer")
    if fresh or heard.stored:
        document = replace(loaded.document, peers=list(found), last=None)
        human = partial(dht_view.peers, document, [] if live else fresh, len(fresh), heard, port)
        out.document(document, human)
