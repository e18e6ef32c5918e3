"""Shell globs for paths of files in a torrent: what people write after --include and --select."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["path_matches"]


def path_matches(parts: Sequence[str], pattern: str) -> bool:
    """Whether a pattern matches a path or, if it has no "/", a component of it.

    Matching is case-sensitive, and "*" also crosses "/".

    >>> path_matches(("deep", "a.log"), "*.log"), path_matches(("deep", "a.log"), "deep/b*")
    (True, False)
    """
    if fnmatchcase("/".join(parts), pattern):
        return True
    return "/" not in pattern and any(fnmatchcase(part, pattern) for part in parts)
