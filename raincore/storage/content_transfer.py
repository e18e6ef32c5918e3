"""A torrent's files into a tar stream, and out of one: what moving it to another server takes.

Files that are there in part already are sent from where they end, as the sparse files that
GNU tar knows, so a transfer that broke goes on. Of what comes only the torrent's own files
are written, each within its length and below one directory.
"""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError, StorageError
from raincore.storage import failures
from raincore.storage.directory_tree import ANYBODY, DirectoryTree
from raincore.storage.tar_input import TarInput
from raincore.storage.tar_members import Kind, members

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from typing import IO

    from raincore.storage.directory_tree import Modes
    from raincore.storage.layout import Layout
    from raincore.storage.tar_members import Member

__all__ = ["pack", "unpack"]

READ_LENGTH = 1024 * 1024
BLOCK = tarfile.BLOCKSIZE


def pack(layout: Layout, there: Mapping[str, int]) -> Generator[bytes]:
    """Give the files that exist as a tar archive, in order; blocks between two parts.

    Args:
        layout: Where the files are.
        there: How many bytes of each the other side has, by path with "/".

    Raises:
        ReadError: A file cannot be read, or became shorter meanwhile.
    """
    tree = DirectoryTree(layout.root, follow_symlinks=False)
    for file in layout.files:
        if not file.parts or file.symlink is not None:
            continue
        try:
            descriptor = tree.open_file(file.parts, os.O_RDONLY)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise failures.read_error(error, tree.path(file.parts)) from error
        try:
            size = os.fstat(descriptor).st_size
            name = "/".join(file.parts)
            begin = min(there.get(name, 0), size)
            yield _head(name, size, begin)
            yield from _content(descriptor, begin, size, tree.path(file.parts))
            yield bytes(-(size - begin) % BLOCK)
        finally:
            os.close(descriptor)
    yield bytes(2 * BLOCK)


def unpack(file: IO[bytes], layout: Layout, modes: Modes = ANYBODY) -> None:
    """Write the torrent's files out of a tar archive; all else in it is passed over.

    Args:
        file: Open for reading, not buffered; blocks until it comes.
        layout: Which files there are, and where they belong.
        modes: Of files and directories that are created.

    Raises:
        FormatError: It is no archive, is cut off, or has a file that is too long.
        StorageError: It cannot be written. What was written stays.
    """
    tree = DirectoryTree(layout.root, follow_symlinks=False, modes=modes)
    wanted = {
        tuple(map(os.fsencode, file.parts)): file
        for file in layout.files
        if file.parts and file.symlink is None
    }
    archive = TarInput(file, "what is sent")
    buffer = memoryview(bytearray(READ_LENGTH))
    for member in members(archive):
        placed = wanted.get(member.path)
        if placed is None or member.kind is not Kind.FILE:
            continue
        if member.size > placed.length:
            raise FormatError(f"what is sent is longer than the torrent says: {placed.parts[-1]}")
        path = tree.path(placed.parts)
        try:
            descriptor = tree.open_file(placed.parts, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise failures.write_error(error, path) from error
        try:
            _write(descriptor, member, archive, buffer)
        except OSError as error:
            raise failures.write_error(error, path) from error
        finally:
            os.close(descriptor)
    tree.sync()


def _write(descriptor: int, member: Member, archive: TarInput, buffer: memoryview) -> None:
    for extent in member.extents:
        for done in range(0, extent.length, len(buffer)):
            view = buffer[: extent.length - done]
            archive.read_at(extent.place + done, view)
            at = extent.offset + done
            while view:
                count = os.pwrite(descriptor, view, at)
                view, at = view[count:], at + count
    os.ftruncate(descriptor, member.size)
    os.fsync(descriptor)


def _head(name: str, size: int, begin: int) -> bytes:
    """The header of a file, and where it is sent from `begin` on, the map of its one hole."""
    info = tarfile.TarInfo(name)
    info.mode = 0o640
    info.size = size
    if not begin:
        return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    extent = f"{begin}\n{size - begin}\n" if size > begin else f"{size}\n0\n"
    sparse_map = f"1\n{extent}".encode()
    sparse_map += bytes(-len(sparse_map) % BLOCK)
    info.size = len(sparse_map) + size - begin
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape") + sparse_map


def _content(descriptor: int, begin: int, size: int, path: str) -> Iterator[bytes]:
    while begin < size:
        try:
            part = os.pread(descriptor, min(READ_LENGTH, size - begin), begin)
        except OSError as error:
            raise failures.read_error(error, path) from error
        if not part:
            raise StorageError(f"became shorter while it was read: {failures.named(path)}", path)
        begin += len(part)
        yield part
