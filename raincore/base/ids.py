"""InfoHash, InfoHashV2, PeerId and NodeId: checked fixed-length byte strings and their text."""

from __future__ import annotations

import base64
import binascii
from typing import ClassVar, Self

from raincore.base.errors import FormatError

__all__ = ["FixedBytes", "InfoHash", "InfoHashV2", "NodeId", "PeerId"]


class FixedBytes(bytes):
    """Bytes of one fixed length; hashes and compares like bytes, so it suits hot maps.

    Raises:
        FormatError: The value is shorter or longer than `LENGTH`.
    """

    LENGTH: ClassVar[int] = 20
    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        """Copy `value` if it has the right length."""
        if len(value) != cls.LENGTH:
            raise FormatError(f"{cls.__name__} must be {cls.LENGTH} bytes, not {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read the 2 × LENGTH hex digits, either case; raise FormatError otherwise."""
        if len(text) != 2 * cls.LENGTH:
            raise FormatError(
                f"{cls.__name__} must be {2 * cls.LENGTH} hex digits, not {len(text)}"
            )
        try:
            # unhexlify, not fromhex: the latter skips white space.
            return cls(binascii.unhexlify(text))
        except ValueError as error:  # also UnicodeEncodeError and binascii.Error
            raise FormatError(f"{cls.__name__} has characters that are no hex digits") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}.from_hex({self.hex()!r})"


class InfoHash(FixedBytes):
    """SHA-1 of the raw info dictionary, 20 bytes (BEP 3)."""

    __slots__ = ()

    @classmethod
    def from_base32(cls, text: str) -> Self:
        """Read 32 base32 characters, either case (BEP 9, "magnet URI format")."""
        if len(text) != 32:
            raise FormatError(f"a base32 info-hash must be 32 characters, not {len(text)}")
        try:
            return cls(base64.b32decode(text, casefold=True))
        except ValueError as error:
            raise FormatError("info-hash has characters that are not base32") from error


class InfoHashV2(FixedBytes):
    """SHA-256 of the raw info dictionary, 32 bytes (BEP 52)."""

    LENGTH = 32
    __slots__ = ()

    def truncated(self) -> InfoHash:
        """The first 20 bytes, as handshakes, trackers and the DHT use them (BEP 52)."""
        return InfoHash(self[:20])


class PeerId(FixedBytes):
    """How a peer names itself, 20 bytes, not necessarily text (BEP 3, BEP 20)."""

    __slots__ = ()


class NodeId(FixedBytes):
    """How a DHT node names itself: 20 bytes, a point in the key space (BEP 5)."""

    __slots__ = ()
