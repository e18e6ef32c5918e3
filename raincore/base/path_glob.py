"""Shell globs for paths of files in a torrent: what people write after --include and --select."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["content_matches", "path_matches"]


def path_matches(parts: Sequence[str], pattern: str) -> bool:
    """Whether a pattern matches a path or, if it has no "/", a component of it.

    Matching is case-sensitive, and "*" also crosses "/".

    >>> path_matches(("deep", "a.log"), "*.log"), path_matches(("deep", "a.log"), "deep/b*")
    (True, False)
    """
    if fnmatchcase("/".join(parts), pattern):
        return True
    return "/" not in pattern and any(fnmatchcase(part, pattern) for part in parts)


def content_matches(path: Sequence[str], pattern: str) -> bool:
    """As `path_matches`, for a path that starts with the torrent's name.

    The name may be left out, and is no component that a pattern without "/" matches,
    unless it is all there is.

    >>> content_matches(("photos", "a.jpg"), "a*"), content_matches(("photos", "a.jpg"), "photos")
    (True, False)
    """
    if len(path) == 1:
        return path_matches(path, pattern)
    return path_matches(path[1:], pattern) or ("/" in pattern and path_matches(path, pattern))
