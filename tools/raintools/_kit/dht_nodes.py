"""The verbs of rain-dht about single nodes: ping, find-node."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.endpoint import canonical_address
from raincore.base.errors import NetworkError
from raincore.documents import dht as documents
from raincore.session import dht_queries
from raincore.wire.krpc_messages import Ping
from raintools._kit import dht_inputs, dht_options, dht_running, dht_view, options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raintools._kit.dht_inputs import Given
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common

__all__ = ["find_node", "ping"]

PING = """\b
Examples:
  rain-dht ping router.bittorrent.com:6881 192.0.2.1:6881
  rain-dht crawl | rain-dht ping
"""
FIND_NODE = """\b
Examples:
  rain-dht find-node 0123456789abcdef0123456789abcdef01234567
"""


@click.command("ping", cls=Command, epilog=PING)
@click.argument("arguments", metavar="[HOST:PORT]...", nargs=-1)
@dht_options.dht(timeout="How long a node may take.", seconds=6.0)
@options.common("node")
def ping(arguments: tuple[str, ...], dht: Dht, common: Common) -> int:
    """Ask nodes whether they are there.

    Writes how long they take to answer. Nobody else is asked. Node documents come back with what was found.
    """
    return dht_running.run(dht, common, partial(_each, arguments, _ping))


@click.command("find-node", cls=Command, epilog=FIND_NODE)
@click.argument("arguments", metavar="[ID]...", nargs=-1)
@dht_options.dht()
@options.common("node")
def find_node(arguments: tuple[str, ...], dht: Dht, common: Common) -> int:
    """Find the nodes closest to an ID of 40 hex digits.

    Writes the closest first, of each address family.
    """
    return dht_running.run(dht, common, partial(_each, arguments, _find_node))


async def _each(arguments: Sequence[str], one: Any, asking: Asking) -> None:
    items = dht_inputs.each(arguments, ["node"], asking.common)
    await asking.each(items, partial(one, asking), lambda given: given.origin)


async def _ping(asking: Asking, given: Given) -> None:
    """Ask one node; of a name, the first address that answers."""
    document = given.document or {}
    address = str(documents.address_of(document)) if document else canonical_address(given.text)
    failure: NetworkError | None = None
    for endpoint in await asking.client.resolve(address):
        try:
            event = await asking.client.ask(endpoint, Ping())
        except NetworkError as error:
            failure = error
        else:
            _show(asking.common, document | documents.node(event.node, event.rtt))
            return
    if failure is not None and not asking.client.stopped:
        raise failure


async def _find_node(asking: Asking, given: Given) -> None:
    target = dht_inputs.node_id(given.document["id"] if given.document else given.text)
    heard = await dht_queries.find_node(asking.client, target)
    for node, rtt in heard.closest:
        _show(asking.common, documents.node(node, rtt))
    if not heard.closest and not asking.client.stopped:
        raise heard.nothing("no node found")


def _show(common: Common, value: dict[str, Any]) -> None:
    dht_view.show(common.out, value, partial(dht_view.node, value))
