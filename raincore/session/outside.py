"""The network that a session gets: bound where its settings say, and guarded by blocklists."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ConfigError, FormatError
from raincore.base.printable import printable
from raincore.base.server_config import BlocklistRules
from raincore.formats import blocklist_text, proxy_url
from raincore.formats.blocklist import Blocklist
from raincore.net import binding
from raincore.net.guarded_network import GuardedNetwork
from raincore.net.proxied_network import ProxiedNetwork
from raincore.net.trio_network import TrioNetwork
from raincore.session.current_blocklist import CurrentBlocklist

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from raincore.base.config import SocketRules
    from raincore.base.endpoint import Endpoint
    from raincore.net.binding import Binding
    from raincore.net.hub import Hub
    from raincore.net.interface import Network

__all__ = ["Outside", "open_outside"]

READ_LENGTH = 256 * 1024


@dataclass(frozen=True, slots=True)
class Outside:
    """What there is of the outside for one process.

    Args:
        network: Makes all of its sockets but those below.
        binding: Where they are bound to.
        blocklist: Whom they stay away from; empty if nobody.
        peers: The network of peers, for whom the list may not hold.
        trackers: That of trackers, likewise.
        blocks: Says which peers are not to be dialled.
        proxied: What speaks to the proxy; None without one.
    """

    network: Network
    binding: Binding
    blocklist: CurrentBlocklist
    peers: Network
    trackers: Network
    blocks: Callable[[Endpoint], bool]
    proxied: ProxiedNetwork | None = None

    @property
    def confined(self) -> bool:
        """Whether sockets are bound, proxied or kept from addresses: then all must be ours."""
        return bool(self.binding or self.proxied or len(self.blocklist))

    @property
    def tasks(self) -> list[Callable[[], Awaitable[None]]]:
        """What must run as long as the network is used."""
        return [] if self.proxied is None else [self.proxied.run]

    def hosts(self) -> list[str]:
        """Addresses where others can connect to us, loopback first."""
        if self.proxied is not None:
            return ["127.0.0.1", "::1"]
        return self.binding.hosts()

    def outage(self) -> str:
        """What keeps all sockets from speaking, now; "" while nothing does."""
        try:
            self.binding.check()
        except ConfigError as error:
            return str(error)
        return ""


async def open_outside(
    rules: SocketRules,
    hub: Hub,
    on_warning: Callable[[str], None] = lambda text: None,
    lists: BlocklistRules | None = None,
) -> Outside:
    """Make the network that `rules` ask for.

    Args:
        rules: From the configuration.
        hub: Watches the sockets; need not run yet.
        on_warning: Is told of lines of a blocklist that cannot be read.
        lists: What lists that come later hold for; None if none will.

    Raises:
        ConfigError: There is nothing to bind to as they ask.
        FormatError: A blocklist cannot be read, or is none; or the proxy's URL.

    Waits for the reading of blocklists, in a thread. Nothing has to be closed.
    """
    bound = binding.parse(rules.bind)
    bound.check()
    plain: Network = TrioNetwork(hub, bound, rules.lookup_timeout_seconds)
    proxied = None
    if rules.proxy:
        plain = proxied = ProxiedNetwork(plain, proxy_url.parse(rules.proxy))
    current = CurrentBlocklist()
    if not rules.blocklists and lists is None:
        return Outside(plain, bound, current, plain, plain, current.blocks, proxied)
    lists = lists or BlocklistRules()
    if rules.blocklists:
        found, warnings = await trio.to_thread.run_sync(_load, rules.blocklists)
        current.put("given", found)
        for text in warnings:
            on_warning(text)
    guarded = GuardedNetwork(plain, current.blocks)
    holds = (lists.for_outgoing, lists.for_incoming)
    peers = (
        guarded
        if all(holds)
        else GuardedNetwork(plain, current.blocks, outgoing=holds[0], incoming=holds[1])
    )
    trackers = guarded if lists.for_trackers else plain
    blocks = current.blocks if lists.for_outgoing else _nobody
    return Outside(guarded, bound, current, peers, trackers, blocks, proxied)


def _nobody(endpoint: Endpoint) -> bool:
    return False


def _load(paths: Sequence[str]) -> tuple[Blocklist, list[str]]:
    """Read all blocklists into one; also say what is wrong with them, a line for each."""
    v4 = array("Q")
    v6: list[tuple[int, int]] = []
    warnings = []
    for path in paths:
        try:
            found = blocklist_text.parse(_blocks(path))
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise FormatError(f"blocklist cannot be read: {reason}: {printable(path)}") from error
        except FormatError as error:
            raise FormatError(f"blocklist: {error}: {printable(path)}") from error
        v4 += found.v4
        v6 += found.v6
        if found.bad_lines:
            lines = "line" if found.bad_lines == 1 else "lines"
            warnings.append(
                f"blocklist: {found.bad_lines:,} {lines} cannot be read and block nothing, "
                f"the first is line {found.first_bad_line}: {printable(path)}"
            )
    return Blocklist(v4, v6), warnings


def _blocks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while block := file.read(READ_LENGTH):
            yield block
