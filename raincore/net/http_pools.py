"""The connections of one HTTP client, and which of them carries a question.

One that nobody uses is kept for a while: the next question to that server goes over it, or
over a new one if the server has closed it meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import trio

from raincore.base.errors import TimedOut
from raincore.net.http_connection import Broken
from raincore.net.http_dialer import NO_HASTE, HttpDialer, within

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from raincore.formats.http_url import HttpUrl
    from raincore.net.http_connection import HttpConnection, HttpHead
    from raincore.net.http_dialer import Kind, Steps
    from raincore.net.interface import Network

__all__ = ["Held", "HttpPools"]

MAX_CONNECTIONS = 50
"""At once, of one kind, over all hosts; further questions wait."""
KEEP_SECONDS = 60.0


class _Kept(NamedTuple):
    where: tuple[str, int]
    until: float
    connection: HttpConnection


class _Pool:
    """Connections of one kind."""

    def __init__(self) -> None:
        self.slots = trio.Semaphore(MAX_CONNECTIONS)
        """One for each that is in use."""
        self.kept: list[_Kept] = []
        """The others; who has been there longest goes first."""

    def take(self, where: tuple[str, int]) -> HttpConnection | None:
        """A kept connection to a server, the one that was used last."""
        if not self.kept:
            return None
        now = trio.current_time()
        while self.kept and self.kept[0].until < now:
            self.kept.pop(0).connection.close()
        for number in reversed(range(len(self.kept))):
            if self.kept[number].where == where:
                connection = self.kept.pop(number).connection
                if not connection.has_ended:
                    return connection
                connection.close()
        return None

    def make_room(self) -> None:
        """See to it that there are not too many, with those in use, when one is made."""
        while len(self.kept) > self.slots.value:
            self.kept.pop(0).connection.close()


class Held(NamedTuple):
    """A connection in use; give it back."""

    pool: _Pool
    where: tuple[str, int]
    connection: HttpConnection


class HttpPools:
    """The connections of one client, by kind. Close them by `close`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
        steps: How long each step of a question may take.
    """

    def __init__(self, network: Network, *, verify_tls: bool, steps: Steps = NO_HASTE) -> None:
        self._dialer = HttpDialer(network, verify_tls=verify_tls, steps=steps)
        self._steps = steps
        self._pools: dict[tuple[Kind, bool], _Pool] = {}
        self._used: set[HttpConnection] = set()
        self._closings = 0

    async def ask(
        self,
        kind: Kind,
        there: HttpUrl,
        fields: list[tuple[str, str]],
        content: AsyncGenerator[bytes] | None = None,
    ) -> tuple[Held, HttpHead]:
        """Ask a question and wait for the head of its answer: `HttpConnection.ask`, `hear`.

        Returns:
            Also the connection, which `give_back` wants when the body was taken.

        Raises:
            ConnectError: Nobody answered.
            TimedOut: Who was asked did not, in time.
            NetworkError: The conversation broke.

        Cancelling closes the connection.
        """
        key = kind, there.is_secured
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = _Pool()
        try:
            pool.slots.acquire_nowait()
        except trio.WouldBlock:
            await pool.slots.acquire()
        try:
            return await self._asked(pool, kind, there, fields, content)
        except BaseException:
            pool.slots.release()
            raise

    def give_back(self, held: Held) -> None:
        """Be done with an answer; its connection is kept if it may carry another question."""
        pool, where, connection = held
        pool.slots.release()
        if connection in self._used and connection.is_free:
            self._used.discard(connection)
            pool.kept.append(_Kept(where, trio.current_time() + KEEP_SECONDS, connection))
        else:
            self._drop(connection)

    def close(self) -> None:
        """Close all connections, those in use too; harmless when repeated."""
        self._closings += 1
        for pool in self._pools.values():
            while pool.kept:
                pool.kept.pop().connection.close()
        for connection in list(self._used):
            self._drop(connection)

    async def _asked(
        self,
        pool: _Pool,
        kind: Kind,
        there: HttpUrl,
        fields: list[tuple[str, str]],
        content: AsyncGenerator[bytes] | None,
    ) -> tuple[Held, HttpHead]:
        where = there.host, there.port
        if content is None and (connection := pool.take(where)) is not None:
            before = self._closings
            try:
                head = await self._heard(connection, there, fields, None)
                return Held(pool, where, connection), head
            except Broken:
                if self._closings != before:
                    raise
                # Otherwise they had closed it just then.
        pool.make_room()
        connection = await self._dialer.connect(kind, there)
        head = await self._heard(connection, there, fields, content)
        return Held(pool, where, connection), head

    async def _heard(
        self,
        connection: HttpConnection,
        there: HttpUrl,
        fields: list[tuple[str, str]],
        content: AsyncGenerator[bytes] | None,
    ) -> HttpHead:
        self._used.add(connection)
        try:
            await connection.ask(there, fields, content)
            with within(self._steps.head):
                return await connection.hear()
            raise TimedOut(f"no answer within {self._steps.head:g} s: {there.place}", there.place)
        except BaseException:
            self._drop(connection)
            raise

    def _drop(self, connection: HttpConnection) -> None:
        self._used.discard(connection)
        connection.close()
