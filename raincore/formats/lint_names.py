"""Names of files that are dangerous, or that some system cannot have.

rain makes every name safe before it writes (`file_names`); this is about what other programs
and other systems make of them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from raincore.base.printable import UNSAFE, is_utf8
from raincore.formats.file_names import MAX_COMPONENT
from raincore.formats.lint_codes import Finding, finding
from raincore.formats.optional_keys import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.formats.file_names import RawPath
    from raincore.formats.info import Info
    from raincore.formats.lint_files import LintedFile

__all__ = ["check"]

MAX_PATH = 4000  # Linux has 4096, and the path does not start at the root
WINDOWS_PATH = 240  # of 260 UTF-16 units, again for what stands before it
DEVICES = r"con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]"
RESERVED = re.compile(rf'.*[<>:"|?*\\]|({DEVICES})\s*(\..*)?\Z|.*[ .]\Z', re.IGNORECASE | re.DOTALL)


def check(info: Info, files: Sequence[LintedFile]) -> Iterator[Finding]:
    """Look at the torrent's name and at every path; linear in all their components.

    Args:
        info: The info dictionary.
        files: All but padding.
    """
    if info.raw_name:
        yield from _component(info.raw_name, "info.name")
    else:
        yield finding("name-empty", "info.name", "is empty")
    known: set[RawPath] = {(), (info.raw_name,)}
    for file in files:
        raw = parent = file.entry.raw_path
        fresh = list(raw[-1:]) if len(raw) > 1 else []  # a single file has the torrent's name
        while (parent := parent[:-1]) not in known:
            known.add(parent)
            fresh.append(parent[-1])
        for component in reversed(fresh):
            yield from _component(component, file.where)
        yield from _length(file)
    yield from _collisions(files)


def _component(raw: bytes, where: str) -> Iterator[Finding]:
    name = text(raw)
    if raw in (b"", b".", b"..") or b"/" in raw or b"\0" in raw:
        yield finding("path-unsafe", where, f"not a name for a file: {name!r}")
        return
    if name.isascii() and name.isprintable() and len(name) < MAX_COMPONENT:
        pass  # nearly all are; what follows is for the others
    elif not is_utf8(raw):
        yield finding("path-not-utf8", where, f"is not UTF-8: {name!r}")
    elif UNSAFE.search(name):
        yield finding("path-control-character", where, f"has control characters: {name!r}")
    if RESERVED.match(name):
        yield finding("path-reserved", where, f"not a name on Windows: {name!r}")
    if len(raw) > MAX_COMPONENT:
        message = f"is longer than {MAX_COMPONENT} bytes: {name[:40]!r}…"
        yield finding("path-too-long", where, message)


def _length(file: LintedFile) -> Iterator[Finding]:
    path = b"/".join(file.entry.raw_path)
    if len(path) <= WINDOWS_PATH:
        return
    if len(path) > MAX_PATH:
        yield finding("path-too-long", file.where, f"is a path of {len(path)} bytes")
        return
    units = len(text(path).encode("utf-16-le", "surrogatepass")) // 2
    if units > WINDOWS_PATH:
        message = f"is a path of {units} characters"
        yield finding("path-too-long", file.where, message, "note")


def _collisions(files: Sequence[LintedFile]) -> Iterator[Finding]:
    directories: set[RawPath] = set()
    for file in files:
        parent = file.entry.raw_path[:-1]
        while parent not in directories:
            directories.add(parent)
            parent = parent[:-1]
    normal_directories = {_normal(path) for path in directories if path}
    small_directories = {_small(path) for path in normal_directories}
    exact: dict[RawPath, LintedFile] = {}
    normalised: dict[str, LintedFile] = {}
    folded: dict[str, LintedFile] = {}
    for file in files:
        raw = file.entry.raw_path
        plain = _normal(raw)
        small = _small(plain)
        for code, is_directory in (
            ("file-and-directory", raw in directories),
            ("path-unicode-collision", plain in normal_directories),
            ("path-case-collision", small in small_directories),
        ):
            if is_directory:
                message = f"is a directory for other files: {_shown(file)}"
                yield finding(code, file.where, message)
                break
        for code, found in (
            ("duplicate-path", exact.setdefault(raw, file)),
            ("path-unicode-collision", normalised.setdefault(plain, file)),
            ("path-case-collision", folded.setdefault(small, file)),
        ):
            if found is not file:
                message = f"is the same path as {found.where}: {_shown(file)}"
                yield finding(code, file.where, message)
                break


def _normal(path: RawPath) -> str:
    return unicodedata.normalize("NFC", text(b"/".join(path)))


def _small(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())


def _shown(file: LintedFile) -> str:
    return repr(text(b"/".join(file.entry.raw_path)))
