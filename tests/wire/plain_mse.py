"""MSE written down as plainly as its description, to compare the real one with.

Shares nothing with raincore: its own RC4, its own numbers, whole messages at once.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any

P = 0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "mse.json").read_text())


def rc4(key: bytes, length: int) -> bytes:
    """The first bytes of a key stream."""
    s = list(range(256))
    j = 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) % 256
        s[i], s[j] = s[j], s[i]
    i = j = 0
    out = []
    for _ in range(length):
        i = (i + 1) % 256
        j = (j + s[i]) % 256
        s[i], s[j] = s[j], s[i]
        out.append(s[(s[i] + s[j]) % 256])
    return bytes(out)


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def stream(key: bytes, length: int) -> bytes:
    """A key stream without its first 1024 bytes."""
    return rc4(key, 1024 + length)[1024:]


@dataclass
class Conversation:
    """Everything that two sides say whose choices are known."""

    skey: bytes
    private_a: int
    private_b: int
    pad_a: bytes
    pad_b: bytes
    pad_c: int
    pad_d: int
    provide: int
    select: int
    payload: bytes

    def __post_init__(self) -> None:
        self.secret = pow(2, self.private_a * self.private_b, P).to_bytes(96, "big")
        key_a = sha1(b"keyA" + self.secret + self.skey).digest()
        key_b = sha1(b"keyB" + self.secret + self.skey).digest()
        inner_3 = bytes(8) + self.provide.to_bytes(4, "big")
        inner_3 += self.pad_c.to_bytes(2, "big") + bytes(self.pad_c)
        inner_3 += len(self.payload).to_bytes(2, "big") + self.payload
        inner_4 = bytes(8) + self.select.to_bytes(4, "big")
        inner_4 += self.pad_d.to_bytes(2, "big") + bytes(self.pad_d)
        self.message_1 = pow(2, self.private_a, P).to_bytes(96, "big") + self.pad_a
        self.message_2 = pow(2, self.private_b, P).to_bytes(96, "big") + self.pad_b
        hidden = xor(sha1(b"req2" + self.skey).digest(), sha1(b"req3" + self.secret).digest())
        self.message_3 = sha1(b"req1" + self.secret).digest() + hidden
        self.message_3 += xor(inner_3, stream(key_a, len(inner_3)))
        self.message_4 = xor(inner_4, stream(key_b, len(inner_4)))
        self.after_a = stream(key_a, len(inner_3) + 64)[-64:]
        """The key stream behind A's part of the handshake, its first 64 bytes."""
        self.after_b = stream(key_b, len(inner_4) + 64)[-64:]


def conversation(vector: dict[str, Any]) -> Conversation:
    """The conversation of a vector's choices."""
    return Conversation(
        skey=bytes.fromhex(vector["skey"]),
        private_a=int(vector["private_a"], 16),
        private_b=int(vector["private_b"], 16),
        pad_a=bytes.fromhex(vector["pad_a"]),
        pad_b=bytes.fromhex(vector["pad_b"]),
        pad_c=vector["pad_c"],
        pad_d=vector["pad_d"],
        provide=vector["provide"],
        select=vector["select"],
        payload=bytes.fromhex(vector["payload"]),
    )


class FixedDice(random.Random):
    """Dice that fall as a vector has it: the private key, and both paddings of one side."""

    def __init__(self, private: int, pad: bytes, second_pad: int) -> None:
        super().__init__(0)
        self._private = private
        self._pads = [len(pad), second_pad]
        self._pad = pad

    def getrandbits(self, count: int) -> int:
        assert count == 160
        return self._private

    def randint(self, low: int, high: int) -> int:
        assert (low, high) == (0, 512)
        return self._pads.pop(0)

    def randbytes(self, count: int) -> bytes:
        assert count == len(self._pad)
        return self._pad
