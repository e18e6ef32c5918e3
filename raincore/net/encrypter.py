"""Agree with a peer on encryption, over a stream that is connected (MSE).

Also what one process remembers about it: who wants to be dialled in the clear, and when
the next stranger may cost us an exchange of keys.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.config import Encryption
from raincore.base.errors import EncryptionRefused, NetworkError
from raincore.net.conversation import hear, say
from raincore.net.encrypted_stream import RUN_LENGTH, EncryptedStream
from raincore.net.primed_stream import PrimedStream
from raincore.wire import handshake, mse, mse_keys, rc4
from raincore.wire.mse import Crypto

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.net.interface import Stream

__all__ = ["Encrypter", "Secured"]

REMEMBERED_MAX = 4096
"""Addresses to be dialled in the clear, the latest ones."""

REST_SECONDS = 0.002
"""How long strangers wait after each exchange of keys, which takes the processor for less
than 1 ms: so a flood of them takes a third of it at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Secured:
    """A stream after the encrypted handshake.

    Args:
        stream: Gives and takes plain bytes; nothing has been read from it yet.
        crypto: What protects those bytes from now on.
        info_hash: The torrent that both sides have.
    """

    stream: Stream
    crypto: Crypto
    info_hash: InfoHash


class Encrypter:
    """What one process needs to speak MSE.

    Args:
        rng: Dice for keys and paddings; nobody should be able to guess them.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._clear: dict[Endpoint, None] = {}
        self._run = memoryview(bytearray(RUN_LENGTH))
        self._turn = trio.Lock()
        self._rested_at = -math.inf

    # --- memory ---------------------------------------------------------------------------

    def wants_clear(self, remote: Endpoint) -> bool:
        """Whether an address turned an encrypted handshake down when it was last dialled."""
        return remote in self._clear

    def remember(self, remote: Endpoint, *, clear: bool) -> None:
        """Note how an address is best dialled next time."""
        self._clear.pop(remote, None)
        if clear:
            self._clear[remote] = None
            if len(self._clear) > REMEMBERED_MAX:
                del self._clear[next(iter(self._clear))]

    # --- handshakes -----------------------------------------------------------------------

    async def dialled(
        self, stream: Stream, info_hash: InfoHash, payload: bytes, policy: Encryption
    ) -> Secured:
        """Shake hands with a peer that we have dialled, and remember whether it would.

        Args:
            stream: Connected, nothing said or heard.
            info_hash: The torrent that we mean.
            payload: What the peer gets along with the handshake.
            policy: PREFER or REQUIRE.

        Raises:
            EncryptionRefused: The peer does not speak MSE: it hung up before it gave its
                key, or answered in the clear.
            NetworkError: The connection broke or was closed later.
            RemoteProtocolError: The peer breaks the rules of MSE.

        Waits for the network only, as long as its caller lets it.
        """
        self.remember(stream.remote, clear=True)  # unless it gives its key
        machine = mse.Initiator(info_hash, _allowed(policy), payload, self._rng)
        first = bytearray()
        try:
            await say(stream, machine.data_to_send())
            while len(first) < mse_keys.KEY_LENGTH:
                first += await hear(stream, mse_keys.KEY_LENGTH - len(first))
                if first.startswith(handshake.PREFIX):
                    raise NetworkError("peer answers in the clear")
        except NetworkError as error:
            raise EncryptionRefused(
                f"peer refuses an encrypted handshake: {stream.remote}", str(stream.remote)
            ) from error
        self.remember(stream.remote, clear=False)
        machine.receive_data(first)
        return self._secured(stream, await _drive(machine, stream))

    async def accepted(
        self,
        stream: Stream,
        first: bytes,
        find: Callable[[bytes], InfoHash | None],
        policy: Encryption,
    ) -> Secured:
        """Shake hands with a stranger who has dialled us.

        Args:
            stream: Nothing was said on it.
            first: What was heard already, the beginning of the stranger's key.
            find: Gives the torrent for its `mse_keys.key_hash`, None if it is not ours.
            policy: PREFER or REQUIRE.

        Raises:
            NetworkError: The connection broke or was closed.
            RemoteProtocolError: This is no MSE handshake, or not for a torrent of ours.

        Waits for the network and for its turn: exchanges of keys rest between each other.
        """
        machine = mse.Responder(find, _allowed(policy), self._rng)
        key = bytearray(first)
        while len(key) < mse_keys.KEY_LENGTH:
            key += await hear(stream, mse_keys.KEY_LENGTH - len(key))
        async with self._turn:
            await trio.sleep_until(self._rested_at)
            try:
                machine.receive_data(key)
            finally:
                self._rested_at = trio.current_time() + REST_SECONDS
        return self._secured(stream, await _drive(machine, stream))

    def _secured(self, stream: Stream, agreed: mse.Agreed) -> Secured:
        if agreed.crypto is Crypto.RC4:
            stream = EncryptedStream(stream, agreed.incoming, agreed.outgoing, self._run)
        if agreed.payload:
            stream = PrimedStream(stream, agreed.payload)
        return Secured(stream, agreed.crypto, agreed.info_hash)


def _allowed(policy: Encryption) -> Crypto:
    if policy is Encryption.REQUIRE:
        return Crypto.RC4
    return Crypto.PLAINTEXT | Crypto.RC4 if rc4.is_fast() else Crypto.PLAINTEXT


async def _drive(machine: mse.Initiator | mse.Responder, stream: Stream) -> mse.Agreed:
    """Carry a handshake to its end."""
    while machine.wanted:
        await say(stream, machine.data_to_send())
        machine.receive_data(await hear(stream, machine.wanted))
    await say(stream, machine.data_to_send())
    assert machine.agreed is not None
    return machine.agreed
