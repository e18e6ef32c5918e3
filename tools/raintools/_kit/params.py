"""Click types for what people type: sizes, durations, rates, addresses, indices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from raincore.base import units
from raincore.base.endpoint import canonical_address
from raincore.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Duration", "EndpointType", "Indices", "Parsed", "Patience", "Rate", "Ratio"]

MAX_INDICES = 1_000_000


class Parsed(click.ParamType):  # type: ignore[type-arg]  # click 8.3 has it not generic
    """A type whose text a function reads that raises FormatError."""

    parse: Callable[[str], Any]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text; click also passes defaults, which are values already."""
        if not isinstance(value, str):
            return value
        try:
            return type(self).parse(value)
        except FormatError as error:
            self.fail(str(error), param, ctx)


class Duration(Parsed):
    """A span of time: "30s", "5m", "1h"; gives seconds as float."""

    name = "duration"
    parse = staticmethod(units.parse_duration)


def _patience(text: str) -> float:
    seconds = units.parse_duration(text)
    if not seconds:
        raise FormatError(f"no time at all: {text!r}")
    return seconds


class Patience(Parsed):
    """How long to wait, so not for nothing: "30s", "5m"; gives seconds as float."""

    name = "duration"
    parse = staticmethod(_patience)


class Rate(Parsed):
    """Bytes per second: "500KiB", "2MB"; gives int."""

    name = "rate"
    parse = staticmethod(units.parse_rate)


def _ratio(text: str) -> float:
    # Not float(), which also takes "nan" and "inf", limits that are never reached.
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise FormatError(f"not a ratio such as 1.5: {text!r}")
    return float(text)


class Ratio(Parsed):
    """What was uploaded by what there is: "2", "1.5"; gives float."""

    name = "ratio"
    parse = staticmethod(_ratio)


class EndpointType(Parsed):
    """An address such as "host:port" or "[2001:db8::1]:6881"; gives it normalised, as str."""

    name = "host:port"
    parse = staticmethod(canonical_address)


def _indices(text: str) -> tuple[int, ...]:
    chosen: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})(?:-([0-9]{1,9}))?\s*", part)
        if match is None:
            raise FormatError(f"not an index or a range such as 3-5: {part!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first + len(chosen) >= MAX_INDICES:
            raise FormatError(f"range is empty or too long: {part!r}")
        chosen.update(dict.fromkeys(range(first, last + 1)))
    return tuple(sorted(chosen))


class Indices(Parsed):
    """File indices, counted from 0: "0,3-5"; gives a sorted tuple of int."""

    name = "indices"
    parse = staticmethod(_indices)
