"""A shell in which web seeds bring what the test says; see swarm_world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from raincore.formats.info import Info
from raincore.formats.webseed_url import WebUrls
from raincore.swarm import commands as c
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.range_events import RangeArrived, RangeEnded, RangeFailure
from raincore.swarm.state import Limits
from raincore.swarm.webseed_state import WebseedState
from tests.swarm.swarm_world import Shell, info_of, ready_machine

AnyShell = TypeVar("AnyShell", bound="WebShell")
W1, W2, W3 = "http://one.example/n", "http://two.example/n", "http://three.example/n"


class WebShell(Shell):
    """A torrent and its web seeds.

    Args:
        liars: URLs of those that send bad data.
    """

    def __init__(self, machine: TorrentMachine, info: Info, liars: Sequence[str] = ()) -> None:
        super().__init__(machine, info)
        self.liars = set(liars)
        self.records: list[records.Event] = []

    def _execute(self, commands: list[c.Command]) -> None:
        self.records += [one.record for one in commands if isinstance(one, c.Publish)]
        super()._execute(commands)

    def begin(self) -> WebShell:
        """Let the timers of a torrent fire that has just begun."""
        self.wait(0)
        return self

    # --- what the machine asked for -------------------------------------------------------

    def runs(self) -> dict[str, list[range]]:
        """What is being fetched now, by URL, as far as the machine still wants it."""
        found: dict[str, list[range]] = {}
        for key, command in self.fetches.items():
            if key not in self.stopped:
                run = range(command.first, self.machine.state.web.fetches[key].end)
                found.setdefault(command.url, []).append(run)
        return found

    def fetch(self, url: str = W1) -> int:
        """The key of the only fetch, or the first of several, from a URL."""
        return next(key for key, command in self.fetches.items() if command.url == url)

    def source(self, url: str = W1) -> WebseedState:
        return next(s for s in self.machine.state.web.sources.values() if s.url == url)

    @property
    def told(self) -> list[tuple[str, str, str | None]]:
        """(URL, state, reason) of each change that was published."""
        return [
            (r.url, r.state, r.reason) for r in self.records if isinstance(r, records.WebseedEvent)
        ]

    @property
    def warned(self) -> list[str]:
        return [r.message for r in self.records if isinstance(r, records.Warning)]

    # --- what web seeds do ----------------------------------------------------------------

    def bring(self, key: int, length: int) -> int:
        """Let some bytes come; how many the machine had room for."""
        door, left = self.machine.webseeds, length
        while left and door.end_of(key) > door.position(key):
            room = door.room(key)
            if room is None:
                break
            take = min(left, room.length)
            begin, end = room.begin, room.begin + take
            spans = door.accept(key, take)
            assert not room.direct or spans == [(begin, take)]
            self._write(room.piece, begin, end, spans, self.fetches[key].url in self.liars)
            left -= take
        self.feed(RangeArrived(key, length - left))
        return length - left

    def _write(
        self, piece: int, begin: int, end: int, spans: list[tuple[int, int]], liar: bool
    ) -> None:
        last = self.info.geometry.length_of(piece)
        for start, length in spans:
            assert begin <= start < start + length <= end
            assert piece not in {check.piece for check in self.checks}, "being hashed"
            buffer = self.blocks.setdefault(piece, {})
            for number in range(start // BLOCK_LENGTH, -(-(start + length) // BLOCK_LENGTH)):
                assert number not in buffer, "written over"
                if start + length >= min((number + 1) * BLOCK_LENGTH, last):
                    buffer[number] = int(liar)
            if not buffer:
                del self.blocks[piece]

    def bring_all(self, url: str = W1) -> None:
        """Let a web seed bring all that it was asked for, and whatever follows from that."""
        while self.runs().get(url):
            key = self.fetch(url)
            assert self.bring(key, 1 << 40)
            self.finish_checks()
            self.end(key)

    def end(self, key: int, failure: RangeFailure | None = None) -> None:
        """A fetch is over."""
        del self.fetches[key]
        self.stopped.discard(key)
        self.feed(RangeEnded(key, failure))

    def fail(self, url: str = W1, text: str = "connection refused", **facts: object) -> None:
        """A fetch fails."""
        self.end(self.fetch(url), RangeFailure(text, **facts))  # type: ignore[arg-type]

    def end_stopped(self) -> None:
        """Do as the machine said."""
        for key in sorted(self.stopped):
            self.end(key)


def web_shell(
    *urls: str,
    pieces: int = 8,
    info: Info | None = None,
    have: Sequence[int] = (),
    http_seeds: Sequence[str] = (),
    liars: Sequence[str] = (),
    limits: Limits | None = None,
    **settings: object,
) -> WebShell:
    """A download that has just begun, with these web seeds."""
    info = info or info_of(pieces)
    web = WebUrls(urls, tuple(http_seeds))
    machine = ready_machine(info, have, web=web, limits=limits, **settings)  # type: ignore[arg-type]
    return begun(machine, info, liars)


def begun(machine: TorrentMachine, info: Info, liars: Sequence[str]) -> WebShell:
    """A shell that has carried out what the machine wanted so far."""
    return caught_up(WebShell(machine, info, liars)).begin()


def caught_up(shell: AnyShell) -> AnyShell:
    """The same shell, which knows what the machine has begun to fetch."""
    machine = shell.machine
    for fetch in machine.state.web.fetches.values():
        source = fetch.source
        shell.fetches[fetch.key] = c.FetchRange(
            fetch.key, source.url, source.by_piece, fetch.begun - 1, fetch.end
        )
    return shell
