"""The click type for dates, as RFC 3339 and people spell them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raintools._kit.params import Parsed

__all__ = ["DateType"]

DAY = 24 * 60 * 60
LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a document can say


def _date(text: str) -> int:
    if re.fullmatch(r"@?[0-9]{1,12}", text) and (text[0] == "@" or len(text) > 8):
        seconds = int(text.removeprefix("@"))
    elif text in ("now", "today"):
        now = int(time.time())
        seconds = now if text == "now" else now - now % DAY
    else:
        try:
            moment = datetime.fromisoformat(text)
            seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except ValueError as error:
            raise FormatError(
                f"not a date such as 2026-11-24 or 2026-11-24T10:00:00Z: {printable(text)!r}"
            ) from error
    if not 0 <= seconds <= LAST_SECOND:
        raise FormatError(f"date is not from 1970 to 9999: {text!r}")
    return seconds


class DateType(Parsed):
    """A date or time (RFC 3339, UTC unless it says otherwise), "now", "today" or "@SECONDS".

    Gives seconds since 1970.
    """

    name = "date"
    parse = staticmethod(_date)
