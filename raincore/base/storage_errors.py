"""Errors about content on disk that not only the disk is to blame for."""

from __future__ import annotations

from raincore.base.errors import WriteError

__all__ = ["InUse"]


class InUse(WriteError):
    """Another process has what was to be written."""

    code = "in_use"
