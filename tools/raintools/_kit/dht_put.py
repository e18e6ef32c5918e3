"""The verb "rain-dht put": store an item for anybody (BEP 44)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import NetworkError
from raincore.session import dht_queries
from raintools._kit import (
    dht_inputs,
    dht_item_inputs,
    dht_item_view,
    dht_keys,
    dht_options,
    dht_running,
    dht_view,
    options,
)
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.dht.item import Item
    from raintools._kit.dht_inputs import Given
    from raintools._kit.dht_options import Dht
    from raintools._kit.dht_running import Asking
    from raintools._kit.options import Common

__all__ = ["put"]

EXAMPLES = """\b
Examples:
  rain-dht put 'hello, world'
  rain-dht put --key my.key --salt news - < news.txt
  rain-dht put --key my.key --cas 7 'instead of number 7'
"""
NUMBER = click.IntRange(0, 2**63 - 1)


@click.command("put", cls=Command, epilog=EXAMPLES)
@click.argument("text", metavar="[TEXT]", required=False)
@click.option("--bencoded", is_flag=True, help="TEXT is a bencoded value, not a string.")
@click.option("--items", is_flag=True, help="Store the item documents of stdin again, as they are.")
@click.option(
    "--key", "key_file", metavar="FILE", help="Sign with this key: an item that can be changed."
)
@dht_options.SALT
@click.option(
    "--seq", type=NUMBER, metavar="N", help="Sequence number; default: one more than found."
)
@click.option("--cas", type=NUMBER, metavar="N", help="Replace only the item with this number.")
@dht_options.dht()
@options.common("item")
def put(
    text: str | None,
    bencoded: bool,
    items: bool,
    key_file: str | None,
    salt: str,
    seq: int | None,
    cas: int | None,
    dht: Dht,
    common: Common,
) -> int:
    """Store a value of at most 1000 bytes for anybody (BEP 44).

    Without TEXT, or for "-", stdin is read to its end. With a key the item can be changed
    later. Nodes forget an item after two hours.
    """
    if items:
        if text is not None or bencoded or key_file or salt or seq is not None:
            raise click.UsageError("with --items, the documents say what is stored")
        return dht_running.run(dht, common, partial(_put_again, cas=cas))
    if not key_file and (salt or seq is not None or cas is not None):
        raise click.UsageError("--salt, --seq and --cas need a --key")
    item = dht_item_inputs.item_of(text, salt, seq, bencoded=bencoded)
    key = dht_keys.load(key_file, common) if key_file else None
    dht_queries.check_item(key.sign(item) if key else item)

    async def main(asking: Asking) -> None:
        numbered = item
        if key and seq is None:
            numbered = replace(
                item, seq=await dht_queries.next_seq(asking.client, key.public, item.salt)
            )
        await _put(asking, key.sign(numbered) if key else numbered, cas)

    return dht_running.run(dht, common, main)


async def _put_again(asking: Asking, cas: int | None) -> None:
    async def one(given: Given) -> None:
        await _put(asking, dht_item_inputs.again(given), cas, given.document or {})

    given = dht_inputs.each((), ["item"], asking.common)
    await asking.each(given, one, lambda item: item.origin)


async def _put(
    asking: Asking, item: Item, cas: int | None, document: dict[str, Any] | None = None
) -> None:
    heard = await dht_queries.put_item(asking.client, item, cas)
    if heard.stored:
        dht_item_view.show_item(asking.common.out, item, document, heard)
    elif not asking.client.stopped:
        raise NetworkError(dht_view.stored_nowhere("stored", heard))
