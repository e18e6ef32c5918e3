"""Where each file of a torrent lies under one root directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from raincore.base.errors import UnsafePath
from raincore.storage.failures import named

if TYPE_CHECKING:
    from raincore.formats.info import Info

__all__ = ["Layout", "PlacedFile"]


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """One file of the content, in content order.

    Args:
        parts: Path below the root, one name per component as the system spells it
            (surrogate escapes stand for bytes that are no UTF-8); empty for a padding
            file, which is never on disk (BEP 47).
        length: Bytes.
        attr: BEP 47 attributes: "x" executable, "l" symlink, "h" hidden, "p" padding.
        symlink: Where a symlink leads, as parts below the same root; None for a file.
    """

    parts: tuple[str, ...]
    length: int
    attr: str = ""
    symlink: tuple[str, ...] | None = None

    @property
    def is_padding(self) -> bool:
        """Whether the file exists in the content only."""
        return not self.parts


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one torrent and the directory they belong under.

    No component of any path or symlink target can lead out of `root` by its spelling;
    what symlinks on disk may do is the business of `directory_tree`.

    Args:
        root: The directory that holds the content (the parent of the torrent's name).
        files: All files in content order, padding included.

    Raises:
        UnsafePath: A component is empty, "." or "..", or contains "/" or NUL.
    """

    root: Path
    files: tuple[PlacedFile, ...]

    def __post_init__(self) -> None:
        checked: set[str] = set()
        for file in self.files:
            for part in (*file.parts, *(file.symlink or ())):
                if part not in checked:
                    check_component(part)
                    checked.add(part)

    @classmethod
    def of(cls, info: Info, root: Path) -> Self:
        """Place the files of an info dictionary under `root` (made absolute, not resolved)."""
        files = tuple(
            PlacedFile(
                parts=() if entry.is_padding else entry.disk_path,
                length=entry.length,
                attr=entry.attr,
                symlink=entry.disk_symlink,
            )
            for entry in info.files
        )
        return cls(Path(root).absolute(), files)

    def path_of(self, index: int) -> Path | None:
        """Absolute path of a file; None for padding."""
        file = self.files[index]
        return None if file.is_padding else self.root.joinpath(*file.parts)


def check_component(part: str) -> None:
    """Refuse a path component that names anything but an entry of its directory.

    Raises:
        UnsafePath: It is empty, "." or "..", or contains "/" or NUL.
    """
    if part in ("", ".", "..") or "/" in part or "\0" in part:
        raise UnsafePath(f"unsafe file name: {part!r}", named(part))
