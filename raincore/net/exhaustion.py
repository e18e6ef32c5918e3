"""The process or the system has no descriptor or memory left for one more socket."""

from __future__ import annotations

import errno

from raincore.base.errors import ConnectError

__all__ = ["EXHAUSTED", "OutOfDescriptors"]

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What the system says then; see accept(2) and socket(2), "Errors"."""


class OutOfDescriptors(ConnectError):
    """No socket could be made: the other side has nothing to do with it."""

    code = "out_of_descriptors"
