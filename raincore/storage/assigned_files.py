"""A torrent's content put together from files anywhere, to find out whether they fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from raincore.storage.failures import read_error

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from raincore.base.errors import ReadError
    from raincore.base.geometry import Geometry

__all__ = ["AssignedFiles"]

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


class AssignedFiles:
    """Content of which some files are on disk under other names; for reading only.

    Thread safe.

    Args:
        geometry: How the files make up the content.
        padding: Indices of padding files, which are zeros.
        paths: Where files are, by index; the others cannot be read.
        errors: Gets what the system said about files that cannot be read, by path.
    """

    def __init__(
        self,
        geometry: Geometry,
        padding: Collection[int],
        paths: Mapping[int, str],
        errors: dict[str, ReadError] | None = None,
    ) -> None:
        self.geometry = geometry
        self.padding = padding
        self.paths = paths
        self.errors = {} if errors is None else errors

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`; fewer bytes where a file cannot be read."""
        done = 0
        for index, within, length in self.geometry.spans(offset, len(buffer)):
            view = buffer[done : done + length]
            if index in self.padding:
                view[:] = bytes(length)
            elif index not in self.paths or not self.fill(self.paths[index], within, view):
                break
            done += length
        return done

    def is_hole(self, offset: int, length: int) -> bool:
        """Unknown: everything is read."""
        return False

    def fill(self, path: str, offset: int, view: memoryview) -> bool:
        """Fill `view` whole from a file; a file that fails does not fit."""
        try:
            descriptor = os.open(path, FLAGS)
        except OSError as error:
            self.errors.setdefault(path, read_error(error, path))
            return False
        try:
            done = 0
            while done < len(view):
                got = os.preadv(descriptor, [view[done:]], offset + done)
                if not got:
                    return False
                done += got
        except OSError as error:
            self.errors.setdefault(path, read_error(error, path))
            return False
        finally:
            os.close(descriptor)
        return True
