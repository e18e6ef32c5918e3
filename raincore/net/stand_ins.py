"""Addresses that stand for names which are looked up elsewhere.

A program behind a proxy must not ask a name server itself: that would tell it, and all
between, what the proxy hides. Yet everything here speaks of addresses. So a name gets an
address of a range that no machine has, until the proxy is told the name in its place.
"""

from __future__ import annotations

import re

from raincore.base.addresses import STAND_INS
from raincore.base.endpoint import HOST_NAME, Endpoint
from raincore.base.errors import ConnectError, FormatError
from raincore.base.printable import printable

__all__ = ["StandIns"]

FIRST, LAST = STAND_INS[0]
MAX_NAMES = 10_000


class StandIns:
    """Names and their stand-ins; the oldest is forgotten when there are too many."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._next = FIRST

    def endpoint_of(self, host: str, port: int) -> Endpoint:
        """The address itself if `host` is one, else what stands for the name.

        Raises:
            ConnectError: It can be no name of a host.
        """
        try:
            return Endpoint(host, port)
        except FormatError:
            pass  # a name, then
        name = host.lower().rstrip(".")
        if not re.fullmatch(HOST_NAME, name) or not 0 < port < 65536:
            raise ConnectError(f"not a host name: {printable(host)}", printable(host))
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = self._next
            self._names[number] = name
            self._next = FIRST if number == LAST else number + 1
            if len(self._names) > MAX_NAMES:
                del self._numbers[self._names.pop(next(iter(self._names)))]
        return Endpoint.from_packed(number.to_bytes(4, "big") + port.to_bytes(2, "big"))

    def target_of(self, endpoint: Endpoint) -> Endpoint | tuple[str, int]:
        """What a proxy is to be told: the name and port, or the address."""
        family, number, port = endpoint.sort_key
        name = self._names.get(number) if family == 4 else None
        return endpoint if name is None else (name, port)
