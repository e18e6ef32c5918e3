"""The verb "rain-ctl set": what is wanted of torrents, while they run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import FormatError
from raincore.base.units import parse_duration
from raintools._kit import options, params
from raintools._kit.preferring import LEVELS
from raintools.ctl import documents, fields, targets
from raintools.ctl.hyphens import OfTorrents
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from raintools._kit.options import Common
    from raintools.ctl.server import Server
    from raintools.ctl.targets import Target

__all__ = ["VERBS"]

EXAMPLES = """\b
Examples:
  rain-ctl set ID --limit-up 500KiB --seed-ratio 2
  rain-ctl set ID --select '*.iso' --select 0,3-5
  rain-ctl set ID --priority 2=high --priority 0,5-7=low
  rain-ctl list --label tv | rain-ctl set --limit-down 1MiB
  rain-ctl set ID
"""
SESSION, NONE = -1, 0
WORDS = {"session": SESSION, "none": NONE}
INDICES = re.compile(r"[0-9]{1,9}(-[0-9]{1,9})?(,[0-9]{1,9}(-[0-9]{1,9})?)*")


def _limit(text: str, read: Any) -> float:
    if text in WORDS:
        return WORDS[text]
    number = float(read(text))
    if number <= 0:
        raise FormatError(f"not a limit: {text!r}; say none for none, session for the session's")
    return number


class Until(params.Parsed):
    """A span of time, or "none", or "session"."""

    name = "duration|none|session"
    parse = staticmethod(lambda text: _limit(text, parse_duration))


class UntilRatio(params.Parsed):
    """A ratio, or "none", or "session"."""

    name = "ratio|none|session"
    parse = staticmethod(lambda text: _limit(text, params.Ratio.parse))


class Preferred(params.Parsed):
    """Numbers of files, and how much these are wanted: "0,3-5=high"."""

    name = "index=level"

    @staticmethod
    def parse(text: str) -> dict[str, str]:
        """Levels by the numbers of files, as the server has them."""
        files, _, level = text.rpartition("=")
        if level not in LEVELS or not INDICES.fullmatch(files):
            raise FormatError(
                f"not files and a level: {text!r}; say 2=high or 0,3-5=low ({', '.join(LEVELS)})"
            )
        return dict.fromkeys(_files(files), level)


OPTIONS = (
    click.option(
        "--limit-down", type=params.Rate(), help="Download so much per second at most; 0: any."
    ),
    click.option(
        "--limit-up", type=params.Rate(), help="Upload so much per second at most; 0: any."
    ),
    click.option("--sequential/--no-sequential", default=None, help="Fetch pieces in order."),
    click.option(
        "--edges-first/--no-edges-first",
        default=None,
        help="Fetch the beginning and end of each file before the rest.",
    ),
    click.option(
        "--select",
        metavar="GLOB|INDEX",
        multiple=True,
        help="Files that are wanted, also 1,3-5; repeatable.",
    ),
    click.option("--select-all", is_flag=True, help="All files are wanted."),
    click.option(
        "--priority",
        "priorities",
        type=Preferred(),
        multiple=True,
        help=f"Files and how much they are wanted ({', '.join(LEVELS)}), 2=high; repeatable.",
    ),
    click.option("--no-priorities", is_flag=True, help="All files are wanted alike."),
    click.option("--label", "labels", metavar="LABEL", multiple=True, help="Have these labels."),
    click.option("--no-labels", is_flag=True, help="Have no labels."),
    click.option("--seed-ratio", type=UntilRatio(), help="Stop when so much was given."),
    click.option("--seed-time", type=Until(), help="Stop after seeding so long."),
    click.option("--seed-idle", type=Until(), help="Stop after giving nothing for so long."),
    click.option("--stop-after-download/--no-stop-after-download", default=None, help="As add."),
    click.option("--stop-after-metadata/--no-stop-after-metadata", default=None, help="As add."),
)
PLAIN = {
    "limit_down": "SpeedLimitDownload",
    "limit_up": "SpeedLimitUpload",
    "sequential": "Sequential",
    "edges_first": "EdgesFirst",
    "seed_ratio": "SeedRatioLimit",
    "seed_time": "SeedTimeLimit",
    "seed_idle": "SeedIdleLimit",
    "stop_after_download": "StopAfterDownload",
    "stop_after_metadata": "StopAfterMetadata",
}


def _wanted(given: dict[str, Any]) -> dict[str, Any]:
    """The request's members: only what was said."""
    wanted = {key: given[name] for name, key in PLAIN.items() if given[name] is not None}
    if given["select"] or given["select_all"]:
        if given["select"] and given["select_all"]:
            raise click.UsageError("--select and --select-all exclude each other")
        wanted["Select"] = [one for text in given["select"] for one in _files(text)]
    if given["priorities"] or given["no_priorities"]:
        if given["priorities"] and given["no_priorities"]:
            raise click.UsageError("--priority and --no-priorities exclude each other")
        wanted["Priorities"] = {n: level for one in given["priorities"] for n, level in one.items()}
    if given["labels"] or given["no_labels"]:
        if given["labels"] and given["no_labels"]:
            raise click.UsageError("--label and --no-labels exclude each other")
        wanted["Labels"] = sorted(set(given["labels"]))
    return wanted


def _files(text: str) -> list[str]:
    """A pattern as it is; "0,3-5" as a list of numbers."""
    if not INDICES.fullmatch(text):
        return [text]
    return [str(index) for index in params.Indices.parse(text)]


def _set(
    idents: tuple[str, ...],
    more: tuple[str, ...],
    server: Server,
    common: Common,
    **given: Any,
) -> int:
    """Change what is wanted of torrents, or show it if nothing is to be changed.

    What is not mentioned stays as it is. Labels, selections and priorities replace those
    before.
    """
    wanted = _wanted(given)
    if not wanted:
        return _show(idents, more, server, common)

    def do(target: Target) -> None:
        server.call("Session.SetTorrentOptions", {"ID": target.ident, **wanted})

    return targets.act(idents, more, server, common, do)


def _show(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
    for target in targets.each(idents, more, server, common):
        with common.outcome.guard(target.origin):
            found = server.object("Session.GetTorrentOptions", {"ID": target.ident}, "Options")
            if common.out.human:
                lines = [
                    f"{key}: {json.dumps(value, ensure_ascii=False)}"
                    for key, value in fields.cleaned(found).items()
                ]
                common.out.text("\n".join(lines))
            else:
                common.out.value(documents.of("torrent_options", target.ident, found))
    return common.outcome.code


VERBS = (
    click.command("set", cls=OfTorrents, epilog=EXAMPLES)(
        options.stacked(
            _set,
            targets.named,
            *OPTIONS,
            connected,
            options.common("torrent", "torrent_options"),
        )
    ),
)
