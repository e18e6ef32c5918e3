"""What a setting says as text, to the value that it means, and back.

A value is read the same wherever it stands: in the file, the environment or a flag. The
text is taken as rain's YAML library takes it: 0750 is octal, 1_000 is a thousand, "yes" is
true, durations are Go's ("1m30s") or a number of nanoseconds.
"""

from __future__ import annotations

import math
import re
import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["EXPECTED", "is_list", "parse", "parse_list", "shown"]

INTEGER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?(?:[eE][+]?[0-9]{1,2})?\Z")
NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15}")
SPAN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(ns|us|µs|μs|ms|s|m|h)")
NANOSECONDS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "μs": 1000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
MOST = {"u16": 2**16 - 1, "u32": 2**32 - 1, "u64": 2**64 - 1, "mode": 0o7777, "int": 2**31 - 1}
TRUE = frozenset({"y", "yes", "true", "on", "1"})
FALSE = frozenset({"n", "no", "false", "off", "0"})
LONGEST_SECONDS = 2**63 / 10**9  # what Go can say

EXPECTED = {
    "bool": "true or false",
    "int": "a number, at least 0",
    "u16": "a number from 0 to 65535",
    "u32": "a number from 0 to 4294967295",
    "u64": "a number, at least 0",
    "i64": "a number, at least 0",
    "kib": "a number of KiB per second",
    "mode": "permissions in octal, such as 0750",
    "float": "a number, at least 0",
    "ratio": "a number, at least 0",
    "duration": "a duration such as 30s or 1m30s",
    "limit": "a duration such as 30s or 1m30s",
    "str": "a text",
    "path": "a path",
    "strings": "a list of texts",
    "command": "a list: a program and its arguments",
}
"""By kind, what a message says that it takes."""


def is_list(kind: str) -> bool:
    """Whether a kind takes a list."""
    return kind in ("strings", "command")


def parse(kind: str, text: str) -> Any:
    """Read a value as a person wrote it.

    Returns:
        Of a duration seconds, infinite for a limit of 0; bytes for KiB; a tuple for a list.

    Raises:
        ValueError: It is none of that kind; the message is what was expected.
    """
    try:
        value = PARSERS[kind](text)
    except (ValueError, ArithmeticError):
        raise ValueError(EXPECTED[kind]) from None
    if kind in MOST and value > MOST[kind]:
        raise ValueError(EXPECTED[kind])
    return value


def parse_list(kind: str, items: Sequence[str]) -> tuple[str, ...]:
    """Take a list that the file has as such."""
    return tuple(item for item in items if item or kind == "command")


def shown(kind: str, value: Any) -> Any:
    """Turn a value into what stands for it in YAML or JSON; `parse` reads it again."""
    if kind in ("duration", "limit"):
        return _go_duration(0 if math.isinf(value) else value)
    if kind == "ratio":
        return 0 if math.isinf(value) else value
    if kind == "kib":
        return value // 1024
    if kind == "mode":
        return f"0{value:o}"
    return list(value) if is_list(kind) else value


def _integer(text: str) -> int:
    plain = text.strip().replace("_", "")
    match = INTEGER.match(plain)
    if match is None:
        if len(plain) > 30 or not WHOLE.match(plain):
            raise ValueError
        value = int(Decimal(plain))  # 1e3, as Go takes it
    else:
        sign, digits = match.groups()
        is_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
        value = int(f"{sign}{digits}", 8 if is_octal else 0)
    if value >= 2**64:
        raise ValueError
    return value


def _count(text: str) -> int:
    value = _integer(text)
    if value < 0:
        raise ValueError
    return value


def _bool(text: str) -> bool:
    plain = text.strip().lower()
    if plain not in TRUE | FALSE:
        raise ValueError
    return plain in TRUE


def _float(text: str) -> float:
    if not NUMBER.fullmatch(text.strip()):
        raise ValueError
    return float(text)


def _ratio(text: str) -> float:
    return _float(text) or math.inf


def _duration(text: str) -> float:
    plain = text.strip().removeprefix("+")
    if len(plain) > 100:
        raise ValueError
    if re.fullmatch(r"[0-9_]+", plain):
        nanoseconds = Decimal(_count(plain))
    else:
        nanoseconds, at = Decimal(0), 0
        while match := SPAN.match(plain, at):
            nanoseconds += Decimal(match[1]) * NANOSECONDS[match[2]]
            at = match.end()
        if at < len(plain) or not plain:
            raise ValueError
    seconds = float(nanoseconds) / 10**9
    if seconds > LONGEST_SECONDS:
        raise ValueError
    return seconds


def _limit(text: str) -> float:
    return _duration(text) or math.inf


def _str(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return text


def _strings(text: str) -> tuple[str, ...]:
    return tuple(item for part in text.split(",") if (item := part.strip()))


def _command(text: str) -> tuple[str, ...]:
    return tuple(shlex.split(text))


PARSERS: dict[str, Callable[[str], Any]] = {
    "bool": _bool,
    "int": _count,
    "u16": _count,
    "u32": _count,
    "u64": _count,
    "i64": _count,
    "kib": lambda text: 1024 * max(_integer(text), 0),
    "mode": lambda text: _mode(text.strip()),
    "float": _float,
    "ratio": _ratio,
    "duration": _duration,
    "limit": _limit,
    "str": _str,
    "path": _str,
    "strings": _strings,
    "command": _command,
}


def _mode(text: str) -> int:
    # To rain "750" is 01356, which nobody has ever wanted.
    return _count(f"0{text}" if re.fullmatch(r"[0-7]{3}", text) else text)


def _go_duration(seconds: float) -> str:
    """Write seconds as Go does: "1h30m0s", "1.5s", "250ms"."""
    nanoseconds = round(seconds * 10**9)
    if nanoseconds == 0:
        return "0s"
    for unit in ("ns", "us", "ms"):
        if nanoseconds < 1000 * NANOSECONDS[unit]:
            return f"{_plain(Decimal(nanoseconds) / NANOSECONDS[unit])}{unit}"
    minutes, rest = divmod(nanoseconds, NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_plain(Decimal(rest) / NANOSECONDS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
