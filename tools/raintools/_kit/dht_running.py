"""Runs a verb of rain-dht: a client of the DHT that ends with signals and with its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import trio

from raincore.session.dht_opening import open_dht_client
from raintools._kit import runtime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from raincore.session.dht_client import DhtClient
    from raintools._kit.dht_options import Dht
    from raintools._kit.options import Common

__all__ = ["Asking", "run"]

STDOUT = 1
AT_ONCE = 16
"""Inputs whose questions are under way; further ones wait unread."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a verb works with.

    Args:
        client: Asks.
        common: The common options.
        stop: Is set when the user or the reader of our output wants us to end.
    """

    client: DhtClient
    common: Common
    stop: trio.Event

    async def each(
        self,
        items: Iterator[Item],
        one: Callable[[Item], Awaitable[None]],
        origin: Callable[[Item], str],
        is_last: Callable[[Item], bool | None] = lambda item: False,
    ) -> None:
        """Run `one` for every input as it arrives; a failure is reported and stops no other.

        Args:
            items: Inputs; may block.
            one: What to do with each.
            origin: What to call one in messages.
            is_last: Whether no further one will come, though the input stays open.
        """
        limiter = trio.CapacityLimiter(AT_ONCE)

        async def guarded(item: Item) -> None:
            async with limiter:
                with self.common.outcome.guard(origin(item)):
                    await one(item)

        async with trio.open_nursery() as nursery, trio.open_nursery() as reading:

            async def stop_reading() -> None:
                await self.stop.wait()
                reading.cancel_scope.cancel()

            reading.start_soon(stop_reading)
            item: Item | None = None
            while item is None or not is_last(item):
                async with limiter:  # nothing is read ahead of what can be asked
                    pass
                item = await trio.to_thread.run_sync(next, items, None, abandon_on_cancel=True)
                if item is None:
                    break
                nursery.start_soon(guarded, item)
                await trio.lowlevel.checkpoint()
            reading.cancel_scope.cancel()


def run(dht: Dht, common: Common, main: Callable[[Asking], Awaitable[None]]) -> int:
    """Run the main function of a verb to its end; return the exit code."""
    runtime.log_to_stderr(common.outcome.command, common.verbose, quiet=common.quiet)
    config = dht.config

    async def body(stop: trio.Event) -> int:
        opened = open_dht_client(
            config,
            port=dht.udp_port,
            timeout_seconds=dht.timeout_seconds,
            on_warning=common.warn,
        )
        async with opened as client, trio.open_nursery() as nursery:

            async def stop_client() -> None:
                await stop.wait()
                client.stop()

            nursery.start_soon(stop_client)
            client.call_when_closed(STDOUT, stop.set)
            await main(Asking(client, common, stop))
            nursery.cancel_scope.cancel()
        return common.outcome.code

    return runtime.run(body)
