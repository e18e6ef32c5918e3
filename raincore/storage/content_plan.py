"""How scanned files become content: their order, padding, and the length of pieces."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError, FormatError
from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.formats.file_list import ListedFile
from raincore.formats.info import MAX_PIECE_LENGTH, MAX_PIECES, MetaVersion
from raincore.storage.failures import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.storage.content_scan import Scan, SourceFile
    from raincore.storage.creation_options import CreateOptions, SortKey

__all__ = ["Plan", "checked_piece_length", "laid_out", "piece_length_for", "plan"]

LEAST = 16 * 1024
MOST = 16 * 1024 * 1024
MANY_PIECES = 2048
TOO_MANY_PIECES = 128 * 1024
"""More than these, and even pieces that are too long for some are better: a hybrid's hashes
of so many take 7 MB."""


MAX_NAMES = 97
"""Names in one path: more would be nested too deeply for `bencoding` in a file tree."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A torrent to be, before anything is read.

    Args:
        name: Of the torrent; surrogate escapes stand for bytes that are not UTF-8.
        is_multi_file: Whether `name` is a directory.
        listed: The files as the torrent lists them, padding included, without hashes.
        sources: For each of these where it is read from; None for padding and symlinks,
            which have no content.
        geometry: Of `listed`.
    """

    name: str
    is_multi_file: bool
    listed: list[ListedFile]
    sources: list[SourceFile | None]
    geometry: Geometry

    @property
    def total_length(self) -> int:
        """Bytes of files."""
        return sum(source.size for source in self.sources if source is not None)

    @property
    def padding_length(self) -> int:
        """Bytes of padding."""
        return self.geometry.total_length - self.total_length


def plan(scan: Scan, name: str, options: CreateOptions) -> Plan:
    """Lay out what was found as content.

    Raises:
        ConfigError: An option does not fit the content.
        FormatError: A path is too deep.
    """
    check_depth(scan)
    if options.version is not MetaVersion.V1:
        check_tree(scan, name)
    size = sum(file.size for file in scan.files)
    length = checked_piece_length(
        options.piece_length, size, options.version, options.max_piece_length
    )
    listed, sources = laid_out(
        scan,
        os.fsencode(name),
        length,
        options.version,
        align=options.align,
        sort_by=options.sort_by,
    )
    geometry = Geometry(length, [file.length for file in listed])
    if geometry.piece_count > MAX_PIECES:
        raise ConfigError(
            f"pieces of {length} bytes would be more than {MAX_PIECES}: {geometry.piece_count}",
            "piece_length",
        )
    return Plan(name, scan.is_directory, listed, sources, geometry)


def piece_length_for(size: int, most: int | None = None) -> int:
    """The piece length for content of `size` bytes when nobody asks for another.

    Ours: the least power of two from 16 KiB that makes at most 2048 pieces, but not more
    than 16 MiB, which not all clients take, unless that makes more than 131,072 pieces. So
    1 GiB gets 512 KiB: its hashes take 40 KiB, and a single bad byte costs 512 KiB.

    Args:
        size: Bytes, padding left out; a larger size never gets shorter pieces.
        most: The length is not to be more than this, bytes; None for no wish.
    """
    length = LEAST
    while length < MOST and length * MANY_PIECES < size:
        length *= 2
    while length < MAX_PIECE_LENGTH and length * TOO_MANY_PIECES < size:
        length *= 2
    while most is not None and length > max(most, LEAST):
        length //= 2
    return length


def checked_piece_length(
    wanted: int | None, size: int, version: MetaVersion, most: int | None = None
) -> int:
    """The piece length that is wanted, or for None the one that suits `size`.

    Raises:
        ConfigError: It is not allowed (BEP 52; for v1 ours: others refuse odd lengths), or
            more than `most`.
    """
    if most is not None and most < LEAST:
        raise ConfigError(f"pieces cannot be shorter than 16 KiB: {most}", "max_piece_length")
    length = piece_length_for(size, most) if wanted is None else wanted
    if not BLOCK_LENGTH <= length <= MAX_PIECE_LENGTH or length % BLOCK_LENGTH:
        raise ConfigError(
            f"piece length must be a multiple of 16 KiB up to 1 GiB: {length}", "piece_length"
        )
    if version is not MetaVersion.V1 and length & (length - 1):
        raise ConfigError(f"piece length must be a power of two: {length}", "piece_length")
    if most is not None and length > most:
        raise ConfigError(f"piece length is more than the most wanted: {length}", "piece_length")
    return length


def check_depth(scan: Scan) -> None:
    """Refuse paths that nobody could read in a torrent.

    Raises:
        FormatError: There is one.
    """
    deepest = max(scan.files, key=lambda file: len(file.parts))
    if len(deepest.parts) > MAX_NAMES:
        raise FormatError(f"path has more than {MAX_NAMES} names: {named(deepest.path)}")


def check_tree(scan: Scan, name: str) -> None:
    """Refuse the one directory that a file tree cannot describe (BEP 52).

    {"x": file} is the tree of a file x and would be that of a directory x holding a file x.

    Raises:
        ConfigError: It is that.
    """
    if [file.parts for file in scan.files] == [(os.fsencode(name),)]:
        raise ConfigError(
            f"v2 cannot tell this directory from its only file: {named(name)}", "name"
        )


def laid_out(
    scan: Scan,
    raw_name: bytes,
    piece_length: int,
    version: MetaVersion,
    *,
    align: bool,
    sort_by: Sequence[SortKey] = (),
) -> tuple[list[ListedFile], list[SourceFile | None]]:
    """Lay files out as content.

    V1 gets the order of whole paths as bytes; V2, HYBRID and aligned V1 the order of the
    file tree, and every file on a piece boundary.

    Args:
        scan: What was found.
        raw_name: The torrent's name.
        piece_length: Bytes.
        version: Whose rules.
        align: Put V1 files on piece boundaries too (BEP 47).
        sort_by: Another order for V1.

    Returns:
        The files as the torrent lists them, padding included, and for each where it is
        read from: None for padding and symlinks.
    """
    is_aligned = align or version is not MetaVersion.V1
    files = scan.files if is_aligned else sorted(scan.files, key=whole_path)
    for key, is_descending in reversed(sort_by):
        files = sorted(files, key=file_size if key == "size" else whole_path, reverse=is_descending)
    listed: list[ListedFile] = []
    sources: list[SourceFile | None] = []
    for file, gap in zip(files, gaps(files, piece_length, is_aligned=is_aligned), strict=True):
        is_link = file.symlink is not None
        # "x" for links too: libtorrent goes by the mode, and a link's has all bits set.
        attr = "xl" if is_link else "x" if file.is_executable else ""
        listed.append(ListedFile((raw_name, *file.parts), file.size, attr, file.symlink))
        sources.append(None if is_link else file)
        if gap:
            listed.append(ListedFile((raw_name, b".pad", b"%d" % gap), gap, "p"))
            sources.append(None)
    return listed, sources


def gaps(files: Sequence[SourceFile], piece_length: int, *, is_aligned: bool) -> Iterable[int]:
    """The bytes of padding that follow each file.

    As libtorrent does: nothing needs padding if there is one file, but if there are more,
    the last one gets it too.
    """
    if not is_aligned or len(files) < 2:
        return (0,) * len(files)
    return (-file.size % piece_length for file in files)


def whole_path(file: SourceFile) -> bytes:
    """What files are ordered by if they have no tree; what mktorrent and transmission do."""
    return b"/".join(file.parts)


def file_size(file: SourceFile) -> int:
    """What files are ordered by when that is asked for."""
    return file.size
