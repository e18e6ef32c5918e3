"""One file of the content, and how the listed files become the content."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import HybridMismatch
from raincore.base.printable import displayed
from raincore.formats import file_names
from raincore.formats.file_list import ListedFile
from raincore.formats.file_names import SafePath

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.file_names import Path, RawPath

__all__ = ["FileEntry", "aligned", "entries", "merged"]


class FileEntry(NamedTuple):
    """One file of the content; a tuple, because there may be 100,000 of them.

    All paths are relative to the directory that holds the content: in a torrent of
    several files they start with its name.

    Args:
        path: Safe and printable, for people and documents; unique in the torrent.
        disk_path: Safe, as the system spells it (surrogate escapes); unique too. Most
            often the same as `path`; see `file_names`.
        raw_path: As in the torrent; as hostile as its maker likes.
        length: Bytes.
        attr: BEP 47: "x" executable, "h" hidden, "l" symlink, "p" padding.
        symlink: Where a symlink leads, as `path`; always inside the content.
        disk_symlink: The same as `disk_path`.
        pieces_root: Root of the file's SHA-256 tree, 32 bytes (BEP 52).
        mtime: Seconds since 1970.
        extra: Its unknown keys, as decoded; None for none.
    """

    path: Path
    disk_path: Path
    raw_path: RawPath
    length: int
    attr: str = ""
    symlink: Path | None = None
    disk_symlink: Path | None = None
    pieces_root: bytes | None = None
    mtime: int | None = None
    extra: Mapping[bytes, Value] | None = None

    @property
    def is_padding(self) -> bool:
        """Whether it exists in the content only: zeros that are never stored (BEP 47)."""
        return "p" in self.attr


def aligned(listed: Sequence[ListedFile], piece_length: int) -> list[ListedFile]:
    """Put padding between files so that each starts on a piece boundary (BEP 52).

    Nothing is put after the last file, whose piece then simply ends with it.

    Args:
        listed: Without padding; all below one directory.
        piece_length: Bytes.

    Returns:
        A new list; padding files are called ".pad/<length>" (BEP 47).
    """
    found: list[ListedFile] = []
    gap = 0
    for file in listed:
        if file.length and gap:
            found.append(ListedFile((file.path[0], b".pad", b"%d" % gap), gap, "p"))
        if file.length:
            gap = -file.length % piece_length
        found.append(file)
    return found


def merged(
    flat: Sequence[ListedFile], tree: Sequence[ListedFile], piece_length: int
) -> list[ListedFile]:
    """Check that both halves of a hybrid describe the same content; give them as one.

    The v1 half must lay the files out as `aligned` does, else the same piece index would
    mean different bytes to different peers (BEP 52, "upgrade path"). Padding after the
    last file is optional: some creators write it.

    Args:
        flat: The v1 half, padding included.
        tree: The v2 half.
        piece_length: Bytes.

    Returns:
        The v1 half, with the pieces roots of the v2 half.

    Raises:
        HybridMismatch: They differ.
    """
    found = []
    offset = expected = 0
    others = iter(tree)
    for index, file in enumerate(flat):
        where = f"info.files[{index}]"
        if file.is_padding:
            found.append(file)
        else:
            other = next(others, None)
            if other is None or (file.path, file.length) != (other.path, other.length):
                raise HybridMismatch("is not the same file as in the file tree", where)
            if file.length and offset != expected:
                raise HybridMismatch("must start on a piece boundary of its own", where)
            path, length, attr, symlink, _, mtime, extra = file  # five times as fast as _replace
            root = other.pieces_root
            found.append(ListedFile(path, length, attr, symlink, root, mtime, extra))
            expected += -(-file.length // piece_length) * piece_length
        offset += file.length
    if next(others, None) is not None:
        raise HybridMismatch("has more files than info.files", "info.file tree")
    if offset > expected:
        raise HybridMismatch("padding after the last file is too long", "info.files")
    return found


def entries(listed: Sequence[ListedFile], is_multi_file: bool) -> tuple[FileEntry, ...]:
    """Give every file a safe path of its own.

    Symlinks lead to the file or directory that their target names in the torrent; if
    there is none, to a safe path inside the content that does not exist.
    """
    raws = [file.path for file in listed if "p" not in file.attr]
    safe = file_names.safe_paths(raws)
    places = iter(safe)
    targets: dict[RawPath, SafePath] = {}
    if any(file.symlink is not None for file in listed):
        targets = _by_raw_path(raws, safe)
    found = []
    for file in listed:
        path, length, attr, symlink, root, mtime, extra = file
        disk, shown = _padding_path(path) if "p" in attr else next(places)
        target = shown_target = None
        if symlink is not None:
            raw = (path[0], *symlink) if is_multi_file else symlink
            target, shown_target = targets.get(raw) or _safe(raw)
        found.append(
            FileEntry(shown, disk, path, length, attr, shown_target, target, root, mtime, extra)
        )
    return tuple(found)


def _padding_path(raw: RawPath) -> SafePath:
    """As `_safe`; a hybrid of many files has as many padding files, all of them numbers."""
    if not raw[-1].isdigit() or len(raw[-1]) > file_names.MAX_COMPONENT:
        return _safe(raw)
    disk, shown = _padding_directory(raw[:-1])
    name = raw[-1].decode()
    path = (*disk, name)
    return SafePath(path, path if shown == disk else (*shown, name))


def _safe(raw: RawPath) -> SafePath:
    """A safe path that need not be unique."""
    disk = tuple(map(file_names.safe_component, raw))
    return SafePath(disk, tuple(map(displayed, disk)))


_padding_directory = lru_cache(maxsize=16)(_safe)


def _by_raw_path(raws: Sequence[RawPath], safe: Sequence[SafePath]) -> dict[RawPath, SafePath]:
    """What every file and every directory is called, by its name in the torrent."""
    found: dict[RawPath, SafePath] = {}
    for raw, place in zip(raws, safe, strict=True):
        found.setdefault(raw, place)
        for depth in range(1, len(raw)):
            found.setdefault(raw[:depth], SafePath(place.disk[:depth], place.shown[:depth]))
    return found
