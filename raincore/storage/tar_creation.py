"""A tar archive to a .torrent file of what is in it, without unpacking.

Three ways. An archive that can be read again, a file, is listed first and then hashed like
a directory. From a pipe, files that begin on piece boundaries (v2, hybrid, aligned v1) are
hashed as they come, in any order. Files laid end to end (v1) must be hashed in the order of
the torrent: see `tar_sequence`.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from raincore.base.errors import ReadError
from raincore.formats.info import MetaVersion
from raincore.storage import content_plan, creation_options, tar_assembly
from raincore.storage.stream_hashing import StreamHasher
from raincore.storage.stream_pool import Pool
from raincore.storage.tar_input import TarInput
from raincore.storage.tar_members import Kind, members
from raincore.storage.tar_reader import ForwardReader
from raincore.storage.tar_sequence import TarSequence
from raincore.storage.tar_tree import TarTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raincore.storage.stream_hashing import FileSums
    from raincore.storage.tar_assembly import Tell
    from raincore.storage.tar_reader import Extents

__all__ = ["create"]


def create(
    file: IO[bytes],
    label: str,
    options: CreateOptions,
    *,
    on_progress: Tell | None = None,
    warn: Callable[[str], None] | None = None,
) -> Created:
    """Hash the content of an archive into a torrent: that of the unpacked directory.

    Args:
        file: A tar archive, also one packed by gzip, bzip2 or xz; open for reading in
            binary, unbuffered. It stays the caller's.
        label: What messages call it.
        options: As for a directory. Without a name the torrent gets that of the one
            directory, or the one file, at the top of the archive.
        on_progress: Told the bytes read so far, and in all once that is known.
        warn: Told at once what costs disk space.

    Raises:
        ConfigError: An option does not fit the content.
        FormatError: Not an archive, a damaged or unsafe one, or one whose order does not
            allow to hash it as it comes.
        ReadError: The archive cannot be read, or changed meanwhile.
        WriteError: There is no room to keep it.
    """
    creation_options.check(options)
    content_plan.checked_piece_length(
        options.piece_length, 0, options.version, options.max_piece_length
    )
    archive = TarInput(file, label)
    tell = on_progress or (lambda done, total: None)
    if archive.descriptor is not None:
        return of_file(archive, options, tell)
    if options.version is not MetaVersion.V1 or options.align:
        return of_aligned_stream(archive, options, tell)
    with TarSequence(archive, options, tell, warn or (lambda note: None)) as sequence:
        for member in members(archive):
            sequence.take(member)
        return sequence.finish()


def of_file(archive: TarInput, options: CreateOptions, tell: Tell) -> Created:
    """List first, hash then."""
    assert archive.descriptor is not None
    before = os.fstat(archive.descriptor)
    tree: TarTree[Extents] = TarTree(options.rules, options.name)
    for member in members(archive):
        tree.add(member, member.extents if member.kind is Kind.FILE else None)
    plan = tar_assembly.planned(tree.scan(), options)
    hashed = tar_assembly.hash_extents(plan, archive.read_at, options, tell)
    after = os.fstat(archive.descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ReadError(f"archive changed while it was hashed: {archive.name}", archive.name)
    return tar_assembly.finished(plan, hashed, options)


def of_aligned_stream(archive: TarInput, options: CreateOptions, tell: Tell) -> Created:
    """Hash each file as it comes; where it belongs is found out in the end."""
    tree: TarTree[FileSums] = TarTree(options.rules, options.name)
    with_tree = options.version is not MetaVersion.V1
    with_pieces = options.version is not MetaVersion.V2
    lengths = tar_assembly.lengths_for(0, options)
    total = 0
    with Pool(options.jobs) as pool:
        hasher = StreamHasher(pool, lengths, lambda done: tell(done, None))
        for member in members(archive):
            sums = None
            if member.kind is Kind.FILE:
                if tree.counts(member):
                    total += member.size - tree.size_of(member.path)
                    hasher.at_least(tar_assembly.lengths_for(total, options)[0])
                reader = ForwardReader(archive.read_at, member.extents)
                sums = hasher.file(
                    member.size, reader.fill, with_pieces=with_pieces, with_tree=with_tree
                )
            tree.add(member, sums)
        plan = tar_assembly.planned(tree.scan(), options)
        hashed = tar_assembly.of_sums(plan, options)
    return tar_assembly.finished(plan, hashed, options)
