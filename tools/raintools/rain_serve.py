"""rain-serve: many torrents, controlled over JSON-RPC."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import RainError
from raincore.session import config_file, config_shown
from raintools._kit import exits, options, runtime, settings, signals, systemd
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import trio

    from raincore.rpc.tuning import LiveTuning
    from raincore.session.config_file import Settings
    from raintools._kit.options import Common

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-serve
  rain-serve --config /etc/rain.yaml --data-dir /srv/torrents
  RAIN_RPC_TOKEN=secret rain-serve --rpc-host 0.0.0.0
  rain-serve --print-config > ~/rain/config.yaml
"""
SIGNALS = (signal.SIGHUP, signal.SIGUSR1)
log = logging.getLogger(__name__)


@click.command("rain-serve", cls=Command, epilog=EXAMPLES)
@click.option(
    "-c",
    "--config",
    "path",
    metavar="FILE",
    help="Read the configuration from this file; empty for none. [$HOME/rain/config.yaml]",
)
@click.option("--print-config", is_flag=True, help="Print what would hold, as YAML, and end.")
@click.option("--check-database", is_flag=True, help="Say whether the database is sound, and end.")
@settings.of_keys
@options.common(schema=config_shown.schema)
def main(
    path: str | None,
    print_config: bool,
    check_database: bool,
    flags: dict[str, str],
    common: Common,
) -> int:
    """Run a session of many torrents until a signal ends it.

    It is controlled over JSON-RPC by rain-ctl, or by any client of rain. Every key of the
    configuration file is an option too, and an environment variable: --rpc-port is
    RAIN_RPC_PORT. SIGHUP reads the configuration again, SIGUSR1 logs why torrents do not move.
    """
    serve = Serve(path, flags, common)
    found = serve.read({})
    for text in found.warnings:
        common.warn(text)
    if print_config:
        common.out.text(config_shown.as_yaml(found))
        return 0
    debug = common.outcome.debug or found.values["debug"].value
    runtime.log_to_stderr("rain-serve", 2 if debug else 1 + common.verbose, quiet=common.quiet)
    if check_database:
        return serve.check(found)
    return runtime.run(partial(serve.run, found))


@dataclass(frozen=True, slots=True)
class Serve:
    """What was asked for; `run` does it."""

    path: str | None
    flags: Mapping[str, str]
    common: Common
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def read(self, changes: Mapping[str, Any]) -> Settings:
        """Read the configuration, with some settings on top of it."""
        return config_file.load(self.path, self.environment, {**self.flags, **changes})

    def check(self, found: Settings) -> int:
        """Look whether the database can be used; return the exit code."""
        from raincore.session.commons import places
        from raincore.storage import session_check

        count, complaints = session_check.check(places(found.config)[1])
        for text in complaints:
            exits.say(f"rain-serve: error: {text}")
        log.info("the database was read", extra={"facts": {"torrents": count}})
        return 5 if complaints else 0

    async def run(self, found: Settings, stop: trio.Event) -> int:
        """Serve until told to stop; return the exit code."""
        import trio

        from raincore.rpc.server import open_server
        from raincore.session import collector

        collector.be_patient()
        with signals.received(SIGNALS) as heard:
            async with open_server(found, self.read) as tuning, trio.open_nursery() as nursery:
                nursery.start_soon(obey, tuning, heard)
                nursery.start_soon(keep_alive)
                systemd.notify("READY=1")
                await stop.wait()
                systemd.notify("STOPPING=1")
                nursery.cancel_scope.cancel()
        return 0


async def obey(tuning: LiveTuning, heard: AsyncIterator[int]) -> None:
    """Read the configuration again at SIGHUP, say why torrents do not move at SIGUSR1."""
    async for number in heard:
        if number == signal.SIGUSR1:
            tuning.explain()
            continue
        systemd.reloading()
        try:
            tuning.reload()
        except RainError as error:
            facts = {"error": error}
            log.error("the configuration stays as it was", extra={"facts": facts})
        systemd.notify("READY=1")


async def keep_alive() -> None:
    """Tell the service manager's watchdog that the event loop turns."""
    import trio

    seconds = systemd.watchdog_seconds()
    while seconds is not None:
        systemd.notify("WATCHDOG=1")
        await trio.sleep(seconds)


if __name__ == "__main__":
    main()
