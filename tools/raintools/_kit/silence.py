"""A command whose standard output is for something else writes no document there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raintools._kit import output

if TYPE_CHECKING:
    from raintools._kit.options import Common

__all__ = ["Silent", "silent"]


class Silent(output.Writer):
    """Writes no document and no line: standard output is for the file."""

    def raw(self, *data: bytes) -> None:
        """Write nothing."""


def silent(common: Common) -> Common:
    """The same options for a command whose standard output is for a file."""
    return common._replace(out=Silent(as_json=False, color="never"))
