"""Torrents handed from one server to another: who sends, and who receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.session_errors import SessionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from raincore.base.config import Config
    from raincore.session.session import Session

__all__ = ["Moving"]


class Moving:
    """Sends and receives torrents.

    Args:
        session: Whose torrents these are.
        config: Where content is put.
    """

    def __init__(self, session: Session, config: Config) -> None:
        self._session = session
        self._config = config

    async def send(self, id: str, target: str) -> None:
        """Hand a torrent over."""
        self._session.get(id)
        raise SessionError("x")

    async def receive(self, kind: str, parts: AsyncIterator[bytes]) -> None:
        """Take a torrent."""
        raise SessionError("x")
