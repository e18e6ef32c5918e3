"""The verb "rain-dht node": take part in the DHT and tell what happens."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.session import dht_watch
from raintools._kit import dht_options, dht_running, dht_view, options, params
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common

__all__ = ["node"]

EXAMPLES = """\b
Examples:
  rain-dht node --port 6881 | jq -c 'select(.event == \"status\")'
"""


@click.command("node", cls=Command, epilog=EXAMPLES)
@click.option(
    "--interval",
    "interval_seconds",
    type=params.Duration(),
    default=10.0,
    help="Time from one count to the next; default: 10s.",
)
@dht_options.dht(
    port="UDP port; 0: any free one.",
    timeout="End after this long.",
    seconds=math.inf,
    read_only=False,
)
@options.common("dht_node")
def node(interval_seconds: float, dht: Dht, common: Common) -> int:
    """Take part in the DHT, and write what happens.

    Writes where the node listens, when it has joined, its id when that changes, and counts.
    """

    async def main(asking: Asking) -> None:
        def take(event: dict[str, Any]) -> None:
            dht_view.show(common.out, event, partial(dht_view.event, event))

        await dht_watch.watch(asking.client, max(interval_seconds, 0.1), take)

    return dht_running.run(dht, common, main)
