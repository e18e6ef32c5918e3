"""Bytes of one file of a torrent, to be read in order: which file, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import ConfigError
from raincore.base.path_glob import content_matches
from raincore.base.printable import printable
from raincore.formats.byte_range import WHOLE, ByteRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.formats.info import FileEntry, Info

__all__ = ["Excerpt", "Place", "locate"]

NAMED = 3
"""So many of several files that match are named."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is asked for, before it is known which files there are.

    Args:
        file: Its number as documents count, its path, or a glob that only it matches.
        wanted: Which bytes of it.
    """

    file: int | str
    wanted: ByteRange = WHOLE


class Place(NamedTuple):
    """Where an excerpt lies.

    Args:
        number: Of the file, as documents count.
        path: Of the file, as documents show it.
        begin: Content offset of the first byte.
        end: Content offset behind the last byte.
    """

    number: int
    path: str
    begin: int
    end: int


def locate(excerpt: Excerpt, info: Info) -> Place:
    """Find the one file, and its bytes. O(files).

    Raises:
        ConfigError: There is no such file, there are several, it is a link, or it has no
            byte of the range.
    """
    number = _number(excerpt.file, info.display_files())
    index = info.display_indices()[number]
    file = info.files[index]
    path = "/".join(file.path)
    if file.symlink is not None:
        target = printable("/".join(file.symlink), limit=200)
        raise ConfigError(f"is a link to {target}, and has no bytes: {path}", "stdout")
    run = excerpt.wanted.within(file.length)
    if not run and excerpt.wanted != WHOLE:
        raise ConfigError(
            f"range {excerpt.wanted} has no byte of a file of {file.length}: {path}", "range"
        )
    begin = info.geometry.file_offsets[index]
    return Place(number, path, begin + run.start, begin + run.stop)


def _number(name: int | str, files: Sequence[FileEntry]) -> int:
    """The one file that is meant."""
    if isinstance(name, int):
        if name >= len(files):
            raise ConfigError(f"no such file: {name} of {len(files)}", "stdout")
        return name
    paths = [file.path for file in files]
    wanted = tuple(name.split("/"))
    exact = [number for number, path in enumerate(paths) if wanted in (path, path[1:])]
    found = exact[:1] or [n for n, path in enumerate(paths) if content_matches(path, name)]
    if not found:
        raise ConfigError(f"no file matches {printable(name)!r}", "stdout")
    if len(found) > 1:
        some = ", ".join(printable("/".join(paths[n]), limit=80) for n in found[:NAMED])
        more = ", …" if len(found) > NAMED else ""
        raise ConfigError(
            f"{len(found)} files match {printable(name)!r}, name one of them: {some}{more}",
            "stdout",
        )
    return found[0]
