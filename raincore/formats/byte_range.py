"""A run of bytes as people write it after --range: "0-499", "500-", "-500".

First and last byte are both part of it, as in HTTP (RFC 9110, 14.1.2) and curl.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = ["WHOLE", "ByteRange", "parse"]

DIGITS_MAX = 19
"""No file is longer than 2^63 bytes; Python refuses to read numbers of thousands of digits."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Which bytes of a file, before it is known how many it has.

    Args:
        first: Of the file; None: the last `last` bytes.
        last: The last one, or None for all up to the end.
    """

    first: int | None = 0
    last: int | None = None

    def within(self, length: int) -> range:
        """The offsets that it means in a file of `length` bytes; what is beyond is left out.

        Returns:
            Empty where there is no such byte.

        >>> ByteRange(2, 9).within(5), ByteRange(None, 2).within(5), ByteRange(7).within(5)
        (range(2, 5), range(3, 5), range(5, 5))
        """
        if self.first is None:
            return range(max(0, length - (self.last or 0)), length)
        stop = length if self.last is None else min(self.last + 1, length)
        return range(min(self.first, length), max(stop, min(self.first, length)))

    def __str__(self) -> str:
        first = "" if self.first is None else self.first
        return f"{first}-{'' if self.last is None else self.last}"


WHOLE = ByteRange()


def parse(text: str) -> ByteRange:
    """Read what `str` of a range writes.

    Raises:
        FormatError: It is no single range, runs backwards, or is of no byte at all.
    """
    match = re.fullmatch(r"\s*([0-9]*)\s*-\s*([0-9]*)\s*", text)
    if match is None or match.groups() == ("", ""):
        several = "only one range can be had" if "," in text else "no range of bytes such as 0-499"
        raise FormatError(f"{several}: {printable(text)!r}")
    if max(map(len, match.groups())) > DIGITS_MAX:
        raise FormatError(f"no file has so many bytes: {printable(text)!r}")
    first, last = (int(number) if number else None for number in match.groups())
    if first is None and not last:
        raise FormatError(f"is of no byte at all: {printable(text)!r}")
    if first is not None and last is not None and last < first:
        raise FormatError(f"runs backwards: {printable(text)!r}")
    return ByteRange(first, last)
