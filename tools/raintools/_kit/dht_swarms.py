"""The torrents that rain-dht is given, and by what hashes the DHT may hear of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError
from raincore.formats.magnet import Magnet
from raintools._kit import inputs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from raincore.base.ids import InfoHash
    from raintools._kit.dht_running import Asking
    from raintools._kit.sources import Loaded

__all__ = ["each", "hashes", "is_single"]


async def each(
    arguments: Sequence[str], one: Callable[[Asking, Loaded], Awaitable[None]], asking: Asking
) -> None:
    """Run `one` for every torrent that was given."""
    common, client = asking.common, asking.client

    def get(url: str) -> bytes:
        return trio.from_thread.run(client.download, url)  # inputs are read in a thread

    download = get if client.confined else None
    items = inputs.each(arguments, common.outcome, common.out, download=download)
    await asking.each(
        items,
        partial(one, asking),
        lambda loaded: loaded.origin,
        lambda loaded: loaded.document.last,
    )


def is_single(arguments: Sequence[str]) -> bool:
    """Whether one torrent is given, so that what is found needs no name beside it."""
    return len(arguments) == 1 and arguments[0] != "-"


def hashes(loaded: Loaded) -> list[InfoHash]:
    """What the DHT calls a torrent: of a hybrid one, both of its swarms (BEP 52).

    Raises:
        FormatError: It is private, so that nobody but its tracker may hear of it (BEP 27).
    """
    if loaded.document.private:
        raise FormatError("a private torrent, of which the DHT must not hear")
    torrent = loaded.torrent
    known = torrent if isinstance(torrent, Magnet) else torrent.info
    found = [] if known.info_hash is None else [known.info_hash]
    if known.info_hash_v2 is not None:
        found.append(known.info_hash_v2.truncated())
    return found
