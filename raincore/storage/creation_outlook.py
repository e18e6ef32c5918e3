"""What each way to make a torrent would cost, found out without reading the content."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.printable import displayed
from raincore.documents.plans import Cost, Mode, PlanDocument
from raincore.formats.info import MAX_PIECE_LENGTH, MAX_PIECES, MetaVersion
from raincore.storage import content_plan, creation
from raincore.storage.failures import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.storage.content_scan import Scan
    from raincore.storage.creation_options import CreateOptions

__all__ = ["outlook"]

WAYS = (
    (MetaVersion.V1, False),
    (MetaVersion.V1, True),
    (MetaVersion.V2, True),
    (MetaVersion.HYBRID, True),
)
PADDING = b"d4:attr1:p6:lengthi%de4:pathl4:.pad%d:%dee"
"""An entry of `files`, as info_builder writes it."""


def outlook(place: str, scan: Scan, name: str, options: CreateOptions) -> PlanDocument:
    """Say what the torrent of a path would be like, and what others of it would be like.

    Args:
        place: The path, absolute.
        scan: What was found there.
        name: Of the torrent.
        options: How it would be made.

    Raises:
        ConfigError: It cannot be made so.
        FormatError: Nobody could read it.
    """
    wanted = (options.version, options.align or options.version is not MetaVersion.V1)
    chosen = mode(scan, name, options)
    modes = []
    for version, align in WAYS:
        if (version, align) == wanted:
            modes.append(chosen)
            continue
        sort_by = options.sort_by if version is MetaVersion.V1 else ()
        other = replace(options, version=version, align=align, sort_by=sort_by)
        try:
            modes.append(mode(scan, name, other))
        except ConfigError:  # such as a piece length that is no power of two
            continue
    return PlanDocument(
        path=named(place),
        name=displayed(name),
        total_length=sum(file.size for file in scan.files),
        file_count=len(scan.files),
        modes=modes,
        chosen=chosen,
    )


def mode(scan: Scan, name: str, options: CreateOptions) -> Mode:
    """What one way costs.

    Raises:
        ConfigError, FormatError: As `outlook`.
    """
    plan = content_plan.plan(scan, name, options)
    length, version = plan.geometry.piece_length, options.version
    is_aligned = options.align or version is not MetaVersion.V1
    sizes = [file.size for file in scan.files]
    # Only some of the bytes depend on the piece length, so one torrent of zeros is enough.
    here = cost(sizes, length, version, is_aligned=is_aligned)
    rehearsed = len(creation.rehearsed(plan, options).raw) + layers_length(sizes, length, version)
    fixed = rehearsed - here.torrent_length
    others = [
        cost(sizes, other, version, is_aligned=is_aligned)
        for other in (length // 4, length // 2, length * 2, length * 4)
        if content_plan.LEAST <= other <= MAX_PIECE_LENGTH and not other % content_plan.LEAST
    ]
    return Mode(
        version.value,
        is_aligned,
        moved(here, fixed),
        [moved(other, fixed) for other in others if other.piece_count <= MAX_PIECES],
    )


def cost(sizes: Sequence[int], length: int, version: MetaVersion, *, is_aligned: bool) -> Cost:
    """What a piece length costs; of the .torrent file only the bytes that depend on it."""
    padding = [-size % length for size in sizes] if is_aligned and len(sizes) > 1 else []
    content = sum(sizes) + sum(padding)
    count = -(-content // length)
    taken = len(b"%d" % length) + layers_length(sizes, length, version)
    if version is not MetaVersion.V2:
        taken += string_length(20 * count)
        taken += sum(len(PADDING % (gap, len(b"%d" % gap), gap)) for gap in padding if gap)
    listed = 0 if version is MetaVersion.V2 else sum(padding)
    return Cost(length, count, listed, taken)


def layers_length(sizes: Sequence[int], length: int, version: MetaVersion) -> int:
    """Bytes of all piece layers, each with the root it is found by (BEP 52)."""
    if version is MetaVersion.V1:
        return 0
    return sum(
        string_length(32) + string_length(32 * -(-size // length))
        for size in sizes
        if size > length
    )


def string_length(length: int) -> int:
    """Bytes that a string takes in bencode."""
    return len(b"%d:" % length) + length


def moved(part: Cost, fixed: int) -> Cost:
    """With the bytes that do not depend on the piece length."""
    return part._replace(torrent_length=part.torrent_length + fixed)
