"""A path on disk to a .torrent file of it."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raincore.base.errors import ConfigError
from raincore.base.geometry import Geometry
from raincore.formats import info_builder, metainfo
from raincore.formats.file_list import ListedFile
from raincore.formats.info import MAX_PIECES, MetaVersion
from raincore.storage import content_hashing, content_plan, content_scan
from raincore.storage.content_scan import Rules
from raincore.storage.failures import named
from raincore.storage.source_reader import SourceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_scan import Scan, SourceFile

__all__ = ["CreateOptions", "Created", "create"]

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """How to make a torrent.

    Args:
        version: V1 (BEP 3), V2 or HYBRID (BEP 52).
        name: None for the last component of the path.
        piece_length: Bytes; a multiple of 16 KiB, for V2 and HYBRID a power of two; None
            for what `content_plan` says.
        align: Start every file on a piece boundary in V1 too, with padding (BEP 47).
        private: Peers come from the trackers only (BEP 27).
        source: A tag that changes the info-hash, as private trackers want.
        trackers: Tiers of announce URLs (BEP 12).
        webseeds: URLs (BEP 19).
        http_seeds: URLs (BEP 17).
        nodes: DHT nodes, "host:port" or "[v6]:port" (BEP 5).
        comment: For people.
        created_by: The program; None to say nothing.
        creation_date: Seconds since 1970; None to say nothing.
        rules: Which files to take.
        jobs: Threads that hash; None for one a core.
    """

    version: MetaVersion = MetaVersion.V1
    name: str | None = None
    piece_length: int | None = None
    align: bool = False
    private: bool = False
    source: str | None = None
    trackers: tuple[tuple[str, ...], ...] = ()
    webseeds: tuple[str, ...] = ()
    http_seeds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    comment: str | None = None
    created_by: str | None = None
    creation_date: int | None = None
    rules: Rules = field(default_factory=Rules)
    jobs: int | None = None


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
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Created:
    """Hash a file or a directory into a torrent.

    The same content, names and options give the same bytes on every machine. V1 lists
    files in the order of their whole paths as bytes and without attributes, which is what
    mktorrent and transmission do; V2 and HYBRID in the order of the file tree, marking
    executables, which is what libtorrent does. The info-hashes are then the same.

    Args:
        path: What to hash; a symlink is followed.
        options: How.
        on_progress: Told the bytes hashed so far and in all, padding included.
        stop: Asked several times a second; yes ends the work.

    Raises:
        ConfigError: An option does not fit the content.
        FormatError: There is nothing to make a torrent of.
        ReadError: Something cannot be read, or changed while it was hashed.
        Incomplete: `stop` said yes.
    """
    check_urls(options)
    began_ns = time.time_ns()
    place = os.path.abspath(path)
    name = name_of(place, options)
    scan = content_scan.scan(place, options.rules)
    if options.version is not MetaVersion.V1:
        check_tree(scan, name)
    size = sum(file.size for file in scan.files)
    length = content_plan.checked_piece_length(options.piece_length, size, options.version)
    listed, sources = content_plan.laid_out(
        scan, os.fsencode(name), length, options.version, align=options.align
    )
    geometry = Geometry(length, [file.length for file in listed])
    if geometry.piece_count > MAX_PIECES:
        raise ConfigError(
            f"pieces of {length} bytes would be more than {MAX_PIECES}: {geometry.piece_count}",
            "piece_length",
        )
    hashed = hash_content(listed, sources, geometry, options, on_progress, stop)
    made = assemble(hashed, name, length, scan.is_directory, options)
    notes = scan.notes
    if options.private and not options.trackers:
        notes = (*notes, "a private torrent without a tracker finds no peers")
    same_name = os.fsencode(os.path.basename(place)) == os.fsencode(name)
    read = tuple(source for source in sources if source is not None)
    return Created(made, os.path.dirname(place) if same_name else None, notes, read, began_ns)


def name_of(place: str, options: CreateOptions) -> str:
    """The torrent's name: the one wanted, or the last component of the path.

    Raises:
        ConfigError: It is no name for a file.
    """
    name = os.path.basename(place) if options.name is None else options.name
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ConfigError(f"not a name for a torrent: {named(name) or '(none)'}", "name")
    return name


def check_urls(options: CreateOptions) -> None:
    """Refuse what cannot be a URL, such as a forgotten "http://".

    Raises:
        ConfigError: One is not.
    """
    urls = [url for tier in options.trackers for url in tier]
    for kind, given in (
        ("tracker", urls),
        ("web seed", options.webseeds),
        ("HTTP seed", options.http_seeds),
    ):
        for url in given:
            if not URL.fullmatch(url):
                raise ConfigError(f"{kind} is not a URL: {named(url) or '(empty)'}", kind)


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


@dataclass(frozen=True, slots=True)
class Hashed:
    """What hashing gave: the files with their roots, piece hashes, piece layers."""

    files: list[ListedFile]
    piece_hashes: bytes
    piece_layers: dict[bytes, bytes] | None


def hash_content(
    listed: Sequence[ListedFile],
    sources: Sequence[SourceFile | None],
    geometry: Geometry,
    options: CreateOptions,
    on_progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool] | None,
) -> Hashed:
    """Read everything once and hash it as the version wants.

    Raises:
        ReadError, Incomplete: As `create`.
    """

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


def assemble(
    hashed: Hashed, name: str, piece_length: int, is_multi_file: bool, options: CreateOptions
) -> Metainfo:
    """Write the .torrent file."""
    inside: dict[str, Any] = {
        "name": name,
        "piece_length": piece_length,
        "private": options.private,
        "source": options.source,
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
        comment=options.comment,
        created_by=options.created_by,
        creation_date=options.creation_date,
        piece_layers=hashed.piece_layers,
    )
