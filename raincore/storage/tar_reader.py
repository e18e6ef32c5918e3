"""Members of an archive read as content: forward as they come, or anywhere in a file."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.stream_spool import Spool
    from raincore.storage.tar_input import TarInput
    from raincore.storage.tar_members import Extent, Member

    Extents = tuple[Extent, ...]
    ReadAt = Callable[[int, memoryview], object]

__all__ = ["ForwardReader", "TarReader", "spooled"]

OFFSET = attrgetter("offset")


class ForwardReader:
    """One file from front to back, holes included.

    Args:
        read_at: Fills a buffer whole with what is at a place, or raises.
        extents: Of the file.
    """

    def __init__(self, read_at: ReadAt, extents: Extents) -> None:
        self.read_at = read_at
        self.extents = extents
        self.position = 0

    def fill(self, view: memoryview) -> None:
        """Fill a buffer whole with what comes next; never more than the file has.

        Raises:
            Exception: What `read_at` raises.
        """
        fill(self.read_at, self.extents, self.position, view)
        self.position += len(view)


class TarReader:
    """Content whose files are extents of one other file. As thread safe as `read_at`.

    Args:
        read_at: Fills a buffer whole with what is at a place, or raises.
        geometry: How the files make up the content.
        files: The extents of each file of the geometry; None for padding.
    """

    def __init__(
        self, read_at: ReadAt, geometry: Geometry, files: Sequence[Extents | None]
    ) -> None:
        self.read_at = read_at
        self.geometry = geometry
        self.files = files

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`, whole.

        Returns:
            The buffer's length, as `hashing` wants it.

        Raises:
            Exception: What `read_at` raises.
        """
        done = 0
        for index, within, length in self.geometry.spans(offset, len(buffer)):
            fill(self.read_at, self.files[index] or (), within, buffer[done : done + length])
            done += length
        return done


def spooled(archive: TarInput, member: Member, spool: Spool, buffer: memoryview) -> Extents:
    """Copy a member's bytes, without its holes, and say where they are now.

    Args:
        archive: Not read beyond the member's headers yet.
        member: A file.
        spool: Where to.
        buffer: For the copying.

    Raises:
        FormatError: The archive is cut off or damaged.
        StorageError: The system failed.
    """
    found = []
    for extent in member.extents:
        found.append(extent._replace(place=spool.size))
        for begin in range(0, extent.length, len(buffer)):
            view = buffer[: extent.length - begin]
            archive.read_at(extent.place + begin, view)
            spool.write(view)
    return tuple(found)


def fill(read_at: ReadAt, extents: Extents, offset: int, view: memoryview) -> None:
    """Fill a buffer from a file at `offset`."""
    for begin, end, place in runs(extents, offset, len(view)):
        if place is None:
            view[begin:end] = bytes(end - begin)
        else:
            read_at(place, view[begin:end])


def runs(extents: Extents, offset: int, length: int) -> Iterator[tuple[int, int, int | None]]:
    """Cut a run of a file into what is there and what is a hole.

    Yields:
        From where to where, counted from `offset`, and the place of it; None for holes.
    """
    done = 0
    index = max(0, bisect_right(extents, offset, key=OFFSET) - 1)
    for number in range(index, len(extents)):  # a slice would copy a map of holes for each read
        extent = extents[number]
        begin, end = extent.offset - offset, extent.offset + extent.length - offset
        if begin >= length:
            break
        if end <= done:
            continue
        if begin > done:
            yield done, begin, None
            done = begin
        stop = min(end, length)
        yield done, stop, extent.place + done - begin
        done = stop
    if done < length:
        yield done, length, None
