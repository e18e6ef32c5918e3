"""What was found in an archive, laid out, hashed where it can be read again, and made a torrent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from raincore.base.errors import ConfigError, FormatError
from raincore.formats.info import MetaVersion
from raincore.storage import content_hashing, content_plan, creation
from raincore.storage.creation import Created, Hashed
from raincore.storage.tar_reader import TarReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.geometry import Geometry
    from raincore.formats.file_list import ListedFile
    from raincore.storage.creation_options import CreateOptions
    from raincore.storage.stream_hashing import FileSums
    from raincore.storage.stream_pieces import Sums
    from raincore.storage.tar_reader import Extents, ReadAt
    from raincore.storage.tar_tree import TarScan


__all__ = [
    "Plan",
    "Tell",
    "finished",
    "hash_extents",
    "lengths_for",
    "of_length",
    "of_sums",
    "planned",
]

Content = TypeVar("Content")
Tell: TypeAlias = "Callable[[int, int | None], None]"
"""Told the bytes done so far, and in all if that is known."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[Content]):
    """A torrent to be: the files as it lists them, and the content of each, None for padding."""

    found: TarScan[Content]
    layout: content_plan.Plan
    listed: list[ListedFile]
    contents: list[Content | None]
    geometry: Geometry


def lengths_for(size: int, options: CreateOptions) -> list[int]:
    """The piece lengths that content of `size` bytes or more may get, ascending.

    Raises:
        ConfigError: It may get one that was not thought of in time.
    """
    if options.piece_length is not None:
        return [options.piece_length]
    most = options.max_piece_length
    lengths = [content_plan.piece_length_for(size, most)]
    if lengths[0] > content_plan.MOST:
        raise ConfigError(
            f"so much content in a stream needs a piece length, such as {lengths[0]}",
            "piece_length",
        )
    while lengths[-1] < min(content_plan.MOST, most or content_plan.MOST):
        lengths.append(2 * lengths[-1])
    return lengths


def planned(found: TarScan[Content], options: CreateOptions) -> Plan[Content]:
    """Lay out what was found, as `creation` does for a directory.

    Raises:
        ConfigError: An option does not fit the content.
    """
    plan = content_plan.plan(found.scan, found.name, options)
    contents = [None if source is None else found.contents[source.parts] for source in plan.sources]
    return Plan(found, plan, plan.listed, contents, plan.geometry)


def hash_extents(
    plan: Plan[Extents], read_at: ReadAt, options: CreateOptions, tell: Tell
) -> Hashed:
    """Hash an archive, or a copy of what is in it, that can be read anywhere by any thread.

    Raises:
        Exception: What `read_at` raises.
    """
    reader = TarReader(read_at, plan.geometry, plan.contents)
    total = plan.geometry.total_length

    def told(done: int) -> None:
        tell(done, total)

    if options.version is MetaVersion.V1:
        pieces = content_hashing.hash_pieces(
            reader.read_into, plan.geometry, jobs=options.jobs, on_progress=told
        )
        return Hashed(plan.listed, pieces, None)
    trees, pieces = content_hashing.hash_trees(
        reader.read_into,
        plan.geometry,
        {index for index, content in enumerate(plan.contents) if content is None},
        with_pieces=options.version is MetaVersion.HYBRID,
        jobs=options.jobs,
        on_progress=told,
    )
    return with_trees(plan.listed, trees, pieces)


def with_trees(
    listed: Sequence[ListedFile], trees: dict[int, content_hashing.FileTree], pieces: bytes
) -> Hashed:
    """Put the roots into the files."""
    files = [
        file._replace(pieces_root=trees[index].root) if index in trees else file
        for index, file in enumerate(listed)
    ]
    return Hashed(files, pieces, {tree.root: tree.layer for tree in trees.values() if tree.layer})


def of_sums(plan: Plan[FileSums], options: CreateOptions) -> Hashed:
    """Put the hashes of files together that begin on piece boundaries.

    Raises:
        FormatError: They are not known for the piece length; see `of_length`.
    """
    length = plan.geometry.piece_length
    trees: dict[int, content_hashing.FileTree] = {}
    pieces = []
    for index, sums in enumerate(plan.contents):
        if sums is None:
            continue
        if sums.tree is not None:
            trees[index] = sums.tree.of(length)
        if sums.pieces is not None:
            following = plan.listed[index + 1 : index + 2]
            padding = sum(file.length for file in following if file.is_padding)
            pieces.append(of_length(sums.pieces, length, padding))
    if options.version is MetaVersion.V1:
        return Hashed(plan.listed, b"".join(pieces), None)
    return with_trees(plan.listed, trees, b"".join(pieces))


def of_length(sums: Sums, length: int, padding: int = 0) -> bytes:
    """The piece hashes for the piece length that was chosen in the end.

    Raises:
        FormatError: They were given up: files that counted were replaced by later, smaller
            ones of the same name, so that the content became smaller again.
    """
    if sums.least > length:
        raise FormatError(
            f"files come twice in the archive, so the piece length must be given, such as {length}"
        )
    return sums.of(length, padding)


def finished(plan: Plan[Content], hashed: Hashed, options: CreateOptions) -> Created:
    """Write the .torrent file; there is no data at rest that belongs to it."""
    found = plan.found
    made = creation.assemble(
        hashed, found.name, plan.geometry.piece_length, found.scan.is_directory, options
    )
    notes = (*found.scan.notes, *creation.notes_of(plan.layout, options))
    return Created(made, None, notes)
