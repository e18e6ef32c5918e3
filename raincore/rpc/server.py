"""A session and the server around it: what rain-serve runs."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import the_one
from raincore.rpc.api import Api
from raincore.rpc.application import Application
from raincore.rpc.listening import close_listeners, open_listeners, place_of
from raincore.rpc.moving import Moving
from raincore.rpc.serving import HttpServer, tls_context
from raincore.rpc.tuning import LiveTuning
from raincore.session.session import Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Sequence

    from raincore.rpc.tuning import Reread
    from raincore.session.config_file import Settings

__all__ = ["open_server"]

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_server(settings: Settings, reread: Reread) -> AsyncIterator[LiveTuning]:
    """Load the session and answer requests until the block ends.

    Args:
        settings: What holds.
        reread: See `rpc.tuning.Reread`.

    Yields:
        The settings, to be read again.

    Raises:
        ListenError, ConfigError: The server cannot be reached as the settings want.
        RainError: The session cannot be opened, see `Session`.

    Requests that run when the block ends may end, for a moment; then the session is closed.
    Leaves no task behind.
    """
    rules = settings.config.rpc
    # Before the session, so that a second server fails at once; whoever connects waits.
    tls = tls_context(rules)
    listeners = open_listeners(rules) if rules.enabled else []
    try:
        async with Session(settings.config, on_warning=log.warning) as session:
            log.info("the session is open", extra=_facts(torrents=len(session.torrents())))
            try:
                async with _serving(session, settings, reread, listeners, tls) as tuning:
                    yield tuning
            except BaseExceptionGroup as group:
                raise the_one(group) from None
            log.info("stopping")
        log.info("stopped")
    finally:
        with trio.CancelScope(shield=True):
            await close_listeners(listeners)


@asynccontextmanager
async def _serving(
    session: Session,
    settings: Settings,
    reread: Reread,
    listeners: Sequence[trio.SocketListener],
    tls: ssl.SSLContext | None,
) -> AsyncIterator[LiveTuning]:
    rules, ended, aside = settings.config.rpc, trio.Event(), trio.CancelScope()
    moving = Moving(session, settings.config)
    tuning = LiveTuning(session, settings, reread)
    application = Application(Api(session, tuning), rules, moving)
    tuning.on_rules = application.use
    async with trio.open_nursery() as nursery:
        nursery.start_soon(HttpServer(application, rules, tls).serve, listeners, ended)
        for listener in listeners:
            place = place_of(listener, secure=tls is not None)
            log.info("RPC server is listening", extra=_facts(at=place))
        nursery.start_soon(moving.weed, aside)
        try:
            yield tuning
        finally:
            ended.set()
            aside.cancel()


def _facts(**facts: object) -> dict[str, object]:
    return {"facts": facts}
