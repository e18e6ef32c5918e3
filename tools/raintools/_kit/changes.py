"""The options that say what is to change in a torrent; what is not mentioned stays."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.formats.info_edit import Inside
from raincore.formats.metainfo_edit import Edit
from raintools._kit import aliases, date_params, exclusive, list_options, options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["changes", "option_of"]

SALT = 2**31
"""Salts are smaller, for readers that know no larger numbers."""

RANDOM = {"salt": "xseed", "no_salt": "no-xseed"}
FACTS = {"comment": "comment", "created_by": "created_by", "date": "creation_date"}
PAIRS = (*FACTS, "source", "private", "xseed")

opt = aliases.option

OUTSIDE = (
    opt(
        "-r",
        "--replace",
        nargs=2,
        multiple=True,
        metavar="OLD NEW",
        help="Replace a text within trackers, such as a passkey. Repeatable.",
    ),
    opt("-c", "--comment", metavar="TEXT", help="Write this comment."),
    opt("--no-comment", is_flag=True, aliases=["--nocomment"], help="Take the comment away."),
    opt("--created-by", metavar="TEXT", aliases=["--creator"], help="Name this program."),
    opt("--no-created-by", is_flag=True, aliases=["--nocreator"], help="Name no program."),
    opt("--date", type=date_params.DateType(), help="Write this creation date, such as now."),
    opt("--no-date", is_flag=True, aliases=["--nodate"], help="Take the date away."),
)
INFO = (
    opt("-n", "--name", metavar="TEXT", help="Rename the file or directory. (*)"),
    opt("-s", "--source", metavar="TEXT", help="Write this tag of a tracker. (*)"),
    opt("--no-source", is_flag=True, aliases=["--nosource"], help="Take the tag away. (*)"),
    opt("-p", "--private", is_flag=True, help="Peers only from trackers (BEP 27). (*)"),
    opt("--no-private", is_flag=True, aliases=["--noprivate"], help="Peers from anywhere. (*)"),
    opt("-x", "--xseed", is_flag=True, aliases=["--cross-seed"], help="Write a random number. (*)"),
    opt("--no-xseed", is_flag=True, aliases=["--noxseed"], help="Take that number away. (*)"),
)


def changes(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options; the callback gets what they say as its argument `wanted`, an Edit."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        for name in PAIRS:
            exclusive.one_of(given, name, f"no_{name}")
        if any(not old for old, _ in given["replace"]):
            raise click.UsageError("--replace needs a text to look for")
        wanted = Edit(
            **list_options.lists_of(given),
            replace=given.pop("replace"),
            facts=_facts(given),
            inside=_inside(given),
        )
        return callback(wanted=wanted, **given)

    return options.stacked(wrapper, *list_options.OPTIONS, *OUTSIDE, *INFO)


def option_of(field: str) -> str:
    """The option that sets a field of `Inside`."""
    return f"--{RANDOM.get(field, field.replace('_', '-'))}"


def _facts(given: dict[str, Any]) -> dict[str, str | int | None]:
    facts: dict[str, str | int | None] = {}
    for option, name in FACTS.items():
        value, gone = given.pop(option), given.pop(f"no_{option}")
        if gone or value is not None:
            # An empty text is none: people write --comment "" to be rid of it.
            facts[name] = None if value == "" else value
    return facts


def _inside(given: dict[str, Any]) -> Inside:
    source, no_source = given.pop("source"), given.pop("no_source")
    salt = None
    if given.pop("xseed"):
        import secrets  # here, for a quick start

        salt = secrets.randbelow(SALT)
    return Inside(
        name=given.pop("name"),
        source=source or None,
        no_source=no_source or source == "",
        private=given.pop("private"),
        no_private=given.pop("no_private"),
        salt=salt,
        no_salt=given.pop("no_xseed"),
    )
