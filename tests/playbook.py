"""Events in, commands out, as a readable script.

    with Playbook(machine) as p:
        p >> PeerJoined(...) << Say(...)

`>>` feeds an event, `<<` expects the next command. At the end of the block, and before
the next event, no command may be left that was not expected; records are collected in
`records` and expected by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from raincore.swarm.commands import Command, Publish

if TYPE_CHECKING:
    from raincore.documents.events import Event as Record
    from raincore.swarm.events import Event
    from raincore.swarm.machine import TorrentMachine

__all__ = ["Playbook"]


class Playbook:
    """A conversation with one machine; failures show all of it so far."""

    def __init__(self, machine: TorrentMachine, now: float = 1000.0) -> None:
        self.machine = machine
        self.now = now
        self.records: list[Record] = []
        self._pending: list[Command] = []
        self._script: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self._nothing_left()

    def __rshift__(self, event: Event) -> Self:
        self._nothing_left()
        self._script.append(f">> {event}")
        self._take(self.machine.handle(event, self.now))
        return self

    def __lshift__(self, expected: Command) -> Self:
        if not self._pending:
            raise AssertionError(self._told(f"nothing came, expected << {expected}"))
        got = self._pending.pop(0)
        if got != expected:
            raise AssertionError(self._told(f"got      << {got}\nexpected << {expected}"))
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass; timers fire when they are due, in order."""
        self._nothing_left()
        end = self.now + seconds
        self._script.append(f".. {seconds} s")
        while (due := self.machine.next_timer()) <= end:
            self.now = max(self.now, due)
            self._take(self.machine.handle_timer(self.now))
        self.now = end
        return self

    def skip(self) -> list[Command]:
        """Accept whatever has come, and look at it."""
        taken, self._pending = self._pending, []
        return taken

    def _take(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, Publish):
                self.records.append(command.record)
            else:
                self._pending.append(command)
                self._script.append(f"<< {command}")

    def _nothing_left(self) -> None:
        if self._pending:
            raise AssertionError(self._told("unexpected commands"))

    def _told(self, problem: str) -> str:
        return "\n".join([problem, "the conversation:", *self._script])
