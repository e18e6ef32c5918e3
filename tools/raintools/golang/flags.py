"""Flags as Go's programs take them: "-x v", "--x v", "-x=v", "--x=v", long names with one dash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.base.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked", "Flag", "Wrong", "missing", "parse"]

TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


class Wrong(Exception):
    """The flags make no sense; the message is Go's."""


class Asked(Exception):
    """Somebody asked for help."""


class Flag(NamedTuple):
    """One flag.

    Args:
        name: Without dashes.
        short: Another name; "" for none.
        help: A few words.
        kind: "text", "flag" (true or false), "number" or "duration" (gives seconds).
        required: Whether the command makes no sense without.
        many: Whether it may be repeated; its value is a list.
        default: What it is without being given.
    """

    name: str
    short: str = ""
    help: str = ""
    kind: str = "text"
    required: bool = False
    many: bool = False
    default: Any = None

    @property
    def shown(self) -> str:
        """How help writes it."""
        value = "" if self.kind == "flag" else " value"
        names = [f"--{self.name}{value}", *([f"-{self.short}{value}"] if self.short else [])]
        return ", ".join(names)


def parse(
    arguments: Sequence[str], flags: Sequence[Flag], *, mixed: bool
) -> tuple[dict[str, Any], list[str]]:
    """Take flags off a command line.

    Args:
        arguments: Behind the command's name.
        flags: Those that there are.
        mixed: Whether flags may follow other arguments, which Go does not take.

    Returns:
        A value for each flag, by name, and the other arguments.

    Raises:
        Wrong: There is no such flag, or its value does not fit.
        Asked: For help.
    """
    by_name = {name: flag for flag in flags for name in (flag.name, flag.short) if name}
    found: dict[str, Any] = {flag.name: [] if flag.many else flag.default for flag in flags}
    left, others = list(arguments), list[str]()
    while left:
        word = left.pop(0)
        if word == "--":
            return found, others + left
        if not word.startswith("-") or word == "-":
            others.append(word)
            if not mixed:
                return found, others + left
            continue
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        if name in ("h", "help") and name not in by_name:
            raise Asked
        flag = by_name.get(name)
        if flag is None:
            raise Wrong(f"flag provided but not defined: -{printable(name)}")
        if not equals and flag.kind == "flag":
            value = "true"
        elif not equals:
            if not left:
                raise Wrong(f"flag needs an argument: -{name}")
            value = left.pop(0)
        read = _read(flag, value)
        if flag.many:
            found[flag.name].append(read)
        else:
            found[flag.name] = read
    return found, others


def missing(found: dict[str, Any], flags: Sequence[Flag]) -> str:
    """What to say of required flags that are not there; "" if all are."""
    names = [flag.name for flag in flags if flag.required and found[flag.name] in (None, [])]
    if not names:
        return ""
    if len(names) == 1:
        return f'Required flag "{names[0]}" not set'
    return f'Required flags "{", ".join(names)}" not set'


def _read(flag: Flag, value: str) -> Any:
    shown = f'invalid value "{printable(value)}" for flag -{flag.name}'
    if flag.kind == "flag":
        if value not in TRUE + FALSE:
            raise Wrong(f"{shown}: parse error")
        return value in TRUE
    if flag.kind == "number":
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise Wrong(f"{shown}: parse error")
        return int(value)
    if flag.kind == "duration":
        try:
            return parse_duration(value)
        except FormatError as error:
            raise Wrong(f"{shown}: {error}") from error
    return value
