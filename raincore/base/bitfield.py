"""Fixed-length bit set in wire order, most significant bit first. The door to bitarray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from bitarray import bitarray
from bitarray.util import any_and, count_and, count_n, intervals

from raincore.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Bitfield", "nth_set"]


def nth_set(bits: bitarray, n: int) -> int:
    """Index of the n-th set bit, counted from 0, as one call into C.

    Raises:
        ValueError: Fewer than n + 1 bits are set; a bug in the caller.
    """
    return count_n(bits, n + 1) - 1


class Bitfield:
    """Which of `len(self)` pieces somebody has (BEP 3, "bitfield").

    Bit 0 is the most significant bit of the first byte. Spare bits at the end of the
    last byte do not exist here and are zero on the wire.
    """

    __slots__ = ("bits",)

    bits: bitarray
    """The raw bits, for hot paths that index directly: `field.bits[i]` is 0 or 1."""

    def __init__(self, length: int, indices: Iterable[int] = ()) -> None:
        self.bits = bitarray(length, "big")  # all zero
        for index in indices:
            self.bits[index] = 1

    @classmethod
    def full(cls, length: int) -> Self:
        """A bit set with every bit set."""
        new = cls(length)
        new.bits.setall(1)
        return new

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, length: int) -> Self:
        """Read the wire form.

        Raises:
            FormatError: Wrong number of bytes for `length` bits, or a spare bit is set
                (BEP 3: clients drop such a connection).
        """
        if len(data) != (length + 7) // 8:
            raise FormatError(f"bitfield must be {(length + 7) // 8} bytes, not {len(data)}")
        bits = bitarray(endian="big")
        bits.frombytes(bytes(data))
        if bits[length:].any():
            raise FormatError("bitfield has spare bits set")
        del bits[length:]
        new = cls(0)
        new.bits = bits
        return new

    def to_bytes(self) -> bytes:
        """The wire form; spare bits are zero."""
        return self.bits.tobytes()

    def __len__(self) -> int:
        return len(self.bits)

    def __getitem__(self, index: int) -> bool:
        return bool(self.bits[index])

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and 0 <= index < len(self.bits) and bool(self.bits[index])

    def add(self, index: int) -> None:
        """Set one bit."""
        self.bits[index] = 1

    def discard(self, index: int) -> None:
        """Clear one bit."""
        self.bits[index] = 0

    def count(self) -> int:
        """How many bits are set."""
        return self.bits.count()

    def all(self) -> bool:
        """Whether every bit is set (true for length 0)."""
        return self.bits.all()

    def any(self) -> bool:
        """Whether some bit is set."""
        return self.bits.any()

    def __iter__(self) -> Iterator[int]:
        """Indices of the set bits, ascending."""
        return self.bits.search(bitarray("1"))

    def missing(self) -> Iterator[int]:
        """Indices of the clear bits, ascending."""
        return self.bits.search(bitarray("0"))

    def runs(self) -> Iterator[range]:
        """Runs of set bits, ascending, each as long as it can be."""
        return (range(start, stop) for is_set, start, stop in intervals(self.bits) if is_set)

    def copy(self) -> Self:
        """An independent copy."""
        new = type(self)(0)
        new.bits = self.bits.copy()
        return new

    def __or__(self, other: Bitfield) -> Self:
        new = type(self)(0)
        new.bits = self.bits | other.bits
        return new

    def __and__(self, other: Bitfield) -> Self:
        new = type(self)(0)
        new.bits = self.bits & other.bits
        return new

    def __sub__(self, other: Bitfield) -> Self:
        new = type(self)(0)
        new.bits = self.bits & ~other.bits
        return new

    def common(self, other: Bitfield) -> int:
        """How many bits are set in both; allocates nothing."""
        return count_and(self.bits, other.bits)

    def meets(self, other: Bitfield) -> bool:
        """Whether some bit is set in both; allocates nothing and stops at the first."""
        return any_and(self.bits, other.bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bitfield) and self.bits == other.bits

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Bitfield({len(self)}, {list(self)})"
