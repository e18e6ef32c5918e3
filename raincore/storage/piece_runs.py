"""Rising numbers as runs: how pieces and blocks are told in documents and journals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["joined", "runs_of"]


def runs_of(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Group rising numbers into (first, last) pairs of neighbours.

    >>> list(runs_of([1, 2, 3, 7]))
    [(1, 3), (7, 7)]
    """
    first = last = -2
    for number in numbers:
        if number != last + 1:
            if first >= 0:
                yield first, last
            first = number
        last = number
    if first >= 0:
        yield first, last


def joined(runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Make one of runs that touch; they come in rising order.

    >>> list(joined([(1, 3), (4, 4), (7, 9)]))
    [(1, 4), (7, 9)]
    """
    first = last = -2
    for begin, end in runs:
        if begin != last + 1:
            if first >= 0:
                yield first, last
            first = begin
        last = end
    if first >= 0:
        yield first, last
