"""Members of an archive read as content: forward as they come, or anywhere in a file."""

from __future__ import annotations

import os
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.storage.failures import named, read_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.stream_spool import Spool
    from raincore.storage.tar_input import TarInput
    from raincore.storage.tar_members import Extent, Member

    Extents = tuple[Extent, ...]

__all__ = ["ForwardReader", "TarReader", "spooled"]

OFFSET = attrgetter("offset")


class ForwardReader:
    """The bytes of one member from front to back, holes included.

    Args:
        archive: Not read beyond the member's headers yet.
        member: A file.
    """

    def __init__(self, archive: TarInput, member: Member) -> None:
        self.archive = archive
        self.extents = member.extents
        self.position = 0

    def fill(self, view: memoryview) -> None:
        """Fill a buffer whole with what comes next; never more than the file has.

        Raises:
            FormatError: The archive is cut off or damaged.
            ReadError: The system failed.
        """
        for begin, end, place in runs(self.extents, self.position, len(view)):
            if place is None:
                view[begin:end] = bytes(end - begin)
            else:
                self.archive.seek(place)
                self.archive.read_into(view[begin:end])
        self.position += len(view)


class TarReader:
    """Reads content that lies in one file, each of its files in extents. Thread safe.

    Args:
        descriptor: Of the file; stays the caller's.
        start: Where in it place 0 is.
        geometry: How the files make up the content.
        files: The extents of each file of the geometry; None for padding.
        name: For messages.
    """

    def __init__(
        self,
        descriptor: int,
        start: int,
        geometry: Geometry,
        files: Sequence[Extents | None],
        name: str,
    ) -> None:
        self.descriptor = descriptor
        self.start = start
        self.geometry = geometry
        self.files = files
        self.name = name

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`, whole.

        Returns:
            The buffer's length, as `hashing` wants it.

        Raises:
            FormatError: The archive has become shorter.
            ReadError: The system failed.
        """
        done = 0
        for index, within, length in self.geometry.spans(offset, len(buffer)):
            view = buffer[done : done + length]
            done += length
            for begin, end, place in runs(self.files[index] or (), within, length):
                if place is None:
                    view[begin:end] = bytes(end - begin)
                else:
                    self.read_at(place, view[begin:end])
        return done

    def read_at(self, place: int, view: memoryview) -> None:
        """Fill a buffer from the file."""
        place += self.start
        while view:
            try:
                got = os.preadv(self.descriptor, [view], place)
            except OSError as error:
                raise read_error(error, self.name) from error
            if not got:
                raise FormatError(f"archive became shorter while it was read: {named(self.name)}")
            place += got
            view = view[got:]


def spooled(archive: TarInput, member: Member, spool: Spool, buffer: memoryview) -> Extents:
    """Copy a member's bytes, without its holes, and say where they are now.

    Raises:
        FormatError: The archive is cut off or damaged.
        StorageError: The system failed.
    """
    found = []
    for extent in member.extents:
        found.append(extent._replace(place=spool.size))
        archive.seek(extent.place)
        for begin in range(0, extent.length, len(buffer)):
            view = buffer[: extent.length - begin]
            archive.read_into(view)
            spool.write(view)
    return tuple(found)


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
