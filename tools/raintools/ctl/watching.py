"""Verbs of rain-ctl that follow a session, and ask it for reasons and settings."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import NetworkError, RemoteProtocolError
from raintools._kit import options
from raintools._kit.command import Command
from raintools.ctl import documents, fields, targets
from raintools.ctl.hyphens import OfTorrents
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from raintools._kit.options import Common
    from raintools.ctl.server import Server

__all__ = ["VERBS"]

EVENTS_EXAMPLES = """\b
Examples:
  rain-ctl events --no-json
  rain-ctl events | jq -r 'select(.Kind == "completed") | .id'
  rain-ctl events --since 1234 --retry
"""
CONFIG_EXAMPLES = """\b
Examples:
  rain-ctl config
  rain-ctl config --set speed-limit-upload=500
"""
POLL_SECONDS = 5
"""Then whoever reads us is looked for: it may have left long before the next event."""
RETRY_SECONDS = 2.0
RULE = "JSON-RPC of rain"


@click.command("events", cls=Command, epilog=EVENTS_EXAMPLES)
@click.option(
    "--since",
    type=click.IntRange(0, 2**63 - 1),
    metavar="REVISION",
    help="What happened after that, too; the Revision of the last event that you have.",
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after so many events.")
@click.option("--retry", is_flag=True, help="Wait for a server that went away.")
@connected
@options.common("session_event")
def events(
    since: int | None, count: int | None, retry: bool, server: Server, common: Common
) -> None:
    """Write what happens in the session as it happens, until interrupted.

    Torrents are added, removed and changed, get a status, have their metadata, are completed;
    warnings. An event of kind "lost" says that some before it were forgotten.
    """
    left, is_away = count, False
    while left is None or left > 0:
        given: dict[str, Any] = {"Timeout": POLL_SECONDS, "Limit": min(left or 1000, 1000)}
        given |= {} if since is None else {"Since": since}
        try:
            patience = POLL_SECONDS + server.timeout_seconds
            found = server.call("Session.GetEvents", given, timeout=patience)
        except NetworkError as error:
            if not retry:
                raise
            if not is_away:
                common.warn(f"{error}; trying again")
            is_away = True
            common.out.require_reader()
            time.sleep(RETRY_SECONDS)
            continue
        is_away = False
        common.out.require_reader()
        rows = fields.rows(found, "Events")
        for row in rows:
            _show_event(row, common)
        left = None if left is None else left - len(rows)
        if not isinstance(found, dict) or type(found.get("Revision")) is not int:
            raise RemoteProtocolError("no Revision in the reply to Session.GetEvents", RULE)
        since = found["Revision"]


@click.command("explain", cls=OfTorrents)
@targets.named
@connected
@options.common("explanation")
def explain(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
    """Say why torrents are not moving, and what would help."""
    for target in targets.each(idents, more, server, common):
        with common.outcome.guard(target.origin):
            found = server.call("Session.ExplainTorrent", {"ID": target.ident})
            if not common.out.human:
                causes = {"Causes": fields.rows(found, "Causes")}
                common.out.value(documents.of("explanation", target.ident, causes))
                continue
            for cause in fields.causes(found):
                common.out.text(f"{target.origin}: {cause}")
    return common.outcome.code


class Setting(click.ParamType):  # type: ignore[type-arg]  # click 8.3 has it not generic
    """A key and a value, which is JSON or else text."""

    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Take the two apart."""
        key, equals, text = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not KEY=VALUE", param, ctx)
        try:
            return key, json.loads(text)
        except ValueError:
            return key, text


@click.command("config", cls=Command, epilog=CONFIG_EXAMPLES)
@click.option(
    "--set",
    "settings",
    type=Setting(),
    metavar="KEY=VALUE",
    multiple=True,
    help="Change a setting until the server ends; repeatable.",
)
@connected
@options.common("session_config")
def config(settings: tuple[tuple[str, Any], ...], server: Server, common: Common) -> None:
    """Show the server's settings, or change those that can be changed while it runs."""
    if settings:
        found = server.call("Session.SetConfig", {"Config": dict(settings)})
        later = fields.texts(found, "AfterRestart")
        if later:
            common.warn(f"holds after a restart only, if it is in the file: {', '.join(later)}")
        facts = {"Changed": fields.texts(found, "Changed"), "AfterRestart": later}
        if not common.out.human:
            common.out.value(documents.of("session_config", None, facts))
        return
    shown = server.object("Session.GetConfig", {}, "Config")
    if not common.out.human:
        common.out.value(documents.of("session_config", None, {"Config": shown}))
        return
    for key, value in sorted(fields.cleaned(shown).items()):
        common.out.text(f"{key}: {json.dumps(value, ensure_ascii=False)}")


def _show_event(row: dict[str, Any], common: Common) -> None:
    ident = fields.text(row, "ID")
    if not common.out.human:
        facts = {key: value for key, value in row.items() if key != "ID"}
        common.out.value(documents.of("session_event", ident, facts))
        return
    words = [fields.text(row, key) for key in ("Time", "Kind", "ID", "Status", "Message")]
    common.out.text(" ".join(word for word in words if word))


VERBS = (events, explain, config)
