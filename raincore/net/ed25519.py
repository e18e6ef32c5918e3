"""Signatures of DHT items: the one door to the library that makes and checks them (BEP 44).

The library is imported by the first call: most programs never see a signed item, and it
takes longer to import than all of ours.
"""

from __future__ import annotations

__all__ = ["KEY_LENGTH", "public_key", "sign", "verify"]

KEY_LENGTH = 32
"""Bytes of a seed, and of a public key."""


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether a signature was made for a message by the owner of a public key.

    Args:
        key: As a stranger sent it: of any length, perhaps no point of the curve.
        signature: The same.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(seed: bytes) -> bytes:
    """The public key, 32 bytes, of a secret seed of 32 random bytes (RFC 8032, 5.1.5)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign a message: 64 bytes, always the same for the same seed and message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)
