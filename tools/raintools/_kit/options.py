"""Option groups shared by commands."""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import raincore
from raintools._kit import exits, output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Common", "about", "common", "stacked"]


OPTIONS = (
    click.option(
        "--json/--no-json",
        "as_json",
        default=None,
        help="Write JSON Lines, or a readable view; the view is for terminals.",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour the readable view.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings."),
    click.option("-v", "--verbose", count=True, help="Say more on stderr; repeatable."),
    click.option("--debug", is_flag=True, help="Show tracebacks."),
)


class Common(NamedTuple):
    """What the common options say, with the writer and the outcome that they set up."""

    out: output.Writer
    outcome: exits.Outcome
    quiet: bool
    verbose: int

    def warn(self, text: str) -> None:
        """Say on stderr that something is wrong but the work goes on; quiet if asked to."""
        self.outcome.warn(text)


def about(
    *types: str, schema: Callable[[], dict[str, Any]] | None = None
) -> Sequence[Callable[..., Any]]:
    """The options --schema, of what is written, and --version, as decorators.

    Args:
        types: The document types that the command writes.
        schema: Of what it writes instead, where that is no document.
    """

    def show_schema(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
        if wanted:
            from raincore.documents import registry

            shown = registry.schema_of(types) if schema is None else schema()
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
            ctx.exit()

    option = click.option(
        "--schema",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show_schema,
        help="Print the JSON Schema of what this command writes.",
    )
    version = click.version_option(raincore.__version__, message="%(prog)s %(version)s")
    return option, version


def common(
    *types: str, schema: Callable[[], dict[str, Any]] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the common options; the callback gets them as its argument `common`.

    Args:
        types: The document types that the command writes, for --schema.
        schema: See `about`.
    """

    def decorate(callback: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(callback)
        def wrapper(**given: Any) -> Any:
            command = click.get_current_context().command
            name = getattr(command, "title", command.name or "")
            given["common"] = Common(
                out=output.Writer(as_json=given.pop("as_json"), color=given.pop("color")),
                outcome=exits.Outcome(name, debug=given.pop("debug"), quiet=given["quiet"]),
                quiet=given.pop("quiet"),
                verbose=given.pop("verbose"),
            )
            return callback(**given)

        return stacked(wrapper, *OPTIONS, *about(*types, schema=schema))

    return decorate


def stacked(callback: Callable[..., Any], *decorators: Callable[..., Any]) -> Callable[..., Any]:
    """Apply decorators as if they stood above the callback, the first on top."""
    for decorator in reversed(decorators):
        callback = decorator(callback)
    return callback
