"""Whole bodies of answers of web servers, bounded.

HOSTILE INPUT: endless bodies, and little ones that unpack into a lot.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.net.http_connection import HttpHead
    from raincore.net.interface import Buffer

__all__ = ["read"]

READ_LENGTH = 64 * 1024


async def read(head: HttpHead, max_bytes: int, place: str) -> bytes:
    """Read the body behind a head, and unpack it.

    Args:
        max_bytes: How long it may be, packed and unpacked.
        place: Whose it is, for messages.

    Raises:
        FormatError: It is longer.
        NetworkError: It breaks off, or cannot be unpacked.

    Takes as long as the server likes.
    """
    body = head.body
    too_long = f"answer is longer than {max_bytes} bytes: {place}"
    if body.left is not None and body.left > max_bytes:
        raise FormatError(too_long)
    unpack = _unpacker(head.headers.get("content-encoding", ""))
    count, found = 0, bytearray()
    length = READ_LENGTH if body.left is None else min(body.left, READ_LENGTH) or 1
    buffer = memoryview(bytearray(length))
    while (got := body.take_into(buffer)) != 0:
        if got is None:
            await body.wait()
            continue
        count += got
        found += unpack(buffer[:got], max_bytes + 1 - len(found))
        if max(count, len(found)) > max_bytes:
            raise FormatError(too_long)
        if not body.is_over:
            await trio.lowlevel.checkpoint()  # whoever sends fast is not the only one here
    return bytes(found)


def _unpacker(encoding: str) -> Callable[[memoryview, int], Buffer]:
    """A function that unpacks the next part of a body, and no more bytes of it than asked."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return lambda part, room: part
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(part: memoryview, room: int) -> bytes:
        try:
            return unzip.decompress(part, max(room, 1))
        except zlib.error as error:
            raise NetworkError("the answer cannot be unpacked") from error

    return unpack
