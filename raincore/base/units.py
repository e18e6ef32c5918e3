"""Parsing and printing byte sizes, rates and durations."""

from __future__ import annotations

import re
from decimal import Decimal

from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = [
    "format_duration",
    "format_rate",
    "format_size",
    "parse_duration",
    "parse_rate",
    "parse_size",
]

MAX_BYTES = 2**63 - 1
MAX_SECONDS = 10.0**10  # three centuries

NUMBER = r"[0-9]{1,20}(?:\.[0-9]{1,20})?"
SIZE = re.compile(rf"({NUMBER})\s*([A-Za-z]*)")
TIME = re.compile(rf"({NUMBER})\s*([a-z]+)")
# Decimal and binary prefixes differ only by the "i"; a bare "K" is binary, as in other
# torrent tools and in GNU coreutils.
FACTORS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgtpe", 1):
    FACTORS |= {_letter: 1024**_power, f"{_letter}ib": 1024**_power, f"{_letter}b": 1000**_power}
SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "w": Decimal(604800),
}
PREFIXES = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def parse_size(text: str) -> int:
    """Read a number of bytes: "1024", "16KiB", "1.5 MB", "4M".

    KB, MB, GB, TB are powers of 1000; KiB … and the bare letters K, M, G, T are powers
    of 1024. Either case. A fraction of a byte is cut off.

    Returns:
        0 to 2**63 - 1.

    Raises:
        FormatError: Anything else, negative numbers included.
    """
    match = SIZE.fullmatch(text.strip())
    factor = FACTORS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise FormatError(f"not a size such as 16KiB or 1.5MB: {printable(text)!r}")
    size = int(Decimal(match[1]) * factor)
    if size > MAX_BYTES:
        raise FormatError(f"size is too large: {printable(text)!r}")
    return size


def parse_rate(text: str) -> int:
    """Read a rate in bytes per second: a size, with or without "/s" at its end.

    Raises:
        FormatError: As `parse_size`.
    """
    return parse_size(text.strip().removesuffix("/s"))


def parse_duration(text: str) -> float:
    """Read a span of time: "30s", "5m", "1h30m", "250ms", "90" (seconds).

    Units are ms, s, m, h, d and w, largest first or not; the parts are added up.

    Returns:
        Seconds, 0 to 1e10.

    Raises:
        FormatError: Anything else, negative numbers included.
    """
    shown = text.strip()
    if re.fullmatch(NUMBER, shown):
        shown += "s"
    total = Decimal(0)
    at = 0
    while at < len(shown):
        match = TIME.match(shown, at)
        unit = SECONDS.get(match[2]) if match else None
        if match is None or unit is None:
            break
        total += Decimal(match[1]) * unit
        at = match.end()
    if not shown or at < len(shown):
        raise FormatError(f"not a duration such as 30s or 1h30m: {printable(text)!r}")
    if total > MAX_SECONDS:
        raise FormatError(f"duration is too long: {printable(text)!r}")
    return float(total)


def format_size(size: float) -> str:
    """Write bytes with three or four significant digits in powers of 1024.

    >>> format_size(1023), format_size(1536), format_size(2**40)
    ('1023 B', '1.50 KiB', '1.00 TiB')
    """
    power = 0
    value = float(size)
    # 1023.95 would print as 1024.0: it belongs to the next unit.
    while abs(value) >= (1023.5 if power == 0 else 1023.95) and power < len(PREFIXES) - 1:
        value /= 1024
        power += 1
    if power == 0:
        return f"{value:.0f} B"
    digits = 2 if abs(value) < 9.995 else 1
    return f"{value:.{digits}f} {PREFIXES[power]}B"


def format_rate(bytes_per_second: float) -> str:
    """Write a rate like a size: "1.50 MiB/s"."""
    return f"{format_size(bytes_per_second)}/s"


def format_duration(seconds: float) -> str:
    """Write a span of time in its two largest units, rounded down.

    >>> format_duration(0.25), format_duration(42), format_duration(3725)
    ('250ms', '42s', '1h2m')
    """
    if seconds < 1:
        return f"{int(max(seconds, 0) * 1000)}ms" if seconds > 0 else "0s"
    left = int(min(seconds, MAX_SECONDS))
    parts: list[str] = []
    for unit in ("w", "d", "h", "m", "s"):
        count, left = divmod(left, int(SECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return "".join(parts[:2])
