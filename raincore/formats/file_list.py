"""The files that an info dictionary lists, as it spells them: v1 list and v2 tree.

HOSTILE INPUT: names may be anything here; `info` makes them safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from raincore.base.errors import MetainfoError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from raincore.formats.bencoding import Value
    from raincore.formats.file_names import RawPath

__all__ = [
    "BITCOMET_PADDING",
    "MAX_COMPONENTS",
    "MAX_CONTENT",
    "MAX_DIRECTORIES",
    "ListedFile",
    "of_list",
    "of_single",
    "of_tree",
]

MAX_CONTENT = 2**63 - 1
"""Bytes in one torrent: what a file offset can hold."""

MAX_DIRECTORIES = 100
"""Components in one path."""

MAX_COMPONENTS = 3_000_000
"""Components in all paths of a tree. A tree names a directory once for all files in it, so
30 MB from a stranger could otherwise become gigabytes of paths. A list cannot: it spells
every path out, and bencoding.MAX_TOKENS is the same number."""

ATTRIBUTES = frozenset("xhlp")
FILE_KEYS = frozenset(
    {b"attr", b"length", b"mtime", b"path", b"path.utf-8", b"pieces root", b"symlink path"}
)
BITCOMET_PADDING = b"_____padding_file"
"""How the names of BitComet's padding files begin; they have no attribute."""


class ListedFile(NamedTuple):
    """One file as listed; a tuple, because there may be 100,000 of them.

    `path` starts with the torrent's name; `symlink` is the target as listed: relative to
    the directory of that name (BEP 47); `extra` are its unknown keys, None for none.
    """

    path: RawPath
    length: int
    attr: str = ""
    symlink: RawPath | None = None
    pieces_root: bytes | None = None
    mtime: int | None = None
    extra: dict[bytes, Value] | None = None

    @property
    def is_padding(self) -> bool:
        """Whether it only fills the gap before the next file (BEP 47; BitComet's way too)."""
        return "p" in self.attr


def of_list(files: Value, name: bytes) -> list[ListedFile]:
    """Read the `files` of a v1 info dictionary (BEP 3, BEP 47).

    Prefers the `path.utf-8` that some creators add to a `path` in another encoding.

    Raises:
        MetainfoError: Not a list of files, or an entry lacks or contradicts what is needed.
    """
    if not isinstance(files, list) or not files:
        _refuse("must be a list of at least one file", "info.files")
    found = []
    for index, entry in enumerate(files):
        if type(entry) is not dict:
            _refuse("must be a dictionary", f"info.files[{index}]")
        path = entry.get(b"path.utf-8")
        if path is None:
            path = entry.get(b"path")
        raw = _path(path)
        if raw is None:
            key = "path.utf-8" if b"path.utf-8" in entry else "path"
            _refuse(_bad_path(path), f"info.files[{index}].{key}")
        length = entry.get(b"length")
        if len(entry) == 2 and type(length) is int and 0 <= length <= MAX_CONTENT:
            # Neither attributes nor anything else: nearly all files of nearly all torrents.
            attr = "p" if _is_bitcomets(raw) else ""
            found.append(ListedFile((name, *raw), length, attr))
        else:
            found.append(_entry((name, *raw), entry, f"info.files[{index}]"))
    return found


def of_single(info: dict[bytes, Value], name: bytes) -> list[ListedFile]:
    """Read the one file of a v1 info dictionary that has `length` instead of `files`.

    Raises:
        MetainfoError: As `of_list`.
    """
    # The keys beside those of the file are those of the torrent.
    return [_entry((name,), info, "info")._replace(extra=None)]


def of_tree(tree: Value, name: bytes) -> tuple[list[ListedFile], bool]:
    """Read the `file tree` of a v2 info dictionary (BEP 52, "file tree").

    Returns:
        The files in the order of the tree, keys sorted as bytes at every level whatever
        their order in the input, and whether they are in a directory called `name`. They
        are not if the tree holds one file of that very name.

    Raises:
        MetainfoError: Not a tree of files, or an entry lacks or contradicts what is needed.
    """
    where = "info.file tree"
    if not isinstance(tree, dict) or not tree:
        _refuse("must be a dictionary of at least one file", where)
    found: list[ListedFile] = []
    only = tree.get(name)
    if len(tree) == 1 and isinstance(only, dict) and b"" in only:
        _walk(tree, (), found, 0)
        return found, False
    _walk(tree, (name,), found, 0)
    if not found:
        _refuse("has directories only", where)
    return found, True


def _walk(node: dict[bytes, Value], path: RawPath, found: list[ListedFile], components: int) -> int:
    """Add the files below a directory; count the components of all paths so far."""
    if len(path) > MAX_DIRECTORIES:
        _refuse(f"is deeper than {MAX_DIRECTORIES} directories", "info.file tree")
    for key in sorted(node):
        child = node[key]
        if type(child) is not dict:
            _refuse("must be a dictionary", _where((*path, key)))
        if b"" not in child:
            components = _walk(child, (*path, key), found, components)
            continue
        entry = child[b""]
        if type(entry) is not dict or len(child) != 1:
            _refuse("is both a file and a directory, or neither", _where((*path, key)))
        components += len(path) + 1
        if components > MAX_COMPONENTS:
            _refuse(f"has more than {MAX_COMPONENTS} names in its paths", "info.file tree")
        found.append(_tree_file((*path, key), entry))
    return components


def _tree_file(path: RawPath, entry: dict[bytes, Value]) -> ListedFile:
    root = entry.get(b"pieces root")
    if type(root) is bytes and len(root) == 32 and len(entry) == 2:
        # Nothing else than a length, as nearly always: the rest would cost four times as much.
        length = entry.get(b"length")
        if type(length) is int and 0 < length <= MAX_CONTENT and not _is_bitcomets(path):
            return ListedFile(path, length, "", None, root)
    where = _where(path)
    listed = _entry(path, entry, where)
    if listed.is_padding:
        _refuse("padding has no place in a file tree", where)
    if listed.length == 0:
        return listed
    if not isinstance(root, bytes) or len(root) != 32:
        _refuse("pieces root must be 32 bytes", where)
    return listed._replace(pieces_root=root)


def _is_bitcomets(path: RawPath) -> bool:
    return path[-1].startswith(BITCOMET_PADDING)


def _where(path: RawPath) -> str:
    # Cut, or a long name would push what is wrong out of the message.
    shown = b"/".join(path).decode("utf-8", "backslashreplace")
    return f"info.file tree.{printable(shown)}"


def _entry(path: RawPath, entry: dict[bytes, Value], where: str) -> ListedFile:
    """Read the keys that a file has in every version (BEP 3, BEP 47)."""
    attributes = entry.get(b"attr", b"")
    if not isinstance(attributes, bytes):
        _refuse("must be a string", f"{where}.attr")
    attr = "".join(c for c in attributes.decode("ascii", "ignore") if c in ATTRIBUTES)
    if "p" not in attr and _is_bitcomets(path):
        attr += "p"
    length = entry.get(b"length", 0 if "l" in attr else None)
    if length is None:
        _refuse("is missing", f"{where}.length")
    if type(length) is not int or not 0 <= length <= MAX_CONTENT:
        _refuse("must be a number from 0 to 2**63 - 1", f"{where}.length")
    symlink = None
    if "l" in attr:
        target = entry.get(b"symlink path")
        symlink = _path(target)
        if symlink is None:
            _refuse(_bad_path(target), f"{where}.symlink path")
        if length:
            _refuse("a symlink has no content of its own", f"{where}.length")
    mtime = entry.get(b"mtime")
    if not isinstance(mtime, int) or abs(mtime) > MAX_CONTENT:  # optional, and no time at all
        mtime = None
    extra = {key: item for key, item in entry.items() if key not in FILE_KEYS} or None
    return ListedFile(path, length, attr, symlink, mtime=mtime, extra=extra)


def _path(value: Value | None) -> RawPath | None:
    """A list of byte strings as a tuple; None if it is anything else."""
    if type(value) is not list or not 0 < len(value) <= MAX_DIRECTORIES:
        return None
    for part in value:
        if type(part) is not bytes:
            return None
    return tuple(value)  # type: ignore[arg-type]  # just checked, part by part


def _bad_path(value: Value | None) -> str:
    if value is None:
        return "is missing"
    return f"must be a list of 1 to {MAX_DIRECTORIES} strings"


def _refuse(message: str, where: str) -> NoReturn:
    raise MetainfoError(message, where)
