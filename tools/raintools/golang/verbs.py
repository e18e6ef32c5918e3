"""Commands in levels as rain's own command line has them: help, flags, verbs, exit codes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import FormatError, RainError
from raincore.base.printable import printable
from raintools._kit import exits
from raintools.golang import flags as go_flags
from raintools.golang import stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raintools.golang.flags import Flag

__all__ = ["Level", "Refused", "Unknown", "Verb", "run", "unknown"]


class Refused(RainError):
    """What was asked for cannot be done; the message is all there is to say."""


class Unknown(FormatError):
    """There is no such command; Go ends with code 3 then."""


class Verb(NamedTuple):
    """What can be asked for.

    Args:
        name: One word.
        help: A few words.
        do: Is given the values of the flags, its own and those before; gives the exit code.
        flags: Its own.
        positional: Names of flags that may be given without them, in this order.
        group: The heading under which help lists it.
        hidden: Whether help leaves it out.
    """

    name: str
    help: str
    do: Callable[[dict[str, Any]], int | None]
    flags: Sequence[Flag] = ()
    positional: Sequence[str] = ()
    group: str = ""
    hidden: bool = False


class Level(NamedTuple):
    """Verbs that share flags, which stand before them: "rain client --url U list"."""

    name: str
    help: str
    verbs: Sequence[Verb]
    flags: Sequence[Flag] = ()


def run(level: Level, arguments: Sequence[str]) -> int:
    """Carry out a command line.

    Args:
        level: Called "rain client" or so.
        arguments: Behind its name.

    Returns:
        The exit code.

    Raises:
        Refused, Unknown: It makes no sense; help has been printed where Go prints it.
    """
    if arguments and arguments[-1] == "--generate-bash-completion":
        stdout.text("\n".join([verb.name for verb in level.verbs if not verb.hidden] + ["help"]))
        return 0
    try:
        shared, rest = go_flags.parse(arguments, level.flags, mixed=False)
    except go_flags.Asked:
        rest, shared = ["help"], {}
    except go_flags.Wrong as error:
        stdout.text(f"Incorrect Usage: {error}\n\n{_level_help(level)}")
        raise Refused(str(error)) from error
    if not rest or rest[0] in ("help", "h"):
        return _help(level, rest[1:])
    return _verb(level, _find(level, rest[0]), rest[1:], shared)


def unknown(word: str, names: Sequence[str], title: str) -> Unknown:
    """What to say of a command that there is not: rain's words, and what was meant."""
    close = difflib.get_close_matches(word, names, 1, 0.6)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return Unknown(f"No help topic for '{printable(word, 60)}'{hint} (see {title} help)")


def _find(level: Level, name: str) -> Verb:
    by_name = {verb.name: verb for verb in level.verbs}
    if name not in by_name:
        raise unknown(name, list(by_name), level.name)
    return by_name[name]


def _verb(level: Level, verb: Verb, arguments: Sequence[str], shared: dict[str, Any]) -> int:
    title = f"{level.name} {verb.name}"
    try:
        found, others = go_flags.parse(arguments, verb.flags, mixed=True)
    except go_flags.Asked:
        stdout.text(_verb_help(title, verb))
        return 0
    except go_flags.Wrong as error:
        stdout.text(f"Incorrect Usage: {error}\n\n{_verb_help(title, verb)}")
        raise Refused(str(error)) from error
    free = [name for name in verb.positional if found[name] in (None, [])]
    if len(others) > len(free):
        raise Refused(f"nobody knows what to do with {printable(others[len(free)])!r}")
    for name, other in zip(free, others, strict=False):
        found[name] = [other] if isinstance(found[name], list) else other
    complaint = go_flags.missing(found, verb.flags)
    if complaint:
        stdout.text(_verb_help(title, verb))
        raise Refused(complaint)
    try:
        return verb.do({**shared, **found}) or 0
    except BrokenPipeError:
        raise
    except (RainError, OSError) as error:  # Go knows no failure but 1
        raise Refused(exits.message_of(error)) from error


def _help(level: Level, words: Sequence[str]) -> int:
    if words:
        verb = _find(level, words[0])
        stdout.text(_verb_help(f"{level.name} {verb.name}", verb))
    else:
        stdout.text(_level_help(level))
    return 0


def _level_help(level: Level) -> str:
    lines = ["NAME:", f"   {level.name} - {level.help}", "", "USAGE:"]
    lines += [f"   {level.name} command [command options] [arguments...]", "", "COMMANDS:"]
    shown = [verb for verb in level.verbs if not verb.hidden]
    for group in sorted({verb.group for verb in shown}):
        inside = [verb for verb in shown if verb.group == group]
        width = max(len(verb.name) for verb in inside)
        lines += ["", f"   {group}:"] if group else []
        indent = "     " if group else "   "
        lines += [f"{indent}{verb.name:{width}}  {verb.help}" for verb in inside]
    return "\n".join([*lines, "", *_options(level.flags)])


def _verb_help(title: str, verb: Verb) -> str:
    lines = ["NAME:", f"   {title} - {verb.help}", "", "USAGE:"]
    lines += [f"   {title} [command options] [arguments...]", ""]
    return "\n".join([*lines, *_options(verb.flags)])


def _options(flags: Sequence[Flag]) -> list[str]:
    rows = [(flag.shown, _described(flag)) for flag in flags] + [("--help, -h", "show help")]
    width = max(len(left) for left, _ in rows)
    return ["OPTIONS:", *(f"   {left:{width}}  {right}".rstrip() for left, right in rows)]


def _described(flag: Flag) -> str:
    if flag.default in (None, False):
        return flag.help
    default = f"{flag.default:g}s" if flag.kind == "duration" else f'"{flag.default}"'
    return f"{flag.help} (default: {default})"
