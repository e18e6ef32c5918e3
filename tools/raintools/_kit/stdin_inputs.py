"""Standard input divided into inputs: one .torrent file, or lines."""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING

from raincore.base.errors import FormatError
from raintools._kit import short_names, torrent_bytes
from raintools._kit.sources import Input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raintools._kit.stdin import Stdin

__all__ = ["divided"]

SNIFFED = 16  # enough for "d", a length of ten digits and a colon
BENCODED = rb"d[0-9]{1,10}:"  # unlike "debian.torrent"
MAX_LINE = 256 * 1024 * 1024  # a document with all pieces that embeds the largest .torrent
MAX_ARGUMENT = 4 * 1024 * 1024  # a magnet link of very many trackers
BOM = b"\xef\xbb\xbf"


def divided(stream: Stdin | IO[bytes]) -> Iterator[Input]:
    """Read a .torrent file, documents or arguments, whatever it begins with.

    Lines are given as they arrive.

    Raises:
        FormatError: It cannot be divided any further.
    """
    head = _read_line(stream, SNIFFED)
    if re.match(BENCODED, head):
        yield Input(head + stream.read(torrent_bytes.MAX_TORRENT + 1 - len(head)), "stdin")
        return
    is_json, number = None, 0
    spread = False  # over many lines: a document that was complained of at its first
    while head:
        number += 1
        head = head.removeprefix(BOM) if number == 1 else head
        may_be_json = is_json or (is_json is None and head.lstrip()[:1] in (b"{", b""))
        limit = MAX_LINE if may_be_json else MAX_ARGUMENT
        line = head if head.endswith(b"\n") else head + _read_line(stream, limit)
        if len(line) > limit:
            raise FormatError(f"line {number} is longer than {limit >> 20} MiB")
        if line.strip():
            if is_json is None:
                is_json = line.lstrip().startswith(b"{")
            origin = f"stdin line {number}"
            if not is_json:
                text = os.fsdecode(line.rstrip(b"\r\n"))
                yield Input(text, f"{origin}: {short_names.of(text)}")
            elif not spread or line.startswith(b"{"):
                yield Input(line, origin, is_json=True)
                spread = line.strip() == b"{"
        head = _read_line(stream, SNIFFED)


def _read_line(stream: Stdin | IO[bytes], limit: int) -> bytes:
    try:
        return stream.readline(limit)
    except OSError as error:
        raise FormatError(f"cannot be read: {(error.strerror or '').lower()}") from error
