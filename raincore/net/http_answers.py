"""Whole answers of web servers, bounded, over connections that the next question may use.

HOSTILE INPUT: endless bodies, little ones that unpack into a lot, and bytes behind an
answer, which the library would take for the answer to the next question.
"""

from __future__ import annotations

import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import FormatError, NetworkError
from raincore.net.http_backend import Connection
from raincore.net.http_body import Body

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpcore2

    from raincore.base.endpoint import Endpoint

__all__ = ["Answer", "connection_of", "headers_of", "read"]

READ_LENGTH = 64 * 1024


class Answer(NamedTuple):
    """What a server said.

    Args:
        status: 200 and so on.
        headers: By name in lower case; the last counts.
        body: Unpacked.
        remote: Who said it.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    remote: Endpoint


async def read(response: httpcore2.Response, max_bytes: int, place: str) -> Answer:
    """Read an answer of which the library has the head.

    Args:
        max_bytes: How long the body may be, packed and unpacked.
        place: Whose it is, for messages.

    Raises:
        FormatError: It is longer.
        NetworkError: It cannot be unpacked, or is none.

    Takes as long as the server likes. A connection that keeps bodies from the library
    (`Kind.splits`) is closed if something lies behind the body, or that cannot be told.
    """
    connection = connection_of(response)
    found = headers_of(response)
    if connection.splitter is not None and connection.splitter.length is not None:
        found["content-length"] = str(connection.splitter.length)
    announced = found.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise FormatError(f"answer is longer than {max_bytes} bytes: {place}")
    body = bytearray()
    unpack = _unpacker(found.get("content-encoding", ""))
    count = 0
    async with aclosing(_parts(response, connection)) as parts:
        async for part in parts:
            count += len(part)
            body += unpack(part, max_bytes + 1 - len(body))
            if max(count, len(body)) > max_bytes:
                raise FormatError(f"answer is longer than {max_bytes} bytes: {place}")
    return Answer(response.status, found, bytes(body), connection.remote)


def connection_of(response: httpcore2.Response) -> Connection:
    """The connection that an answer comes on.

    Raises:
        NetworkError: The server wants to go on in another protocol, which nobody asked for.
    """
    found = response.extensions["network_stream"]
    if not isinstance(found, Connection):
        raise NetworkError("the server changes the protocol unasked")
    return found


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """The header of an answer, by name in lower case; the last of a name counts."""
    return {
        name.decode("latin-1").lower(): value.decode("utf-8", "surrogateescape")
        for name, value in response.headers
    }


async def _parts(response: httpcore2.Response, connection: Connection) -> AsyncGenerator[bytes]:
    splitter = connection.splitter
    async with aclosing(response.aiter_stream()) as stream:
        if splitter is None or splitter.length is None:
            async for part in stream:
                yield part
            if splitter is not None:
                await connection.aclose()
            return
        body = Body(connection.source, splitter.length, stream, splitter.rest)
        buffer = memoryview(bytearray(min(splitter.length, READ_LENGTH) or 1))
        while (got := body.take_into(buffer)) != 0:
            if got is None:
                await body.wait()
            else:
                yield bytes(buffer[:got])
        await body.finish()
        if body.is_followed:
            await connection.aclose()


def _unpacker(encoding: str) -> Any:
    """A function that unpacks the next part of a body, and no more bytes of it than asked."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return lambda part, room: part
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(part: bytes, room: int) -> bytes:
        try:
            return unzip.decompress(part, max(room, 1))
        except zlib.error as error:
            raise NetworkError("the answer cannot be unpacked") from error

    return unpack
