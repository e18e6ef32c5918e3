"""Where a symlink leads, in the words of a torrent."""

from __future__ import annotations

__all__ = ["inside"]


def inside(
    target: bytes, directory: tuple[bytes, ...], top: bytes | None
) -> tuple[bytes, ...] | None:
    """Where a symlink leads, by the names in it, below the scanned directory (BEP 47).

    Nothing is looked up: what is there may be left out of the torrent or missing, and then
    the symlink leads to nothing wherever the torrent is fetched, as it may do here.

    Args:
        target: What the symlink holds.
        directory: Where the symlink is, below the scanned directory.
        top: Absolute path of the scanned directory; None if it has none.

    Returns:
        The path below the scanned directory, without "." and ".."; None if it leads out of
        that or to that itself, which a torrent has no words for.
    """
    parts = list(directory)
    if target.startswith(b"/"):
        inside = None if top is None else top.rstrip(b"/") + b"/"
        if inside is None or not target.startswith(inside):
            return None
        parts, target = [], target[len(inside) :]
    for part in target.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return tuple(parts) or None
