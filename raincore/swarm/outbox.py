"""What one event causes, collected: the small verbs that every handler uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.swarm.commands import Drop, Finish, Publish, Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash
    from raincore.swarm.commands import Command
    from raincore.swarm.events import PeerKey
    from raincore.swarm.peer_state import PeerState
    from raincore.wire.peer_protocol import Outgoing

__all__ = ["Outbox"]


@dataclass(slots=True, eq=False, kw_only=True)
class Outbox:
    """What is to be said and done about the present event; emptied behind each."""

    info_hash: InfoHash
    reports_progress: bool = True
    """Whether the outside is told each second how far we are."""
    peers: dict[PeerKey, PeerState] = field(default_factory=dict)
    saying: dict[PeerKey, list[Outgoing]] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)

    def say(self, peer: PeerState, *messages: Outgoing) -> None:
        """Queue messages; all that one event causes leave as one `Say` per peer."""
        if messages and not peer.leaving:
            self.saying.setdefault(peer.key, []).extend(messages)

    def do(self, command: Command) -> None:
        """Queue a command behind what is to be said so far."""
        self.commands.append(command)

    def publish(self, record: records.Event) -> None:
        """Queue a record for the outside."""
        self.commands.append(Publish(record))

    def drop(self, peer: PeerState, reason: str, last_words: Sequence[Outgoing] = ()) -> None:
        """Queue the end of a connection; it stays in `peers` until PeerLeft comes.

        Of what was to be said to it, only its `last_words` are.
        """
        if not peer.leaving:
            peer.leaving = True
            self.saying.pop(peer.key, None)
            if last_words:
                self.saying[peer.key] = list(last_words)
            self.drops.append(Drop(peer.key, reason))

    def warn(self, code: str, message: str) -> None:
        """Queue a warning for the outside: something is wrong but the work goes on."""
        self.publish(records.Warning(info_hash=self.info_hash, code=code, message=message))

    def take_commands(self, now: float) -> list[Command]:
        """Hand over what was queued, and forget it.

        Messages come first. Connections end last, since the shell answers a Drop at once
        by a PeerLeft, whose commands it executes before it goes on; behind them there is
        only Finish.
        """
        commands: list[Command] = []
        for key, messages in self.saying.items():
            self.peers[key].last_said = now
            commands.append(Say(key, tuple(messages)))
        commands += self.commands
        if self.drops:
            finish = [commands.pop()] if commands and isinstance(commands[-1], Finish) else []
            commands += self.drops
            commands += finish
            self.drops = []
        self.saying = {}
        self.commands = []
        return commands
