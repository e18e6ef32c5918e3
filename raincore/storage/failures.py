"""Errors of the operating system turned into ours, each with the path it is about."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from raincore.base.errors import DeviceError, NoSpace, ReadError, WriteError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["named", "read_error", "write_error"]

FULL = (errno.ENOSPC, errno.EDQUOT)
AWAY = (
    *(errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOMEDIUM, errno.ESHUTDOWN, errno.EREMOTEIO),
    *(errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EBUSY),
)
"""A device, a server or the system itself is in trouble, not the file."""


def named(path: str | Path) -> str:
    """A path fit for a message: bytes that are no UTF-8 and control characters replaced."""
    return printable(os.fsencode(path), limit=1000)


def reason(error: OSError) -> str:
    """What the system said, lower case and without its number."""
    return (error.strerror or type(error).__name__).lower()


def read_error(error: OSError, path: str | Path, doing: str = "read") -> ReadError:
    """The ReadError for a failed `doing` ("read", "open", "list") of `path`."""
    return ReadError(f"cannot {doing}: {reason(error)}: {named(path)}", named(path))


def write_error(error: OSError, path: str | Path, doing: str = "write") -> WriteError:
    """The WriteError for a failed `doing`; of which kind says whether it may pass.

    NoSpace when the disk or the quota is full, DeviceError when it does not work at all.
    """
    kind: type[WriteError] = WriteError
    if error.errno in FULL:
        kind = NoSpace
    elif error.errno in AWAY:
        kind = DeviceError
    return kind(f"cannot {doing}: {reason(error)}: {named(path)}", named(path))
