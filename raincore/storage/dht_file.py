"""The file that brings a DHT node back to whom it knew: written whole, doubted when read.

Processes that run at the same time each write what they know; whoever ends last is right.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError, ReadError, WriteError
from raincore.formats import dht_state
from raincore.storage import atomic_file, state_directory
from raincore.storage.failures import named, read_error, write_error

if TYPE_CHECKING:
    from raincore.formats.dht_state import Saved

__all__ = ["load", "save"]

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


def load(path: str | None = None) -> dict[int, Saved]:
    """Read what was saved, by family; empty if nothing was.

    Args:
        path: The file; None for "dht" in the user's state directory.

    Raises:
        ReadError: It cannot be read, or it is damaged or foreign: do without.
    """
    place = path or state_directory.path("dht")
    try:
        descriptor = os.open(place, FLAGS)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ReadError(f"not a file: {named(place)}", named(place))
            data = file.read(dht_state.MAX_LENGTH + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise read_error(error, place) from error
    try:
        return dht_state.decode(data)
    except FormatError as error:
        raise ReadError(f"damaged ({error}): {named(place)}", named(place)) from error


def save(families: dict[int, Saved], path: str | None = None) -> None:
    """Keep what is known; an older file is replaced at once or not at all.

    Args:
        path: As for `load`; its directory comes into being.

    Raises:
        WriteError: It cannot be written; an older file is unharmed.
    """
    place = path or state_directory.path("dht")
    if atomic_file.is_special(place):  # a pipe would make us wait for its reader
        raise WriteError(f"not a file: {named(place)}", named(place))
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
    except OSError as error:
        raise write_error(error, place) from error
    atomic_file.write(place, dht_state.encode(families), overwrite=True)
