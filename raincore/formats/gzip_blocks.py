"""Bytes that may be gzip, unpacked as they come and no further than asked (RFC 1952)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAGIC", "unpacked"]

MAGIC = b"\x1f\x8b"
STEP = 64 * 1024
"""Bytes that one step may unpack to: the most that is in memory at a time."""


def unpacked(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Unpack blocks of bytes if they begin as gzip does, else pass them on.

    Args:
        blocks: The bytes in order, cut anywhere.
        limit: How many bytes may come out.

    Yields:
        Blocks that are not empty; of at most 64 KiB where they were packed.

    Raises:
        FormatError: More than `limit` bytes come out, or the packed data is damaged.
    """
    room = limit
    for block in _maybe_unpacked(iter(blocks)):
        room -= len(block)
        if room < 0:
            raise FormatError(f"longer than {limit:,} bytes")
        yield block


def _maybe_unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for block in blocks:
        head += block
        if len(head) >= len(MAGIC):
            break
    if head.startswith(MAGIC):
        yield from _members(head, blocks)
        return
    if head:
        yield head
    yield from filter(None, blocks)


def _members(head: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack one member after another: files of gzip may be laid end to end."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    block: bytes | None = head
    while block is not None:
        while block:
            if unzip.eof:
                if not block.startswith(MAGIC[: len(block)]):
                    return  # padding behind the last member, as on tapes
                unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            try:
                part = unzip.decompress(block, STEP)
            except zlib.error as error:
                raise FormatError("the gzip data is damaged") from error
            if part:
                yield part
            block = unzip.unconsumed_tail or unzip.unused_data
        block = next(blocks, None)
    if not unzip.eof:
        raise FormatError("the gzip data ends in the middle")
