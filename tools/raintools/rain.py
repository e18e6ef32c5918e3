"""rain: one name for all commands, and the command line of rain in Go."""

from __future__ import annotations

import importlib
import importlib.util
import json
from typing import TYPE_CHECKING

import click

import raincore
from raintools._kit import options
from raintools.golang.umbrella import Umbrella, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

TOOLS = {
    "create": "hash files or directories into a .torrent",
    "inspect": "show what is in a .torrent or magnet link",
    "edit": "change a .torrent without hashing again",
    "verify": "hash local data against torrents",
    "magnet": "torrents to magnet links, and back",
    "fetch": "download a torrent and end",
    "seed": "check local data and serve it",
    "dht": "ask the distributed hash table",
    "serve": "run a session of many torrents",
    "ctl": "control a running session",
}
"""Commands of ours: "rain create" is rain-create."""
LEVELS = {
    "client": ("send a request to a running server", "client"),
    "torrent": ("work with .torrent files", "torrents"),
}
GO = {
    "server": "the same as serve",
    "download": "download one torrent into this directory",
    "magnet-to-torrent": "get the .torrent file of a magnet link",
    "compact-database": "no longer needed",
}
EXAMPLES = """\b
Examples:
  rain create ./photos | rain seed | rain fetch --dir /tmp/copy
  rain server --config /etc/rain.yaml
  rain client add photos.torrent
  rain download -t photos.torrent --seed
"""


def _show_schema(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from raincore.documents import registry

        schema = registry.schema_of(sorted(registry.VERSIONS))
        click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
        ctx.exit()


def _listed() -> str:
    """The commands, for --help; those that are not installed are left out."""
    there = [name for name in TOOLS if importlib.util.find_spec(f"raintools.rain_{name}")]
    rows = [(name, TOOLS[name]) for name in there]
    rows += [(name, level[0]) for name, level in LEVELS.items()] + list(GO.items())
    lines = [f"  {name:17}  {text}" for name, text in rows]
    head, tail = lines[: len(there)], lines[len(there) :]
    both = ["\b", "Commands:", *head, "", "\b", "As rain in Go has them, with its flags:", *tail]
    return "\n".join(both)


@click.command("rain", cls=Umbrella, epilog=EXAMPLES, names=(*TOOLS, *LEVELS, *GO), more=_listed)
@click.argument("words", metavar="COMMAND [ARGUMENT]...", nargs=-1, type=Words())
@click.option("-d", "--debug", is_flag=True, help="Show tracebacks.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_schema,
    help="Print the JSON Schema of everything that the commands write.",
)
def command(words: tuple[str, ...], debug: bool) -> int:
    """A BitTorrent toolkit: small commands under one name.

    Each is a program of its own as well: "rain create" is rain-create.
    """
    if not words:
        click.echo(click.get_current_context().get_help())
        return 0
    first, *rest = words
    if first in ("help", "h"):
        return _help(rest)
    if first in TOOLS and importlib.util.find_spec(f"raintools.rain_{first}"):
        from raintools.golang import other_commands

        wanted = ["--debug"] if debug and "--debug" not in rest else []
        return other_commands.become(f"rain-{first}", [*rest, *wanted])
    return _go(first, rest)


def _help(rest: Sequence[str]) -> int:
    context = click.get_current_context()
    if rest:
        code: int = context.invoke(command, words=(*rest[:1], "--help"), debug=False)
        return code
    click.echo(context.get_help())
    return 0


def _go(first: str, rest: Sequence[str]) -> int:
    from raintools.golang import verbs

    if first in LEVELS:
        module = importlib.import_module(f"raintools.golang.{LEVELS[first][1]}")
        return verbs.run(module.LEVEL, rest)
    if first in GO:
        module = importlib.import_module("raintools.golang.transfers")
        return verbs.run(module.LEVEL, [first, *rest])
    if first == "bash-autocomplete":
        click.echo('eval "$(_RAIN_COMPLETE=bash_source rain)"')
        return 0
    raise verbs.unknown(first, (*TOOLS, *LEVELS, *GO), "rain")


main = options.stacked(
    command,
    click.version_option(
        raincore.__version__, "-v", "--version", message="rain version %(version)s"
    ),
)


if __name__ == "__main__":
    main()
