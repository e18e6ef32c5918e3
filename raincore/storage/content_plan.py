"""How scanned files become content: their order, padding, and the length of pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.file_list import ListedFile
from raincore.formats.info import MAX_PIECE_LENGTH, MAX_PIECES, MetaVersion

if TYPE_CHECKING:
    from raincore.storage.content_scan import Scan, SourceFile

__all__ = ["checked_piece_length", "laid_out", "piece_length_for"]

LEAST = 16 * 1024
MOST = 16 * 1024 * 1024
MANY_PIECES = 2048


def piece_length_for(size: int) -> int:
    """The piece length for content of `size` bytes when nobody asks for another.

    Ours: the least power of two from 16 KiB that makes at most 2048 pieces, but not more
    than 16 MiB unless there would be too many pieces for anybody. So 1 GiB gets 512 KiB:
    its hashes take 40 KiB, and a single bad byte costs 512 KiB.
    """
    length = LEAST
    while length < MOST and length * MANY_PIECES < size:
        length *= 2
    while length * MAX_PIECES < size:
        length *= 2
    return length


def checked_piece_length(wanted: int | None, size: int, version: MetaVersion) -> int:
    """The piece length that is wanted, or for None the one that suits `size`.

    Raises:
        ConfigError: It is not allowed (BEP 52; for v1 ours: others refuse odd lengths).
    """
    length = piece_length_for(size) if wanted is None else wanted
    if not BLOCK_LENGTH <= length <= MAX_PIECE_LENGTH or length % BLOCK_LENGTH:
        raise ConfigError(
            f"piece length must be a multiple of 16 KiB up to 1 GiB: {length}", "piece_length"
        )
    if version is not MetaVersion.V1 and length & (length - 1):
        raise ConfigError(f"piece length must be a power of two: {length}", "piece_length")
    return length


def laid_out(
    scan: Scan, raw_name: bytes, piece_length: int, version: MetaVersion, *, align: bool
) -> tuple[list[ListedFile], list[SourceFile | None]]:
    """Lay files out as content.

    V1 gets the order of whole paths as bytes and no attributes; V2 and HYBRID the order
    of the file tree, "x" for executables, and every file on a piece boundary.

    Args:
        scan: What was found.
        raw_name: The torrent's name.
        piece_length: Bytes.
        version: Whose rules.
        align: Put V1 files on piece boundaries too (BEP 47).

    Returns:
        The files as the torrent lists them, padding included, and for each where it is
        read from: None for padding.
    """
    files = list(scan.files)
    is_v1 = version is MetaVersion.V1
    if is_v1:
        files.sort(key=lambda file: b"/".join(file.parts))
    # As libtorrent does: nothing needs padding if there is one file, but if there are more,
    # the last one gets it too.
    is_aligned = len(files) > 1 and (align or not is_v1)
    listed: list[ListedFile] = []
    sources: list[SourceFile | None] = []
    for file in files:
        attr = "x" if file.is_executable and not is_v1 else ""
        listed.append(ListedFile((raw_name, *file.parts), file.size, attr))
        sources.append(file)
        gap = -file.size % piece_length
        if is_aligned and gap:
            listed.append(ListedFile((raw_name, b".pad", b"%d" % gap), gap, "p"))
            sources.append(None)
    return listed, sources
