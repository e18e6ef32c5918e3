"""Errors of the operating system turned into ours, each with the path it is about."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from raincore.base.errors import NoSpace, ReadError, WriteError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["named", "read_error", "write_error"]

FULL = (errno.ENOSPC, errno.EDQUOT)


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
    """The WriteError for a failed `doing`; NoSpace when the disk or the quota is full."""
    kind = NoSpace if error.errno in FULL else WriteError
    return kind(f"cannot {doing}: {reason(error)}: {named(path)}", named(path))
