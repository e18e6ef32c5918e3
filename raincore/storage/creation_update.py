"""A torrent made again of content that has changed a little, reading only what has changed.

The bytes are those that a creation from nothing would give. A file counts as unchanged only
if there is evidence: our record of how it was when the old torrent was made, or, for a
torrent from elsewhere, that its clocks say it is older than that torrent.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from raincore.formats.info import MetaVersion
from raincore.storage import (
    content_plan,
    content_scan,
    creation,
    creation_options,
    creation_record,
    creation_rehash,
    creation_reuse,
    tar_assembly,
)
from raincore.storage.creation import Created, Hashed
from raincore.storage.source_reader import SourceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_plan import Plan
    from raincore.storage.content_scan import Identity
    from raincore.storage.creation_options import CreateOptions
    from raincore.storage.creation_rehash import Rehashed

    Tell = Callable[[int, int], None]

__all__ = ["Updated", "options_of", "update"]

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Updated:
    """A torrent that was made again.

    Args:
        created: The torrent.
        bytes_read: Of files, to be hashed.
        bytes_reused: Of files whose hashes were known.
    """

    created: Created
    bytes_read: int
    bytes_reused: int


def options_of(old: Metainfo, options: CreateOptions, given: Collection[str]) -> CreateOptions:
    """Fill up what was not asked for with what the old torrent says.

    Args:
        old: The old torrent.
        options: As they are without it.
        given: The names of the options that were asked for, which win. Program, date,
            order, rules and jobs are those of `options` in any case.
    """
    info = old.info
    entropy = info.extra.get(b"entropy")
    is_v1 = info.meta_version is MetaVersion.V1
    kept: dict[str, Any] = {
        "version": info.meta_version,
        "name": os.fsdecode(info.raw_name),
        "piece_length": info.piece_length,
        "align": is_v1 and any(file.is_padding for file in info.files),
        "private": info.private,
        "source": info.source,
        "trackers": old.trackers,
        "webseeds": old.webseeds,
        "http_seeds": old.http_seeds,
        "nodes": old.nodes,
        "comment": old.comment,
        "similar": old.similar,
        "collections": old.collections,
        "entropy": entropy if isinstance(entropy, int) else None,
    }
    if "max_piece_length" in given:
        del kept["piece_length"]
    known = {field.name for field in fields(options)} - set(given)
    return replace(options, **{name: value for name, value in kept.items() if name in known})


def update(
    path: str,
    options: CreateOptions,
    old: Metainfo,
    old_time_ns: int,
    *,
    apart: Collection[Identity] = (),
    records: str | None = None,
    on_progress: Tell | None = None,
    stop: Callable[[], bool] | None = None,
) -> Updated:
    """Hash a file or a directory into a torrent, taking from an old one what still holds.

    Args:
        path: As for `creation.create`.
        options: As for `creation.create`; see `options_of`.
        old: An older torrent of the same content, made from files here or elsewhere; any
            other one is of no use and does no harm.
        old_time_ns: When its .torrent file was written, in nanoseconds since 1970.
        apart: As for `creation.create`.
        records: Where records are; None for the user's.
        on_progress: Told the bytes hashed so far of those that must be.
        stop: As for `creation.create`.

    Raises:
        ConfigError, FormatError, ReadError, Incomplete: As `creation.create`.
    """
    creation_options.check(options)
    began_ns = time.time_ns()
    place = os.path.abspath(path)
    name = creation_options.name_of(place, options)
    scan = content_scan.scan(place, options.rules, apart=apart)
    plan = content_plan.plan(scan, name, options)
    same, notes = unchanged(old, old_time_ns, plan, records)
    reader = SourceReader(plan.geometry, plan.sources)
    try:
        found = rehash(reader, plan, old, same, options, on_progress, stop)
        reader.require_unchanged()
    finally:
        reader.close()
    hashed = as_hashed(plan, found, options)
    same_name = os.fsencode(os.path.basename(place)) == os.fsencode(name)
    created = Created(
        creation.assemble(hashed, name, plan.geometry.piece_length, plan.is_multi_file, options),
        os.path.dirname(place) if same_name else None,
        (*scan.notes, *creation.notes_of(plan, options), *notes),
        tuple(source for source in plan.sources if source is not None),
        began_ns,
    )
    return Updated(created, found.bytes_read, plan.total_length - found.bytes_read)


def unchanged(
    old: Metainfo, old_time_ns: int, plan: Plan, records: str | None
) -> tuple[dict[int, int], list[str]]:
    """Find the files that are the same as when the old torrent was made.

    Returns:
        Indices of files, and of the same in the old torrent; and notes.
    """
    info = old.info
    count = sum(not entry.is_padding and entry.symlink is None for entry in info.files)
    record = creation_record.load(info.swarm_hash.hex(), count, records)
    notes = []
    # Whoever made the old torrent elsewhere had read the files before it dated it.
    limit_ns = 0
    if record is None and old.creation_date is None:
        notes.append("read all files, the old torrent was not made here and has no date")
    elif record is None:
        limit_ns = min(old_time_ns, (old.creation_date or 0) * NANOSECONDS)
    known: dict[tuple[bytes, ...], tuple[int, int]] = {}
    number = 0
    for index, entry in enumerate(info.files):
        if not entry.is_padding and entry.symlink is None:
            known[entry.raw_path[1:]] = index, number
            number += 1
    same = {}
    for index, source in enumerate(plan.sources):
        if source is None or not source.size:
            continue
        other, number = known.get(source.parts, (-1, -1))
        if other < 0 or info.files[other].length != source.size:
            continue
        if record is not None:
            is_same = record.vouches(number, source)
        else:
            is_same = max(source.mtime_ns, source.ctime_ns) < limit_ns
        if is_same:
            same[index] = other
    return same, notes


def rehash(
    reader: SourceReader,
    plan: Plan,
    old: Metainfo,
    same: dict[int, int],
    options: CreateOptions,
    on_progress: Tell | None,
    stop: Callable[[], bool] | None,
) -> Rehashed:
    """Hash what the old torrent does not know."""
    geometry = plan.geometry
    padding = {index for index, source in enumerate(plan.sources) if source is None}
    how: dict[str, Any] = {"jobs": options.jobs, "on_progress": on_progress, "stop": stop}
    pieces = None
    if options.version is not MetaVersion.V2:
        pieces = creation_reuse.known_pieces(old.info, geometry, same, padding)
    if pieces is not None and options.version is MetaVersion.V1:
        return creation_rehash.hash_pieces(reader.read_into, geometry, padding, pieces, **how)
    lengths = dict(enumerate(geometry.file_lengths))
    trees = creation_reuse.known_trees(old, lengths, geometry.piece_length, same)
    return creation_rehash.hash_trees(reader.read_into, geometry, padding, pieces, trees, **how)


def as_hashed(plan: Plan, found: Rehashed, options: CreateOptions) -> Hashed:
    """What `creation.assemble` takes."""
    if options.version is MetaVersion.V1:
        return Hashed(plan.listed, found.pieces, None)
    return tar_assembly.with_trees(plan.listed, found.trees, found.pieces)
