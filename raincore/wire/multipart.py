"""The parts of a form as they arrive (RFC 7578, RFC 2046): names and data, nothing kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = ["Data", "Multipart", "Part", "boundary_of"]

MAX_HEAD = 8 * 1024
BOUNDARY = re.compile(
    r'multipart/form-data\s*;.*?\bboundary=(?:"([^"\r\n]{1,70})"|([^\s";,]{1,70}))'
)
NAME = re.compile(rb'content-disposition:\s*form-data\s*;[^\r\n]*?\bname="([^"\r\n]{0,100})"', re.I)


@dataclass(frozen=True, slots=True)
class Part:
    """A part begins; what follows belongs to it."""

    name: str


@dataclass(frozen=True, slots=True)
class Data:
    """Some bytes of the part that began last."""

    data: bytes


def boundary_of(content_type: str) -> bytes:
    """The text between parts, from the header of a request (RFC 2046, 5.1.1).

    Raises:
        FormatError: It is no form.
    """
    found = BOUNDARY.match(content_type)
    if found is None:
        raise FormatError(f"not multipart/form-data with a boundary: {printable(content_type, 80)}")
    return (found[1] or found[2]).encode("latin-1", "replace")


class Multipart:
    """Cuts a body into its parts; memory stays within what is fed at once."""

    def __init__(self, boundary: bytes) -> None:
        self.ended = False
        """Whether the last part is whole; what follows is passed over."""
        self._mark = b"\r\n--" + boundary
        # The first boundary has no line end in front.
        self._rest = b"\r\n"
        self._in_head = self._in_part = False

    def feed(self, data: bytes) -> list[Part | Data]:
        """Take what has arrived and tell what it means.

        Raises:
            FormatError: It is no form, or the head of a part is too long.
        """
        self._rest += data
        found: list[Part | Data] = []
        while not self.ended and (self._head(found) if self._in_head else self._body(found)):
            pass
        if self.ended:
            self._rest = b""
        return found

    def _body(self, found: list[Part | Data]) -> bool:
        """Take content up to a boundary; True if there may be more to do."""
        at = self._rest.find(self._mark)
        if at < 0:
            # The end may be the beginning of a boundary.
            keep = len(self._mark) - 1
            self._give(self._rest[:-keep], found)
            self._rest = self._rest[-keep:]
            return False
        after = self._rest[at + len(self._mark) :]
        if len(after) < 2:
            self._give(self._rest[:at], found)
            self._rest = self._rest[at:]
            return False
        self._give(self._rest[:at], found)
        if after.startswith(b"--"):
            self.ended = True
        elif not after.startswith(b"\r\n"):
            raise FormatError("form: a boundary has no end")
        # The line end stays: a head may be empty.
        self._rest, self._in_head, self._in_part = after, True, True
        return True

    def _head(self, found: list[Part | Data]) -> bool:
        """Take the head of a part; True if there may be more to do."""
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if not end or len(head) > MAX_HEAD:
            if len(head) > MAX_HEAD:
                raise FormatError("form: the head of a part is too long")
            return False
        name = NAME.search(head)
        if name is None:
            raise FormatError("form: a part has no name")
        found.append(Part(printable(name[1])))
        self._rest, self._in_head = rest, False
        return True

    def _give(self, data: bytes, found: list[Part | Data]) -> None:
        # What comes before the first boundary belongs to nobody.
        if data and self._in_part:
            found.append(Data(data))
