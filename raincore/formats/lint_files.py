"""The files of a torrent for `lint`: each with its place and its keys as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.formats.lint_codes import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.file_entry import FileEntry
    from raincore.formats.file_names import RawPath
    from raincore.formats.info import Info

__all__ = ["LintedFile", "check", "listed"]

ALIKE = (b"attr", b"mtime", b"symlink path")
"""What both halves of a hybrid say of a file, beside its path and length."""


class LintedFile(NamedTuple):
    """One file, no padding.

    Args:
        entry: As parsed.
        where: Its key path.
        keys: Its dictionary: v1's if there is one, else v2's.
        leaf: v2's, in a hybrid too.
    """

    entry: FileEntry
    where: str
    keys: Mapping[bytes, Value]
    leaf: Mapping[bytes, Value] | None


def listed(info: Info, values: dict[bytes, Value]) -> list[LintedFile]:
    """Find the dictionary of each file, padding left out.

    Args:
        info: The info dictionary.
        values: The same, decoded anew.
    """
    tree = values.get(b"file tree")
    leaves = _leaves(tree) if isinstance(tree, dict) and info.info_hash_v2 is not None else None
    flat = values.get(b"files") if info.info_hash is not None else None
    found = []
    for index, entry in enumerate(info.files):
        if entry.is_padding:
            continue
        leaf = None if leaves is None else next(leaves)
        where, keys = "info", values
        if isinstance(flat, list):
            where, keys = f"info.files[{index}]", flat[index]  # type: ignore[assignment]  # parsed: dictionaries
        elif leaf is not None and info.info_hash is None:
            where, keys = f"info.file tree.{'/'.join(entry.path)}", leaf
        found.append(LintedFile(entry, where, keys, leaf))
    return found


def check(info: Info, files: Sequence[LintedFile]) -> Iterator[Finding]:
    """Look at symlinks, and at what the halves of a hybrid say of each file.

    Args:
        info: The info dictionary.
        files: What `listed` gave.
    """
    is_hybrid = info.info_hash is not None and info.info_hash_v2 is not None
    places: set[RawPath] | None = None
    for file in files:
        if is_hybrid and file.leaf is not None:
            differ = [key for key in ALIKE if file.keys.get(key) != file.leaf.get(key)]
            if differ:
                names = ", ".join(key.decode() for key in differ)
                yield finding("hybrid-attributes-differ", file.where, f"v1 and v2 differ: {names}")
        if file.entry.symlink is not None:
            if places is None:
                places = _places(files)
            yield from _symlink(file, info, places)


def _symlink(file: LintedFile, info: Info, places: set[RawPath]) -> Iterator[Finding]:
    target = file.keys.get(b"symlink path")
    parts = tuple(part for part in target if isinstance(part, bytes)) if target else ()  # type: ignore[union-attr]  # parsed: a list
    shown = b"/".join(parts).decode("utf-8", "replace")
    if any(part in (b"", b".", b"..") or b"/" in part for part in parts):
        yield finding("symlink-outside", file.where, f"leads out of the torrent: {shown!r}")
    elif ((info.raw_name, *parts) if info.is_multi_file else parts) not in places:
        yield finding("symlink-dangling", file.where, f"leads to nothing: {shown!r}")


def _places(files: Sequence[LintedFile]) -> set[RawPath]:
    """The raw path of every file and directory."""
    found: set[RawPath] = set()
    for file in files:
        path = file.entry.raw_path
        while path and path not in found:
            found.add(path)
            path = path[:-1]
    return found


def _leaves(tree: dict[bytes, Value]) -> Iterator[dict[bytes, Value]]:
    """The dictionaries of the files in a tree, in the order in which parsing gives them."""
    for _, node in sorted(tree.items()):
        assert isinstance(node, dict)
        leaf = node.get(b"")
        if isinstance(leaf, dict):
            yield leaf
        else:
            yield from _leaves(node)
