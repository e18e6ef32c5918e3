"""A whole file that appears under its name at once, or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from raincore.base.errors import WriteError
from raincore.storage.failures import named, write_error

__all__ = ["is_special", "write"]

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(
    path: str, data: bytes, *, overwrite: bool, keep: bool = False, secret: bool = False
) -> None:
    """Write a file so that nobody ever sees a part of it, and a power cut loses none.

    The bytes go into a temporary file in the same directory, are synced, and then get
    their name. The file's mode is what the umask gives; a file that is replaced keeps
    nothing unless `keep`, and a symlink at `path` is replaced by overwriting what it leads to. What is
    there and no file at all, a device or a pipe, is written into and stays.

    Args:
        path: Where; its directory must exist.
        data: The whole content.
        overwrite: Replace an existing file; else it is an error, also when it came into
            being a moment ago.
        keep: Keep mode, owner and group of the file that is replaced, as far as the
            system lets us.
        secret: Let nobody but the owner read it, whatever the umask says.

    Raises:
        NoSpace: The disk or quota is full; an existing file is unharmed.
        WriteError: The system failed, or there is a file and `overwrite` is False.
    """
    temporary = None
    try:
        if is_special(path):
            with open(path, "wb") as special:
                special.write(data)
            return
        target = os.path.realpath(path) if overwrite else os.path.abspath(path)
        if not overwrite and os.path.lexists(target):
            raise already_there(path)
        directory = os.path.dirname(target)
        # Named before it is there, so that a signal in between leaves nothing behind.
        temporary = os.path.join(directory, f".rain-{os.urandom(8).hex()}")
        descriptor = os.open(temporary, NEW_FILE, 0o600)
        with open(descriptor, "wb") as file:
            if not secret:
                set_access(descriptor, target if keep else None)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if overwrite:
            os.replace(temporary, target)
            temporary = None
        else:
            give_name(temporary, target)
        sync_directory(directory)
    except FileExistsError as error:
        raise already_there(path) from error
    except (OSError, ValueError) as error:
        raise cannot_write(error, path) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def set_access(descriptor: int, like: str | None) -> None:
    """Give a new file the mode that the umask gives, or access like that of another file."""
    mode = 0o666 & ~current_umask()
    if like is not None:
        with suppress(FileNotFoundError):
            old = os.stat(like)
            mode = stat.S_IMODE(old.st_mode)
            # First the owner, because a change of that takes set-id bits away.
            with suppress(PermissionError):
                os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, mode)


def is_special(path: str) -> bool:
    """Whether a path leads to a device, pipe or socket, which no file may take the place of."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def give_name(temporary: str, target: str) -> None:
    """Name a finished file, failing if the name is taken.

    Raises:
        FileExistsError: It is.
        OSError: What the system said.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links (FAT): claim the name, then replace the claim.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        os.replace(temporary, target)


def sync_directory(directory: str) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def current_umask() -> int:
    """The umask, which can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def already_there(path: str) -> WriteError:
    """The error for a file that may not be overwritten."""
    return WriteError(f"file exists: {named(path)}", named(path))


def cannot_write(error: OSError | ValueError, path: str) -> WriteError:
    """The error for whatever the system said (a NUL in a path is a ValueError)."""
    if isinstance(error, OSError):
        return write_error(error, path)
    return WriteError(f"not a path: {named(path)}", named(path))
