"""Files of a torrent as people name them: by a shell glob, or by numbers."""

from __future__ import annotations

import re

from raincore.base.errors import FormatError
from raintools._kit import params

__all__ = ["FilesType", "parse"]


def parse(text: str) -> str | tuple[int, ...]:
    """Digits, commas and hyphens are numbers, all else is a glob.

    Raises:
        FormatError: Numbers make no sense.
    """
    if re.fullmatch(r"[0-9][0-9,\s-]*", text):
        return tuple(params.Indices.parse(text))
    return text


class FilesType(params.Parsed):
    """A shell glob, or indices such as "1,3-5"; gives str, or a tuple of int."""

    name = "glob|index"

    @staticmethod
    def parse(text: str) -> str | tuple[int, ...]:
        """As `parse`; nothing is no selection."""
        if not text:
            raise FormatError("selects no file")
        return parse(text)
