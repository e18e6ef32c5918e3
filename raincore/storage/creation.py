"""A path on disk to a .torrent file of it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raincore.base import units
from raincore.base.errors import BencodeError, FormatError
from raincore.formats import info_builder, metainfo
from raincore.formats.file_list import ListedFile
from raincore.formats.info import MetaVersion
from raincore.storage import content_hashing, content_plan, content_scan, creation_options
from raincore.storage.source_reader import SourceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_plan import Plan
    from raincore.storage.content_scan import Identity, SourceFile
    from raincore.storage.creation_options import CreateOptions

__all__ = ["Created", "Hashed", "assemble", "create", "hash_content", "notes_of", "rehearsed"]


@dataclass(frozen=True, slots=True)
class Created:
    """A torrent that was made.

    Args:
        metainfo: The .torrent file; its bytes are `metainfo.raw`.
        data_dir: Absolute path of the directory that holds the content under the
            torrent's name; None when the torrent was given another name.
        notes: What the maker should know, one sentence each.
        sources: The files as they were scanned, in content order, padding left out.
        began_ns: When the scan began, in nanoseconds since 1970.
    """

    metainfo: Metainfo
    data_dir: str | None
    notes: tuple[str, ...]
    sources: tuple[SourceFile, ...] = ()
    began_ns: int = 0


def create(
    path: str,
    options: CreateOptions,
    *,
    apart: Collection[Identity] = (),
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Created:
    """Hash a file or a directory into a torrent.

    The same content, names and options give the same bytes on every machine. V1 lists
    files in the order of their whole paths as bytes, which is what mktorrent and
    transmission do; aligned V1, V2 and HYBRID in the order of the file tree. What is
    executable is marked. libtorrent makes the same info dictionaries of files in that
    order.

    Args:
        path: What to hash; a symlink is followed.
        options: How.
        apart: Device and inode of files that are not content wherever they lie, such as
            that to which the torrent will be written.
        on_progress: Told the bytes hashed so far and in all, padding included.
        stop: Asked several times a second; yes ends the work.

    Raises:
        ConfigError: An option does not fit the content.
        FormatError: There is nothing to make a torrent of.
        ReadError: Something cannot be read, or changed while it was hashed.
        Incomplete: `stop` said yes.
    """
    creation_options.check(options)
    began_ns = time.time_ns()
    place = os.path.abspath(path)
    name = creation_options.name_of(place, options)
    scan = content_scan.scan(place, options.rules, apart=apart)
    plan = content_plan.plan(scan, name, options)
    if not info_builder.is_plain(plan.listed):
        rehearsed(plan, options)
    hashed = hash_content(plan, options, on_progress, stop)
    made = assemble(hashed, name, plan.geometry.piece_length, plan.is_multi_file, options)
    same_name = os.fsencode(os.path.basename(place)) == os.fsencode(name)
    return Created(
        made,
        os.path.dirname(place) if same_name else None,
        (*scan.notes, *notes_of(plan, options)),
        tuple(source for source in plan.sources if source is not None),
        began_ns,
    )


def notes_of(plan: Plan, options: CreateOptions) -> list[str]:
    """What is allowed but seldom meant, one sentence each."""
    notes = []
    if options.private and not options.trackers:
        notes.append("a private torrent without a tracker finds no peers")
    if options.version is not MetaVersion.V2 and plan.padding_length > plan.total_length:
        padding = units.format_size(plan.padding_length)
        notes.append(
            f"padding is more than the content, shorter pieces or --v2 need less of it: {padding}"
        )
    return notes


@dataclass(frozen=True, slots=True)
class Hashed:
    """What hashing gave: the files with their roots, piece hashes, piece layers."""

    files: list[ListedFile]
    piece_hashes: bytes
    piece_layers: dict[bytes, bytes] | None


def hash_content(
    plan: Plan,
    options: CreateOptions,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Hashed:
    """Read everything once and hash it as the version wants.

    Raises:
        ReadError, Incomplete: As `create`.
    """
    listed, sources, geometry = plan.listed, plan.sources, plan.geometry

    def tell(done: int) -> None:
        if on_progress is not None:
            on_progress(done, geometry.total_length)

    reader = SourceReader(geometry, sources)
    try:
        if options.version is MetaVersion.V1:
            pieces = content_hashing.hash_pieces(
                reader.read_into, geometry, jobs=options.jobs, on_progress=tell, stop=stop
            )
            reader.require_unchanged()
            return Hashed(list(listed), pieces, None)
        padding = {index for index, source in enumerate(sources) if source is None}
        trees, pieces = content_hashing.hash_trees(
            reader.read_into,
            geometry,
            padding,
            with_pieces=options.version is MetaVersion.HYBRID,
            jobs=options.jobs,
            on_progress=tell,
            stop=stop,
        )
        reader.require_unchanged()
    finally:
        reader.close()
    files = list(listed)
    for index, tree in trees.items():
        path, length, attr, *_ = files[index]
        files[index] = ListedFile(path, length, attr, None, tree.root)
    layers = {tree.root: tree.layer for tree in trees.values() if tree.layer}
    return Hashed(files, pieces, layers)


def rehearsed(plan: Plan, options: CreateOptions) -> Metainfo:
    """The .torrent file with zeros for hashes and without piece layers.

    So what nobody could read, such as paths that are too deep, is refused before hours go
    into hashing.

    Raises:
        FormatError: It would be that.
    """
    length = plan.geometry.piece_length
    files, is_v1 = plan.listed, options.version is MetaVersion.V1
    if not is_v1:
        files = [
            file._replace(pieces_root=bytes(32)) if file.length and not file.is_padding else file
            for file in files
        ]
    hashed = Hashed(files, bytes(20 * plan.geometry.piece_count), None if is_v1 else {})
    try:
        return assemble(hashed, plan.name, length, plan.is_multi_file, options)
    except BencodeError as error:  # too many values: the depth was looked at before
        raise FormatError(
            f"more files than a {options.version.value} torrent can hold: {len(files)}"
        ) from error


def assemble(
    hashed: Hashed, name: str, piece_length: int, is_multi_file: bool, options: CreateOptions
) -> Metainfo:
    """Write the .torrent file."""
    inside: dict[str, Any] = {
        "name": name,
        "piece_length": piece_length,
        "private": options.private,
        "source": options.source,
        "extra": {} if options.entropy is None else {b"entropy": options.entropy},
    }
    if options.version is MetaVersion.V2:
        info = info_builder.build_v2(hashed.files, **inside)
    else:
        is_v1 = options.version is MetaVersion.V1
        build = info_builder.build_v1 if is_v1 else info_builder.build_hybrid
        inside.update(piece_hashes=hashed.piece_hashes, is_multi_file=is_multi_file)
        info = build(hashed.files, **inside)
    return metainfo.made(
        info,
        trackers=options.trackers,
        webseeds=options.webseeds,
        http_seeds=options.http_seeds,
        nodes=options.nodes,
        similar=options.similar,
        collections=options.collections,
        comment=options.comment,
        created_by=options.created_by,
        creation_date=options.creation_date,
        piece_layers=hashed.piece_layers,
    )
