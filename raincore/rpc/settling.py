"""Putting content that was handed over to its place, at the expense of nobody else's."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raincore.base.errors import StorageError
from raincore.storage.directory_tree import make_directory
from raincore.storage.failures import named, write_error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

__all__ = ["see_free", "settle"]


def see_free(names: Iterable[str], home: Path, goes: Collection[str] = ()) -> None:
    """Look whether everything that comes has a place in a directory of many torrents.

    Asked before an earlier torrent is removed for it, which nothing would bring back.

    Args:
        names: What is to be in `home`.
        goes: Names in `home` that will be gone.

    Raises:
        StorageError: Something is there that may be anybody's.
    """
    for name in sorted(names):
        if name not in goes and os.path.lexists(home / name):
            raise StorageError(f"something is there already: {named(name)}", named(home / name))


def settle(staging: Path, home: Path, replaces: bool, mode: int) -> None:
    """Put what has come to its place; also if that is on another disk, which takes longer.

    Args:
        replaces: Whether nothing else belongs into `home`: what is there is of an earlier
            torrent of that id, and makes way.
        mode: Of `home`, if that is made now.

    Raises:
        StorageError: Something is there that may be anybody's, or the system refuses.
    """
    if not staging.is_dir():
        return
    with _told(home):
        if not replaces:
            see_free(os.listdir(staging), home)
        make_directory(home, mode)
        for name in sorted(os.listdir(staging)):
            target = home / name
            if replaces:
                _clear(target)
            shutil.move(staging / name, target)
        staging.rmdir()


def _clear(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path = os.fsdecode(error.filename2 or error.filename or os.fspath(place))
        raise write_error(error, path, "put content to its place") from error
