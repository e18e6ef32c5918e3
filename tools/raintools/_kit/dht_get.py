"""The verb "rain-dht get": what is stored for anybody (BEP 44)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from raincore.session import dht_queries
from raintools._kit import (
    dht_inputs,
    dht_item_inputs,
    dht_item_view,
    dht_options,
    dht_running,
    options,
)
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.dht.item import Item
    from raintools._kit.dht_inputs import Given
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common

__all__ = ["get"]

EXAMPLES = """\b
Examples:
  rain-dht get PUBLIC-KEY --salt news | jq -r .value
  rain-dht key show my.key | rain-dht get
  rain-dht get PUBLIC-KEY | rain-dht put --items
"""


@click.command("get", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[TARGET|KEY]...", nargs=-1)
@dht_options.SALT
@click.option("--all", "every", is_flag=True, help="Write older items too, as they are found.")
@dht_options.dht()
@options.common("item")
def get(arguments: tuple[str, ...], salt: str, every: bool, dht: Dht, common: Common) -> int:
    """Get what is stored for anybody (BEP 44).

    Items have a target of 40 hex digits, or belong to a public key of 64, and perhaps a salt.
    Writes the newest. Documents of items and of keys are taken on stdin.
    """

    async def one(asking: Asking, given: Given) -> None:
        target, its_salt = dht_item_inputs.target_of(given, salt)
        found: list[Item] = []

        def take(item: Item) -> None:
            found.append(item)
            if every:
                dht_item_view.show_item(common.out, item)

        heard = await dht_queries.get_item(asking.client, target, its_salt, take)
        if found and not every:
            came = given.document if given.document and "target" in given.document else None
            dht_item_view.show_item(common.out, found[-1], came)
        if not found and not asking.client.stopped:
            raise heard.nothing("nobody has the item")

    async def main(asking: Asking) -> None:
        given = dht_inputs.each(arguments, ["item", "key"], common)
        await asking.each(given, partial(one, asking), lambda item: item.origin)

    return dht_running.run(dht, common, main)
