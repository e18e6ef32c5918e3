"""Keys that sign items of the DHT: made, kept in files, used (BEP 44)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.dht import expanded_key
from raincore.net import ed25519
from raincore.storage import key_file
from raincore.storage.failures import named

if TYPE_CHECKING:
    from raincore.dht.item import Item

__all__ = ["SigningKey", "load", "make"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs.

    Args:
        public: The public key, 32 bytes.
        is_exposed: Whether others than the owner may read the file that holds it.
    """

    public: bytes
    is_exposed: bool
    _secret: bytes

    def sign(self, item: Item) -> Item:
        """The item under this key, signed."""
        item = replace(item, key=self.public, signature=None)
        sign = ed25519.sign if len(self._secret) == ed25519.KEY_LENGTH else expanded_key.sign
        return replace(item, signature=sign(self._secret, item.signed))

    def __repr__(self) -> str:
        return f"<SigningKey {self.public.hex()}>"


def load(path: str) -> SigningKey:
    """Read the key in a file.

    It may hold a seed of 32 bytes, the seed followed by the public key, or the expanded
    form of libtorrent, 64 bytes; which of them is told by what they contain.

    Raises:
        ReadError: The file cannot be read.
        FormatError: It holds none of these.
    """
    secret, exposed = key_file.read(path)
    seed = secret[: ed25519.KEY_LENGTH]
    public = ed25519.public_key(seed)
    if len(secret) == ed25519.KEY_LENGTH or secret[ed25519.KEY_LENGTH :] == public:
        return SigningKey(public, exposed, seed)
    if not expanded_key.is_expanded(secret):
        raise FormatError(f"neither a seed nor an expanded key: {named(path)}")
    return SigningKey(expanded_key.public_key(secret), exposed, secret)


def make(path: str, *, overwrite: bool) -> SigningKey:
    """Make a key, and a file for it that only its owner may read.

    Raises:
        WriteError: The file cannot be written, or is there and `overwrite` is False.
    """
    seed = os.urandom(ed25519.KEY_LENGTH)
    key_file.write(path, seed, overwrite=overwrite)
    return SigningKey(ed25519.public_key(seed), False, seed)
