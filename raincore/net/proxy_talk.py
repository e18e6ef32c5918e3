"""The talk with a proxy, at the beginning of a connection to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import ConnectError, NetworkError, RemoteProtocolError
from raincore.formats.proxy_url import ProxyKind
from raincore.net.conversation import hear, say
from raincore.wire import http_connect, socks5

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.formats.proxy_url import Proxy
    from raincore.net.interface import Network, Stream

__all__ = ["associate", "connect"]


async def connect(network: Network, proxy: Proxy, target: socks5.Target) -> Stream:
    """Get a stream that leads through a proxy to `target`.

    Args:
        network: Reaches the proxy.

    Returns:
        It, with nothing read from it yet of what `target` says. Its `remote` is the proxy.

    Raises:
        ConnectError: The proxy cannot be reached, or says no.

    Waits for the network, not bounded in time; cancelling closes.
    """
    stream, _ = await _begun(network, proxy, socks5.Command.CONNECT, target)
    return stream


async def associate(
    network: Network, proxy: Proxy, local: Endpoint
) -> tuple[Stream, Endpoint | None]:
    """Get a relay of datagrams, which is there as long as the stream.

    Args:
        local: Where our datagrams will come from.

    Returns:
        The stream, and where the relay takes datagrams, as the proxy says.

    Raises:
        ConnectError: As `connect`.
    """
    return await _begun(network, proxy, socks5.Command.UDP_ASSOCIATE, local)


async def _begun(
    network: Network, proxy: Proxy, command: socks5.Command, target: socks5.Target
) -> tuple[Stream, Endpoint | None]:
    failure = ConnectError(f"proxy: no address: {proxy}", str(proxy))
    for endpoint in await network.resolve(proxy.host, proxy.port):
        try:
            stream = await network.connect(endpoint)
        except ConnectError as error:
            failure = ConnectError(f"proxy cannot be reached: {error}", str(proxy))
            continue
        try:
            if proxy.kind is ProxyKind.HTTP:
                await _connect_http(stream, proxy, target)
                return stream, None
            return stream, await _ask_socks(stream, proxy, command, target)
        except (NetworkError, RemoteProtocolError) as error:
            stream.close()
            place = f"{target[0]}:{target[1]}" if isinstance(target, tuple) else str(target)
            raise ConnectError(f"proxy {proxy}: {error}: {place}", place) from error
        except BaseException:
            stream.close()
            raise
    raise failure


async def _ask_socks(
    stream: Stream, proxy: Proxy, command: socks5.Command, target: socks5.Target
) -> Endpoint | None:
    await say(stream, socks5.greeting(password=bool(proxy.user)))
    if socks5.chosen_password(await _exactly(stream, 2)):
        await say(stream, socks5.credentials(proxy.user, proxy.password))
        socks5.accepted(await _exactly(stream, 2))
    await say(stream, socks5.request(command, target))
    head = await _exactly(stream, socks5.REPLY_HEAD_LENGTH)
    rest = await _exactly(stream, socks5.reply_length(head) - len(head))
    return socks5.reply_of(head + rest)


async def _connect_http(stream: Stream, proxy: Proxy, target: socks5.Target) -> None:
    await say(stream, http_connect.request(target, proxy.user, proxy.password))
    head = b""
    # Byte by byte: what follows belongs to whoever the connection leads to.
    while not head.endswith(http_connect.END):
        if len(head) >= http_connect.MAX_HEAD:
            raise RemoteProtocolError("the proxy's reply has no end", http_connect.RULE)
        head += await hear(stream, 1)
    http_connect.check(head)


async def _exactly(stream: Stream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += await hear(stream, count - len(data))
    return data
