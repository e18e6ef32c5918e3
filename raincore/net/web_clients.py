"""The HTTP clients of a process, each of which comes into memory when it is first needed.

They and the library behind them take 25 ms to import, and a torrent that has peers and no web
seeds needs none of it: who waits for the first byte of a stream would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from raincore.base.config import WebseedLimits
    from raincore.net.http_client import HttpClient
    from raincore.net.interface import Network
    from raincore.net.webseed_body import WebseedBody
    from raincore.net.webseed_client import WebseedClient

__all__ = ["WebClients"]


class WebClients:
    """Makes clients; implements engine.world.WebServers by one of them. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
        limits: What holds for web seeds besides; None for the usual.
    """

    def __init__(
        self, network: Network, *, verify_tls: bool = True, limits: WebseedLimits | None = None
    ) -> None:
        self._network = network
        self._verify_tls = verify_tls
        self._limits = limits
        self._http: HttpClient | None = None
        self._webseeds: WebseedClient | None = None

    @property
    def http(self) -> HttpClient:
        """Fetches what is small, from anybody."""
        if self._http is None:
            from raincore.net.http_client import HttpClient

            self._http = HttpClient(self._network, verify_tls=self._verify_tls)
        return self._http

    @property
    def webseeds(self) -> WebseedClient:
        """Fetches content."""
        if self._webseeds is None:
            from raincore.net.webseed_client import WebseedClient

            limits = self._limits
            self._webseeds = WebseedClient(
                self._network,
                verify_tls=self._verify_tls and (limits is None or limits.verify_tls),
                patience=limits.patience if limits else None,
            )
        return self._webseeds

    def open_file(
        self, url: str, offset: int, length: int, file_length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[WebseedBody]:
        """Ask for a range of a file; see `WebseedClient`."""
        return self.webseeds.open_file(url, offset, length, file_length, public_only=public_only)

    def open_piece(
        self, url: str, length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[WebseedBody]:
        """Ask for a piece; see `WebseedClient`."""
        return self.webseeds.open_piece(url, length, public_only=public_only)

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        for client in (self._http, self._webseeds):
            if client is not None:
                await client.aclose()
