"""Where the content of a torrent is on this machine, as options and documents say."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.storage.layout import Layout, PlacedFile

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.info import Info

__all__ = ["directory", "layout"]


def layout(
    info: Info, document: TorrentDocument, directory: Path | None, content: str | None
) -> Layout:
    """Say where each file of a torrent should be.

    Args:
        info: The torrent.
        document: What may name the directory, if no option does.
        directory: The directory that holds the content under the torrent's name.
        content: The content itself, whatever it is called; takes the place of `directory`.

    Raises:
        UnsafePath: The name in `content` is none for a file.
    """
    if content is None:
        return Layout.of(info, directory or Path(document.data_dir or "."))
    parent, name = os.path.split(os.path.abspath(content))
    files = Layout.of(info, Path(parent)).files
    return Layout(Path(parent), tuple(_renamed(file, name) for file in files))


def directory(info: Info, placed: Layout, content: str | None) -> str | None:
    """The directory that a document may name; None if others would not find the content there.

    Args:
        info: The torrent.
        placed: What `layout` said.
        content: As there; it may have another name than the torrent.
    """
    if content is not None and placed != Layout.of(info, placed.root):
        return None
    return str(placed.root)


def _renamed(file: PlacedFile, name: str) -> PlacedFile:
    link = file.symlink and (name, *file.symlink[1:])
    return replace(file, parts=file.parts and (name, *file.parts[1:]), symlink=link)
