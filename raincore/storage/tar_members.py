"""The members of a tar archive, one after the other, as unpacking would make them.

HOSTILE INPUT: who made the archive chose every name, size and offset in it.
"""

from __future__ import annotations

import tarfile
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, cast

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.formats.file_list import MAX_CONTENT, MAX_DIRECTORIES
from raincore.formats.file_names import MAX_COMPONENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from raincore.storage.tar_input import TarInput

__all__ = ["MAX_MEMBERS", "Extent", "Kind", "Member", "TarPath", "members", "shown"]

MAX_MEMBERS = 2_000_000
"""In one archive, so that a packed file of a few KiB cannot ask for gigabytes."""

MODE_OWNER_MAY_RUN = 0o100
SPARSE_NAME = "GNU.sparse.name"
VOLUME_LABEL, CONTINUED, LISTED_DIRECTORY = b"V", b"M", b"D"  # GNU tar's own types
TarPath = tuple[bytes, ...]


class Kind(Enum):
    """What unpacking makes of a member."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"
    OTHER = "neither file nor directory"


class Extent(NamedTuple):
    """A run of a file's bytes: where in the file, how many, where in the archive."""

    offset: int
    length: int
    place: int


class Member(NamedTuple):
    """One member; a tuple, because there may be 100,000 of them.

    Args:
        path: Components, without "." and empty ones; () for the archive's own top.
        kind: What it is.
        size: Bytes of a file, holes included.
        extents: Where its bytes are, ascending; what lies between are holes, zeros.
        is_executable: Whether its owner may run it.
        target: Of a link; of a hard link it is a path as `path`, of a symlink raw text.
    """

    path: TarPath
    kind: Kind
    size: int = 0
    extents: tuple[Extent, ...] = ()
    is_executable: bool = False
    target: TarPath = ()


def members(archive: TarInput) -> Iterator[Member]:
    """Give the members in the order of the archive.

    Between two members the caller may read the extents of the first with
    `archive.read_into`, ascending; what it does not read is passed over.

    Names are taken as GNU tar takes them when it unpacks: a "/" in front is dropped, and
    ".." is not followed.

    Raises:
        FormatError: Not a tar archive, cut off, malformed, or a name has "..", NUL, or a
            component that no file can have.
        ReadError: The system failed.
    """
    reader: tarfile.TarFile | None = None
    count = 0
    while True:
        archive.allow_header()
        try:
            if reader is None:
                reader = tarfile.TarFile(
                    fileobj=cast("IO[bytes]", archive), encoding="utf-8", errors="surrogateescape"
                )
            header = reader.next()
            found = None if header is None else member(header, reader.offset)
        except tarfile.ReadError as error:
            raise unreadable(str(error), count) from error
        except (
            tarfile.TarError,
            ValueError,
            ArithmeticError,
            LookupError,
            RecursionError,
        ) as error:
            # What a number or a list in a header can do to tarfile, besides its own errors.
            raise unreadable("malformed header", count) from error
        if header is None:
            break
        reader.members.clear()  # type: ignore[attr-defined]  # it would keep them all
        count += 1
        if count > MAX_MEMBERS:
            raise FormatError(f"archive has more than {MAX_MEMBERS} members")
        if found is not None:
            yield found
    # tarfile takes whatever it cannot read, and nothing at all, for the end of the archive.
    if archive.last_header != bytes(tarfile.BLOCKSIZE):
        raise unreadable("no end where it should be", count)
    archive.finish()


def member(header: tarfile.TarInfo, end: int) -> Member | None:
    """Turn a header into a member, believing nothing; None for what is only a label.

    Raises:
        FormatError: It has a name or numbers that nothing can have.
    """
    if header.type == VOLUME_LABEL:
        return None
    # Where the name is not ASCII, tar writes the one of the packed form behind it, and
    # tarfile takes whichever comes last.
    name = header.pax_headers.get(SPARSE_NAME, header.name).encode("utf-8", "surrogateescape")
    if header.type == CONTINUED:
        raise FormatError(f"archive begins in another volume: {printable(name)}")
    path = path_of(name)
    runs = bool(header.mode & MODE_OWNER_MAY_RUN)
    target = header.linkname.encode("utf-8", "surrogateescape")
    if header.isreg():
        size = header.size
        extents = extents_of(header, end)
        last = extents[-1].offset + extents[-1].length if extents else 0
        if not max(0, last) <= size <= MAX_CONTENT:
            raise FormatError(f"archive has a file of an impossible size: {shown(path)}")
        return Member(path, Kind.FILE, size, extents, runs)
    if header.isdir() or header.type == LISTED_DIRECTORY:
        return Member(path, Kind.DIRECTORY)
    if header.issym():
        return Member(path, Kind.SYMLINK, target=(target,))
    if header.islnk():
        return Member(path, Kind.HARD_LINK, target=path_of(target))
    return Member(path, Kind.OTHER)


def extents_of(header: tarfile.TarInfo, end: int) -> tuple[Extent, ...]:
    """Where the bytes of a file are.

    Args:
        header: Of a regular file.
        end: Where the member ends in the archive, padded to a whole block.

    Raises:
        FormatError: A map of holes that is out of order or leaves the member.
    """
    start = header.offset_data
    sparse: list[tuple[int, int]] | None = getattr(header, "sparse", None)
    if sparse is None:
        return (Extent(0, header.size, start),) if header.size else ()
    found = []
    place, done = start, 0
    for offset, length in sparse:
        if not length:
            continue
        if offset < done or length < 0:
            raise FormatError(f"archive has a map of holes out of order: {printable(header.name)}")
        found.append(Extent(offset, length, place))
        done = offset + length
        place += length
    if place > end:
        raise FormatError(f"archive has a map of holes that leaves it: {printable(header.name)}")
    return tuple(found)


def path_of(name: bytes) -> TarPath:
    """The components of a member's name.

    Raises:
        FormatError: No file can be called that, or it leads out of the archive.
    """
    path = tuple(part for part in name.split(b"/", MAX_DIRECTORIES * 8) if part not in (b"", b"."))
    if b".." in path:
        raise FormatError(f'archive has a name with "..": {printable(name)}')
    if b"\0" in name or max(map(len, path), default=0) > MAX_COMPONENT:
        raise FormatError(f"archive has a name that no file can have: {printable(name)}")
    if len(path) > MAX_DIRECTORIES:
        raise FormatError(f"archive has a path of too many directories: {printable(name)}")
    return path


def shown(path: TarPath) -> str:
    """A path fit for a message."""
    return printable(b"/".join(path) or b".", limit=1000)


def unreadable(reason: str, count: int) -> FormatError:
    """The error for what is no archive, or is one no more after some members."""
    if not count:
        return FormatError("not a tar archive")
    return FormatError(f"archive is damaged or cut off after {count} members: {reason}")
