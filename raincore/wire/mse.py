"""The handshake of message stream encryption, both sides, without I/O (MSE).

A is who dialled. S is the secret, SKEY the info-hash, VC eight zeros; what is in brackets
is encrypted:

1 A -> B  public key, padding
2 B -> A  public key, padding
3 A -> B  HASH('req1', S), HASH('req2', SKEY) xor HASH('req3', S),
          [VC, what A can do, length and padding, length and initial payload]
4 B -> A  [VC, what B has chosen, length and padding]
5         from here on both sides speak plainly or encrypted, as chosen

    machine = Initiator(info_hash, provide, payload, rng)
    while machine.wanted:
        ...                                     # send machine.data_to_send()
        machine.receive_data(...)               # at most machine.wanted bytes
    ...                                         # send the rest, then look at machine.agreed

Whoever drives a machine reads no more than it wants, so nothing of what follows the
handshake is ever read by it, wherever the peer's bytes are cut.

HOSTILE INPUT: a padding ends after 512 bytes, lengths have 16 bits, and nothing is kept
before it has arrived.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import mse_keys as keys
from raincore.wire import rc4

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Generator

    from raincore.base.ids import InfoHash
    from raincore.wire.rc4 import KeyStream

__all__ = ["Agreed", "Crypto", "Initiator", "Responder"]

MAX_PAD = 512
VC = bytes(8)
HASH_LENGTH = 20
MAX_PAYLOAD = 65535
RULE = "MSE, handshake"


class Crypto(IntFlag):
    """How to go on after the handshake; the values are those on the wire."""

    PLAINTEXT = 1
    RC4 = 2


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """What a handshake came to.

    Args:
        crypto: One of the two.
        info_hash: The torrent that A means and B has.
        payload: What A sent along, in plain; empty for A itself.
        incoming: To apply to what arrives from now on if `crypto` is RC4.
        outgoing: To apply to what is sent from now on if `crypto` is RC4.
    """

    crypto: Crypto
    info_hash: InfoHash
    payload: bytes
    incoming: KeyStream
    outgoing: KeyStream


class _Handshake(ABC):
    """What both sides have in common: a script that waits for bytes, and what it says."""

    def __init__(self, rng: random.Random) -> None:
        self.agreed: Agreed | None = None
        """How it ended, when it has ended well."""
        self._rng = rng
        self._pair = keys.KeyPair(rng)
        self._outgoing = bytearray()
        self._arrived = bytearray()
        self._script = self._play()
        self._expected = next(self._script)

    @property
    def wanted(self) -> int:
        """How many bytes to receive next, at most; 0 when there is nothing more to hear."""
        return self._expected - len(self._arrived)

    def data_to_send(self) -> bytes:
        """Take what is to be sent now, however far the handshake is."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Go on with bytes that arrived, as many or as few as they are.

        Args:
            data: At most `wanted` bytes.

        Raises:
            RemoteProtocolError: The peer does not keep to the rules, or nothing suits
                both sides. The machine is unusable then: drop the peer.
            LocalProtocolError: It is more than was wanted: a bug of the caller.
        """
        if len(data) > self.wanted:
            raise LocalProtocolError(f"more than the {self.wanted} bytes wanted: {len(data)}", RULE)
        self._arrived += data
        if self.wanted or not data:
            return
        arrived = bytes(self._arrived)
        self._arrived.clear()
        self._expected = 0
        try:
            self._expected = self._script.send(arrived)
        except StopIteration:
            pass

    @abstractmethod
    def _play(self) -> Generator[int, bytes, None]:
        """Go through the handshake; each `yield` waits for so many bytes, at least one."""

    def _say_key(self) -> None:
        self._outgoing += self._pair.public()
        self._outgoing += self._rng.randbytes(self._rng.randint(0, MAX_PAD))

    def _padding(self) -> bytes:
        """An encrypted padding and its length; zeros, as the rules ask for."""
        length = self._rng.randint(0, MAX_PAD)
        return struct.pack(f">H{length}x", length)

    def _skip_to(self, mark: bytes) -> Generator[int, bytes, None]:
        """Skip the other side's first padding: all up to and with a mark."""
        seen = yield len(mark)
        while not seen.endswith(mark):
            # The mark may have begun already; nothing behind it is to be read.
            begun = next(n for n in range(len(mark) - 1, -1, -1) if seen.endswith(mark[:n]))
            if len(seen) - begun > MAX_PAD:
                raise RemoteProtocolError("padding does not end", RULE)
            seen += yield len(mark) - begun


class Initiator(_Handshake):
    """Our side when we have dialled.

    Args:
        info_hash: The torrent that we mean.
        provide: What may follow; the peer chooses.
        payload: What it gets before it can answer, encrypted; our BitTorrent handshake.
        rng: Dice for the key and the paddings.

    Raises:
        LocalProtocolError: `provide` or `payload` cannot be sent: a bug of the caller.
    """

    def __init__(
        self, info_hash: InfoHash, provide: Crypto, payload: bytes, rng: random.Random
    ) -> None:
        if not provide or len(payload) > MAX_PAYLOAD:
            raise LocalProtocolError("nothing provided, or too much payload", RULE)
        self._info_hash = info_hash
        self._provide = provide
        self._payload = payload
        super().__init__(rng)

    def _play(self) -> Generator[int, bytes, None]:
        self._say_key()
        secret = self._pair.secret((yield keys.KEY_LENGTH))
        outgoing = rc4.key_stream(keys.seed_of_dialler(secret, self._info_hash))
        incoming = rc4.key_stream(keys.seed_of_dialled(secret, self._info_hash))
        self._outgoing += keys.start_mark(secret)
        self._outgoing += keys.veil(keys.key_hash(self._info_hash), secret)
        promise = VC + struct.pack(">I", self._provide) + self._padding()
        length = struct.pack(">H", len(self._payload))
        self._outgoing += _applied(outgoing, promise + length + self._payload)

        yield from self._skip_to(_applied(incoming, VC))
        chosen, padding = struct.unpack(">IH", _applied(incoming, (yield 6)))
        _check_padding(padding)
        if chosen not in (Crypto.PLAINTEXT, Crypto.RC4) or not chosen & self._provide:
            raise RemoteProtocolError(f"peer chose what was not offered: {chosen:#x}", RULE)
        if padding:
            _applied(incoming, (yield padding))
        self.agreed = Agreed(Crypto(chosen), self._info_hash, b"", incoming, outgoing)


class Responder(_Handshake):
    """Our side when a stranger has dialled us.

    Args:
        find: Gives the torrent for its `mse_keys.key_hash`, None if it is not ours.
        allowed: What may follow; plaintext is chosen when both sides allow it, since it
            costs less than half.
        rng: Dice for the key and the paddings.
    """

    def __init__(
        self, find: Callable[[bytes], InfoHash | None], allowed: Crypto, rng: random.Random
    ) -> None:
        self._find = find
        self._allowed = allowed
        super().__init__(rng)

    def _play(self) -> Generator[int, bytes, None]:
        secret = self._pair.secret((yield keys.KEY_LENGTH))
        self._say_key()
        yield from self._skip_to(keys.start_mark(secret))
        info_hash = self._find(keys.veil((yield HASH_LENGTH), secret))
        if info_hash is None:
            raise RemoteProtocolError("encrypted handshake for no torrent of ours", RULE)
        incoming = rc4.key_stream(keys.seed_of_dialler(secret, info_hash))
        outgoing = rc4.key_stream(keys.seed_of_dialled(secret, info_hash))

        vc, provided, padding = struct.unpack(">8sIH", _applied(incoming, (yield 14)))
        if vc != VC:
            raise RemoteProtocolError("wrong verification constant", RULE)
        _check_padding(padding)
        crypto = self._choose(provided)
        if padding:
            _applied(incoming, (yield padding))
        (length,) = struct.unpack(">H", _applied(incoming, (yield 2)))
        payload = _applied(incoming, (yield length)) if length else b""
        choice = VC + struct.pack(">I", crypto) + self._padding()
        self._outgoing += _applied(outgoing, choice)
        self.agreed = Agreed(crypto, info_hash, payload, incoming, outgoing)

    def _choose(self, provided: int) -> Crypto:
        for crypto in (Crypto.PLAINTEXT, Crypto.RC4):
            if crypto & provided & self._allowed:
                return crypto
        raise RemoteProtocolError(
            f"peer offers {provided:#x}, none of which we allow", "MSE, crypto_provide"
        )


def _applied(stream: KeyStream, data: bytes) -> bytes:
    """Encrypt or decrypt a copy."""
    changed = bytearray(data)
    stream.apply(memoryview(changed))
    return bytes(changed)


def _check_padding(length: int) -> None:
    if length > MAX_PAD:
        raise RemoteProtocolError(f"padding is too long: {length}", RULE)
