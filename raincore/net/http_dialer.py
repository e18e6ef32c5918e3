"""Connects to web servers over our own sockets, and says what TLS demands of them.

Whatever holds for the sockets of a Network holds for these. A name may have many addresses,
some of which lead nowhere: they are tried in turn, and all but the last for a few seconds.
"""

from __future__ import annotations

import math
import ssl
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

import trio

from raincore.base.addresses import is_global, stands_for_name
from raincore.base.errors import ConnectError
from raincore.base.printable import printable
from raincore.net.http_connection import HttpConnection
from raincore.net.tls_records import TlsRecords

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.formats.http_url import HttpUrl
    from raincore.net.interface import Network, Stream

__all__ = ["NO_HASTE", "HttpDialer", "Kind", "Steps", "is_public", "tls_context", "within"]

MAX_ADDRESSES = 8
"""Of one name, that are tried."""
ONLY_PUBLIC = "no redirect, query, or tracker without /announce may lead into our own network"
CONNECT_SECONDS = 5.0
"""For one address when others could be tried."""


def is_public(endpoint: Endpoint, name: str = "") -> bool:
    """Whether an address is on the internet, rather than this machine or its neighbourhood.

    Args:
        name: What it was found by. Where a proxy looks that up, only the proxy can tell.
    """
    if stands_for_name(endpoint) and endpoint.host != name:
        return True
    return is_global(endpoint.host)


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """Make the terms of TLS: the system's authorities, or those of SSL_CERT_FILE.

    Takes 30 ms.

    Args:
        verify: Whether servers must prove who they are.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Kind(NamedTuple):
    """Connections that must not be taken for others.

    Args:
        family: 4 or 6 to use only such addresses, 0 for any.
        public_only: Refuse addresses that are not on the internet.
    """

    family: int = 0
    public_only: bool = False


class Steps(NamedTuple):
    """How long a server may take over each step, in seconds.

    Args:
        connect: To connect, the look-up of its name included.
        tls: To agree on TLS.
        head: To begin its answer when it has been asked.
    """

    connect: float = math.inf
    tls: float = math.inf
    head: float = math.inf


NO_HASTE = Steps()
UNWATCHED = nullcontext()


def within(seconds: float) -> AbstractContextManager[object]:
    """End what takes longer than that; where there is no haste, nothing watches the clock."""
    return UNWATCHED if seconds == math.inf else trio.move_on_after(seconds)


class HttpDialer:
    """Makes connections.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
        steps: How long that may take.
    """

    def __init__(self, network: Network, *, verify_tls: bool, steps: Steps = NO_HASTE) -> None:
        self._network = network
        self._verify_tls = verify_tls
        self._steps = steps
        self._context: ssl.SSLContext | None = None

    async def connect(self, kind: Kind, there: HttpUrl) -> HttpConnection:
        """Connect to one of the addresses of a host, and agree on TLS if that is asked for.

        Raises:
            ConnectError: None of them can be used, or answered in time; or TLS failed, or
                the server is not who it should be.
        """
        stream, remote = await self._connected(kind, there.host, there.port)
        secured = await self._secured(stream, remote, there.host) if there.is_secured else None
        return HttpConnection(stream, remote, there.place, secured)

    async def _connected(self, kind: Kind, host: str, port: int) -> tuple[Stream, Endpoint]:
        with within(self._steps.connect):
            return await self._dialled(kind, host, port)
        raise ConnectError(f"no connection within {self._steps.connect:g} s", host)

    async def _dialled(self, kind: Kind, host: str, port: int) -> tuple[Stream, Endpoint]:
        usable, refused = [], None
        for endpoint in await self._network.resolve(host, port):
            if kind.family not in (0, 6 if endpoint.is_ipv6 else 4):
                continue
            if kind.public_only and not is_public(endpoint, host):
                refused = endpoint
                continue
            usable.append(endpoint)
        if not usable:
            text = "no address of this kind" if refused is None else ONLY_PUBLIC
            raise ConnectError(f"{text}: {refused or printable(host)}", host)
        *others, last = usable[:MAX_ADDRESSES]
        for endpoint in others:
            with trio.move_on_after(CONNECT_SECONDS):
                try:
                    return await self._network.connect(endpoint), endpoint
                except ConnectError:
                    pass  # the next one may do
        return await self._network.connect(last), last

    async def _secured(
        self, stream: Stream, remote: Endpoint, host: str
    ) -> trio.SSLStream[TlsRecords]:
        """Speak TLS from now on; the stream is closed if that fails."""
        if self._context is None:  # once for all, and not if all speak plainly
            self._context = tls_context(verify=self._verify_tls)
        secured = trio.SSLStream(
            TlsRecords(stream), self._context, server_hostname=host, https_compatible=True
        )
        try:
            with within(self._steps.tls):
                await secured.do_handshake()
                return secured
        except trio.BrokenResourceError as error:
            stream.close()
            cause = error.__cause__
            reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", None)
            text = (reason or "it broke off").lower().replace("_", " ")
            raise ConnectError(f"{text}: {remote}", str(remote)) from error
        except BaseException:
            stream.close()
            raise
        stream.close()
        raise ConnectError(f"no TLS within {self._steps.tls:g} s: {remote}")
