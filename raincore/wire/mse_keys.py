"""The numbers and hashes that both sides of an MSE handshake make (MSE, "key exchange").

MSE has no BEP; its rules are those of the Vuze wiki, "Message Stream Encryption". It
hides what is said from who only listens in passing. It proves nothing about the peer.
"""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

from raincore.base.errors import RemoteProtocolError

if TYPE_CHECKING:
    import random

    from raincore.base.ids import InfoHash

__all__ = [
    "KEY_LENGTH",
    "PRIME",
    "KeyPair",
    "key_hash",
    "seed_of_dialled",
    "seed_of_dialler",
    "start_mark",
    "veil",
]

KEY_LENGTH = 96
"""Bytes in a public key and in the shared secret: 768 bits, big-endian."""

PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563",
    16,
)
GENERATOR = 2
PRIVATE_BITS = 160
RULE = "MSE, key exchange"


class KeyPair:
    """Our half of a Diffie-Hellman exchange, made for one handshake.

    Args:
        rng: The private exponent comes from it: 160 bits, the first of which is 1.
    """

    __slots__ = ("_private",)

    def __init__(self, rng: random.Random) -> None:
        self._private = rng.getrandbits(PRIVATE_BITS) | 1 << (PRIVATE_BITS - 1)

    def public(self) -> bytes:
        """Make what the other side is told, 96 bytes; takes a third of a millisecond."""
        return pow(GENERATOR, self._private, PRIME).to_bytes(KEY_LENGTH, "big")

    def secret(self, theirs: bytes) -> bytes:
        """Combine our private with their public key; takes half a millisecond.

        Args:
            theirs: 96 bytes as they came.

        Returns:
            What both sides now know, 96 bytes.

        Raises:
            RemoteProtocolError: With such a key everybody would know the secret, or it is
                no key at all.
        """
        key = int.from_bytes(theirs, "big")
        # The prime is a safe one: no other element has a small order.
        if not 1 < key < PRIME - 1:
            raise RemoteProtocolError("degenerate public key", RULE)
        return pow(key, self._private, PRIME).to_bytes(KEY_LENGTH, "big")


def start_mark(secret: bytes) -> bytes:
    """What ends the first padding of who dialled: HASH('req1', S)."""
    return sha1(b"req1" + secret).digest()


def key_hash(info_hash: InfoHash) -> bytes:
    """What a torrent is called under its veil: HASH('req2', SKEY).

    A listener keeps a table from these to its torrents, so that the price of a handshake
    does not grow with their number.
    """
    return sha1(b"req2" + info_hash).digest()


def veil(hashed: bytes, secret: bytes) -> bytes:
    """Hide a `key_hash` from who does not know the secret, or show it again.

    Args:
        hashed: 20 bytes.
        secret: Of both sides: the veil is HASH('req3', S).
    """
    mask = int.from_bytes(sha1(b"req3" + secret).digest(), "big")
    return (int.from_bytes(hashed, "big") ^ mask).to_bytes(20, "big")


def seed_of_dialler(secret: bytes, info_hash: InfoHash) -> bytes:
    """The RC4 key of what is said by who dialled: HASH('keyA', S, SKEY)."""
    return sha1(b"keyA" + secret + info_hash).digest()


def seed_of_dialled(secret: bytes, info_hash: InfoHash) -> bytes:
    """The RC4 key of what is said by who was dialled: HASH('keyB', S, SKEY)."""
    return sha1(b"keyB" + secret + info_hash).digest()
