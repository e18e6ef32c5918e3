"""Keep the blocklist fresh: from a file, or from the web with a copy for when that is away.

What is there is loaded before anything is connected to. What must be fetched is fetched
beside everything else: a server of lists that is away keeps nobody from starting, and the
list that was there before holds on.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError, NetworkError, RainError, StorageError
from raincore.base.printable import printable
from raincore.formats import blocklist_text, http_url
from raincore.formats.blocklist import Blocklist
from raincore.storage import atomic_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.server_config import BlocklistRules
    from raincore.net.http_client import HttpClient
    from raincore.session.current_blocklist import CurrentBlocklist

__all__ = ["BlocklistUpdater"]

MAGIC = b"rain-blocklist-1"
SOONEST_RETRY = 60.0
LATEST_RETRY = 3600.0
OK, UNCHANGED = 200, 304
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A list as it was fetched: when, and what its server called that version."""

    read_at: float
    tag: str
    data: bytes


class BlocklistUpdater:
    """Fills a `CurrentBlocklist`. `load` first, then `run` for as long as it is needed.

    Args:
        rules: Where lists come from.
        current: What is filled.
        http: Fetches.
        place: The file for the copy.
        calendar: Says the time, in seconds since 1970.
    """

    def __init__(
        self,
        rules: BlocklistRules,
        current: CurrentBlocklist,
        http: HttpClient,
        place: str,
        calendar: Callable[[], float] = time.time,
    ) -> None:
        self._rules = rules
        self._current = current
        self._http = http
        self._place = place
        self._calendar = calendar
        self._asked = trio.Event()
        self._read_at = 0.0
        self._tag = ""
        self._failures = 0

    async def load(self) -> None:
        """Take the file, and the copy of what was fetched last, if it is of the same URL.

        Raises:
            FormatError: The file cannot be read, or is no list: nobody may believe that
                it holds.
        """
        if self._rules.file:
            await self._load_file()
        if self._rules.url:
            found = await trio.to_thread.run_sync(_read_copy, self._place, self._rules.url)
            if found is not None:
                try:
                    await self._take(found.data, found.read_at)
                except FormatError:
                    log.warning("the copy of the blocklist is damaged", extra=_at(self._place))
                else:
                    self._read_at, self._tag = found.read_at, found.tag

    async def run(self) -> None:
        """Fetch the list whenever it has become old, until cancelled."""
        while True:
            with trio.move_on_after(self._patience()):
                await self._asked.wait()
                self._asked = trio.Event()
                await self._reread()
                continue
            await self._update()

    def refresh(self, rules: BlocklistRules) -> None:
        """Read the file again soon, and go by new rules."""
        self._rules = rules
        self._asked.set()

    def _patience(self) -> float:
        if not self._rules.url:
            return float("inf")
        if self._failures:
            return float(min(SOONEST_RETRY * 2 ** (self._failures - 1), LATEST_RETRY))
        age = max(0.0, self._calendar() - self._read_at)
        return max(0.0, self._rules.update_interval_seconds - age)

    async def _reread(self) -> None:
        try:
            if self._rules.file:
                await self._load_file()
            else:
                self._current.drop("file")
        except FormatError as error:
            log.warning("the blocklist stays as it was", extra={"facts": {"error": error}})
        if not self._rules.url:
            self._current.drop("url")
        self._failures = 0

    async def _load_file(self) -> None:
        path = self._rules.file
        try:
            data = await trio.to_thread.run_sync(_read_file, path, self._rules.max_length)
            found = await trio.to_thread.run_sync(_parsed, data)
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise FormatError(f"blocklist cannot be read, {reason}: {printable(path)}") from error
        except FormatError as error:
            raise FormatError(f"blocklist: {error}: {printable(path)}") from error
        self._current.put("file", found, self._calendar())
        log.info("blocklist read", extra={"facts": {"ranges": len(found), "from": path}})

    async def _update(self) -> None:
        url = self._rules.url
        place = http_url.parse(url).place
        try:
            await self._fetch(url)
        except RainError as error:
            self._failures += 1
            if self._failures == 1:  # one warning for one outage
                facts = {"error": error, "rules": len(self._current)}
                log.warning("the blocklist cannot be fetched", extra={"facts": facts})
        else:
            self._failures = 0
            facts = {"ranges": len(self._current), "from": place}
            log.info("blocklist is fresh", extra={"facts": facts})

    async def _fetch(self, url: str) -> None:
        rules = self._rules
        known = {"If-None-Match": self._tag} if self._tag else {}
        reply = await self._http.get(
            url,
            seconds=rules.update_timeout_seconds,
            max_bytes=rules.max_length,
            headers=known,
        )
        now = self._calendar()
        if reply.status == UNCHANGED and known:
            self._read_at = now
            return
        if reply.status != OK:
            raise NetworkError(f"HTTP status {reply.status}: {http_url.parse(url).place}")
        await self._take(reply.body, now)
        self._read_at = now
        self._tag = reply.headers.get("etag", "")[:200]
        copy = _Copy(now, self._tag, reply.body)
        try:
            await trio.to_thread.run_sync(_write_copy, self._place, url, copy)
        except StorageError as error:
            log.warning("no copy of the blocklist is kept", extra={"facts": {"error": error}})

    async def _take(self, data: bytes, read_at: float) -> None:
        found = await trio.to_thread.run_sync(_parsed, data)
        self._current.put("url", found, read_at)


def _parsed(data: bytes) -> Blocklist:
    """Read a list; lines that mean nothing are counted and left out."""
    found = blocklist_text.parse([data])
    if found.bad_lines:
        facts = {"lines": found.bad_lines, "first": found.first_bad_line}
        log.warning("lines of the blocklist block nothing", extra={"facts": facts})
    return Blocklist(found.v4, found.v6)


def _read_file(path: str, max_length: int) -> bytes:
    with open(path, "rb") as file:
        data = file.read(max_length + 1)
    if len(data) > max_length:
        raise FormatError(f"is longer than {max_length} bytes")
    return data


def _read_copy(place: str, url: str) -> _Copy | None:
    """The copy of what was fetched from a URL; None if there is none to go by."""
    try:
        with open(place, "rb") as file:
            head = file.readline(1000).rstrip(b"\n").split(b" ", 3)
            data = file.read()
    except OSError:
        return None
    if len(head) != 4 or head[0] != MAGIC or head[1] != _name(url) or not head[2].isdigit():
        return None
    return _Copy(float(head[2][:12]), head[3].decode("latin-1"), data)


def _write_copy(place: str, url: str, copy: _Copy) -> None:
    tag = copy.tag.encode("latin-1", "replace").replace(b"\n", b"")
    head = b" ".join((MAGIC, _name(url), b"%d" % copy.read_at, tag))
    atomic_file.write(place, head + b"\n" + copy.data, overwrite=True)


def _name(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest().encode()


def _at(place: str) -> dict[str, object]:
    return {"facts": {"at": place}}
