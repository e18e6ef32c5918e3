"""A file that holds one secret key for items of the DHT, as hex (BEP 44)."""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from raincore.base.errors import FormatError
from raincore.storage import atomic_file
from raincore.storage.failures import named, read_error

__all__ = ["SecretFile", "read", "write"]

MAX_LENGTH = 1024
HEX = re.compile(rb"\s*([0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})\s*")


class SecretFile(NamedTuple):
    """What a key file holds.

    Args:
        secret: 32 bytes, a seed, or 64 bytes in the form of another program.
        is_exposed: Whether others than its owner may read the file.
    """

    secret: bytes
    is_exposed: bool


def read(path: str) -> SecretFile:
    """Read a key file.

    Raises:
        ReadError: It cannot be read.
        FormatError: It holds no key.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_LENGTH + 1)
            mode = os.fstat(file.fileno()).st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError):
            raise FormatError(f"not a path: {named(path)}") from error
        raise read_error(error, path) from error
    found = HEX.fullmatch(text)
    if found is None:
        # What it holds instead is not shown: it may be another secret.
        raise FormatError(f"no key file (64 or 128 hex digits): {named(path)}")
    exposed = stat.S_ISREG(mode) and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    return SecretFile(bytes.fromhex(found[1].decode()), exposed)


def write(path: str, secret: bytes, *, overwrite: bool) -> None:
    """Write a key file that only its owner may read.

    Raises:
        WriteError: It cannot be written, or is there and `overwrite` is False.
    """
    atomic_file.write(path, secret.hex().encode() + b"\n", overwrite=overwrite, secret=True)
