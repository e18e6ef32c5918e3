"""A lock that one process holds and the system takes back when it ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress

__all__ = ["LockFile"]

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What file systems say that know no locks: there, nobody is kept from anything."""


class LockFile:
    """An empty file that is there while somebody holds it, and locked.

    What is left of it by a process that was killed is in nobody's way.

    Args:
        path: Where it is; the directory is made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether it is ours."""
        return self._descriptor >= 0

    def take(self) -> bool:
        """Hold it; False if somebody else does. Harmless when repeated.

        Raises:
            OSError: The file cannot be made.
        """
        if self._descriptor >= 0:
            return True
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            descriptor = os.open(self.path, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    os.close(descriptor)
                    raise
            if self._is_there(descriptor):
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # whoever held it has just removed it: that file is no lock

    def _is_there(self, descriptor: int) -> bool:
        """Whether the file that was opened is still the one of this name."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.stat(self.path), os.fstat(descriptor))
        return False

    def release(self) -> None:
        """Hold it no more, and remove it; harmless when repeated."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.unlink(self.path)
            os.close(self._descriptor)
            self._descriptor = -1
