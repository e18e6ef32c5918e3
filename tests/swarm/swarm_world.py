"""What the tests of raincore.swarm share: small torrents, machines, and a tiny shell.

The shell does what the engine does, without sockets and disk: it feeds a machine with
what peers say, as bytes through a real `PeerProtocol`, and executes its commands, a Drop
at once. So everything that the machine says is judged by the wire's own rules. After
each event the machine's books are checked.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from raincore.base.bitfield import Bitfield
from raincore.base.config import Config, DiskLimits, PeerLimits, UploadLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError, StorageError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.base.ids import PeerId
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.formats.info import Info
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.swarm import commands as c
from raincore.swarm.events import (
    ContentChecked,
    DialFailed,
    Event,
    Heard,
    PeerJoined,
    PeerKey,
    PeerLeft,
    PieceBad,
    PieceStored,
    Sealed,
    Started,
    StorageFailed,
)
from raincore.swarm.given import Given
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits, Phase
from raincore.wire import messages as m
from raincore.wire import peer_codec
from raincore.wire.peer_protocol import Incoming, Outgoing, PeerProtocol

__all__ = [
    "OWN_ID",
    "Shell",
    "config",
    "info_of",
    "joined",
    "machine_of",
    "peer_id",
    "ready_machine",
    "request",
]

OWN_ID = PeerId(b"-RA0100-" + b"M" * 12)
BLOCKS_PER_PIECE = 2
PIECE_LENGTH = BLOCKS_PER_PIECE * BLOCK_LENGTH


def info_of(
    pieces: int = 4,
    *,
    piece_length: int = PIECE_LENGTH,
    last_length: int | None = None,
    files: Sequence[tuple[str, int]] = (),
    padding: int = 0,
    private: bool = False,
) -> Info:
    """A torrent whose piece hashes mean nothing; single-file unless `files` are given.

    Args:
        last_length: Bytes of the last piece, if shorter.
        padding: Bytes of a padding file after the first of `files`.
    """
    total = pieces * piece_length
    if last_length is not None:
        total += last_length - piece_length
    value: dict[str, object] = {"name": "n", "piece length": piece_length}
    if files:
        entries: list[dict[str, object]] = [
            {"length": length, "path": [name]} for name, length in files
        ]
        if padding:
            entries.insert(1, {"length": padding, "path": [".pad", "0"], "attr": "p"})
        total = padding + sum(length for _, length in files)
        value["files"] = entries
    else:
        value["length"] = total
    if private:
        value["private"] = 1
    value["pieces"] = bytes(20 * -(-total // piece_length))
    return info_format.parse(bencoding.encode(value))


def config(
    *,
    peers: PeerLimits | None = None,
    uploads: UploadLimits | None = None,
    budget_pieces: int = 1000,
    save_interval: float = math.inf,
) -> Config:
    """Settings of a torrent; saving is off unless asked for."""
    disk = DiskLimits(
        write_budget_bytes=budget_pieces * PIECE_LENGTH, save_interval_seconds=save_interval
    )
    # Deep from the start: else nearly every test would first have to bring some blocks.
    peers = replace(peers or PeerLimits(), requests_out_start=32)
    return Config(peers=peers, uploads=uploads or UploadLimits(), disk=disk)


def machine_of(
    info: Info | None = None,
    *,
    magnet: Info | None = None,
    settings: Config | None = None,
    goal: Goal = Goal.COMPLETE,
    limits: Limits | None = None,
    seed: int = 1,
    trackers: Sequence[Sequence[str]] = (),
    dht_port: int | None = None,
    hashes: InfoHashes | None = None,
    sources: Sequence[str] = (),
    layers: Mapping[bytes, bytes] | None = None,
    web: WebUrls = NO_WEB,
    select: Selection = EVERYTHING,
    sequential: bool = False,
    announce_at: Mapping[str, float] | None = None,
    super_seed: bool = False,
    reports_progress: bool = True,
) -> TorrentMachine:
    """A machine that has seen nothing yet; with `magnet` it does not know that Info."""
    known = info or magnet or info_of()
    given = Given(
        info_hash=hashes.swarm if hashes is not None else known.swarm_hash,
        own_id=OWN_ID,
        info=None if magnet is not None else known,
        layers=layers or {},
        goal=goal,
        reports_progress=reports_progress,
        select=select,
        sequential=sequential,
        super_seed=super_seed,
        limits=limits or Limits(waits_for_peers=True),
        trackers=trackers,
        announce_at=announce_at or {},
        search=MetadataSearch(hashes, tuple(sources)),
        port=6881,
        dht_port=dht_port,
        web=web,
    )
    return TorrentMachine(given, config=settings or config(), rng=random.Random(seed))


def ready_machine(
    info: Info | None = None,
    have: Sequence[int] = (),
    *,
    now: float = 1000.0,
    settings: Config | None = None,
    goal: Goal = Goal.COMPLETE,
    limits: Limits | None = None,
    trackers: Sequence[Sequence[str]] = (),
    dht_port: int | None = None,
    web: WebUrls = NO_WEB,
    select: Selection = EVERYTHING,
    sequential: bool = False,
    announce_at: Mapping[str, float] | None = None,
    super_seed: bool = False,
    reports_progress: bool = True,
) -> TorrentMachine:
    """A machine whose content has been checked; `have` is what was there."""
    info = info or info_of()
    machine = machine_of(
        info,
        settings=settings,
        goal=goal,
        limits=limits,
        trackers=trackers,
        dht_port=dht_port,
        web=web,
        select=select,
        sequential=sequential,
        announce_at=announce_at,
        super_seed=super_seed,
        reports_progress=reports_progress,
    )
    machine.handle(Started(), now)
    machine.handle(ContentChecked(Bitfield(info.geometry.piece_count, have)), now)
    return machine


def peer_id(key: int) -> PeerId:
    """The peer id of peer number `key`; all of them smaller than ours."""
    return PeerId(b"-AA0000-" + b"%012d" % key)


def joined(
    key: int,
    *,
    fast: bool = True,
    extended: bool = False,
    incoming: bool = True,
    host: str | None = None,
    identity: PeerId | None = None,
    dht: bool = False,
    v2: bool = False,
) -> PeerJoined:
    """Peer number `key` has shaken hands."""
    return PeerJoined(
        peer=PeerKey(key),
        endpoint=Endpoint(host or f"10.0.0.{key % 250 + 1}", 6881),
        peer_id=identity or peer_id(key),
        fast=fast,
        extended=extended,
        incoming=incoming,
        dht=dht,
        v2=v2,
    )


def request(piece: int, number: int, length: int = BLOCK_LENGTH) -> m.Request:
    """A request of one block."""
    return m.Request(piece, number * BLOCK_LENGTH, length)


@dataclass(slots=True)
class Remote:
    """One connected peer as the shell sees it."""

    event: PeerJoined
    protocol: PeerProtocol
    liar: bool = False
    told_pieces: bool = False
    said: list[Outgoing] = field(default_factory=list)
    """Everything the machine said to it."""
    owed: list[m.Request] = field(default_factory=list)
    """Requests it has not answered; cancelled ones are taken out."""


class Shell:
    """Executes commands as the engine does, on a clock that the test moves."""

    def __init__(self, machine: TorrentMachine, info: Info, now: float = 1000.0) -> None:
        self.machine = machine
        self.info = info
        self.now = now
        self.remotes: dict[PeerKey, Remote] = {}
        self.gone: list[tuple[PeerJoined, str, bool]] = []
        """(who, why, whether it was a liar)."""
        self.dials: list[Endpoint] = []
        self.checks: list[c.CheckAndWrite] = []
        self.refused: dict[int, c.CheckAndWrite] = {}
        """Pieces that the disk refused, until they are tried again."""
        self.blocks: dict[int, dict[int, int]] = {}
        """Buffers: piece to block number to the sender of a false block, else 0."""
        self.fetches: dict[int, c.FetchRange] = {}
        """What web seeds were asked for, and was not ended (tests/swarm/web_world.py)."""
        self.stopped: set[int] = set()
        self.kept: dict[int, tuple[int, ...]] = {}
        """Blocks of unfinished pieces that a restart would find."""
        self.seals = 0
        self.content_checks = 0
        self.unwanted: list[frozenset[int]] = []
        """What the storage was told, at last, to keep out of sight."""
        self.finish: c.Finish | None = None
        self.events = 0
        self.warnings: list[records.Warning] = []

    # --- events in, commands out ------------------------------------------------------

    def feed(self, event: Event) -> None:
        """Hand an event to the machine and carry out what it asks for."""
        self.events += 1
        self._execute(self.machine.handle(event, self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass; every timer fires when it is due."""
        end = self.now + seconds
        fired = 0
        while (due := self.machine.next_timer()) <= end:
            self.now = max(self.now, due)
            self._execute(self.machine.handle_timer(self.now))
            fired += 1
            assert fired < 1000 + 50 * seconds, "a timer that is always due"
        self.now = end

    def _execute(self, commands: list[c.Command]) -> None:
        for command in commands:
            assert self.finish is None, f"after Finish: {command}"
            match command:
                case c.Say(key, messages):
                    self._say(self.remotes[key], messages)
                case c.Drop(key, reason):
                    self.leave(key, reason)
                case c.CheckAndWrite():
                    self.checks.append(command)
                case c.KeepBlocks(pieces):
                    before = self.kept
                    self.kept = {p: before[p] if n is None else n for p, n in pieces.items()}
                    assert all(set(n) <= self.blocks[p].keys() for p, n in pieces.items() if n)
                case c.RestorePiece(piece):
                    self.blocks.setdefault(piece, {}).update(dict.fromkeys(self.kept[piece], 0))
                case c.RetryWrite(piece):
                    self.checks.append(self.refused.pop(piece))
                case c.DiscardPiece(piece):
                    self.blocks.pop(piece, None)
                case c.FetchRange(fetch):
                    assert fetch not in self.fetches
                    self.fetches[fetch] = command
                case c.StopFetch(fetch):
                    assert fetch not in self.stopped, "stopped twice"
                    self.stopped.add(fetch)
                case c.Dial(endpoint):
                    self.dials.append(endpoint)
                case c.Seal():
                    self.seals += 1
                case c.ChooseFiles(unwanted):
                    self.unwanted.append(unwanted)
                case c.CheckContent():
                    self.content_checks += 1
                case c.Finish():
                    self.finish = command
                case c.Publish(records.Warning() as warning):
                    self.warnings.append(warning)
                case c.Publish() | c.SaveState() | c.ResumeFetch():
                    pass

    def _say(self, remote: Remote, messages: tuple[Outgoing, ...]) -> None:
        assert messages, "nothing is no message"
        remote.protocol.send_all(messages)  # LocalProtocolError: a bug of the machine
        remote.said += messages
        for message in messages:
            if type(message) is m.Request:
                assert message not in remote.owed, "asked twice"
                remote.owed.append(message)
            elif type(message) is m.Cancel:
                remote.owed.remove(m.Request(*message))

    # --- peers ------------------------------------------------------------------------

    def join(self, event: PeerJoined, *, liar: bool = False) -> PeerKey:
        """A peer has shaken hands."""
        self.remotes[event.peer] = Remote(
            event,
            PeerProtocol(
                fast=event.fast,
                extended=event.extended,
                limits=self.machine.state.config.peers,
                geometry=self.machine.state.geometry,
            ),
            liar,
        )
        if event.endpoint in self.dials:
            self.dials.remove(event.endpoint)
        self.feed(event)
        return event.peer

    def leave(self, key: PeerKey, reason: str = "closed_by_peer") -> None:
        """A connection has ended."""
        remote = self.remotes.pop(key, None)
        if remote is not None:
            self.gone.append((remote.event, reason, remote.liar))
            self.feed(PeerLeft(key, reason))

    def fail_dial(self, endpoint: Endpoint) -> None:
        """Nobody answered."""
        self.dials.remove(endpoint)
        self.feed(DialFailed(endpoint, "connect_failed", "connection refused"))

    def hear(self, key: PeerKey, *messages: m.Message) -> None:
        """One read: what a peer says, as bytes, judged by its protocol."""
        remote = self.remotes[key]
        data = memoryview(b"".join(map(peer_codec.encode, messages)))
        try:
            _, incoming = remote.protocol.receive(data, len(data))
        except RemoteProtocolError:
            self.leave(key, "remote_protocol_error")
            return
        self._deal_with(remote, incoming)

    def _deal_with(self, remote: Remote, incoming: list[Incoming]) -> None:
        key = remote.event.peer
        others: list[Incoming] = []
        blocks = length = 0
        for message in incoming:
            if type(message) is m.Block:
                piece, begin, data = message
                if (owed := m.Request(piece, begin, len(data))) in remote.owed:
                    remote.owed.remove(owed)
                if self.machine.place(key, piece, begin, len(data)):
                    assert piece not in {check.piece for check in self.checks}
                    buffer = self.blocks.setdefault(piece, {})
                    assert begin // BLOCK_LENGTH not in buffer, "placed twice"
                    buffer[begin // BLOCK_LENGTH] = data[0]
                    blocks += 1
                    length += len(data)
            elif type(message) not in (m.Request, m.Cancel):
                others.append(message)
            if type(message) is m.Reject and (owed := m.Request(*message)) in remote.owed:
                remote.owed.remove(owed)
            if type(message) is m.Choke and not remote.protocol.fast:
                remote.owed.clear()
        if others or blocks:
            self.feed(Heard(key, tuple(others), blocks, length))

    def said(self, key: PeerKey) -> list[Outgoing]:
        """What the machine has said to a peer since this was last looked at."""
        remote = self.remotes[key]
        said, remote.said = remote.said, []
        return said

    def seed(self, key: int, *, fast: bool = True, liar: bool = False) -> PeerKey:
        """A peer comes that has everything and unchokes us."""
        event = joined(key, fast=fast)
        self.join(event, liar=liar)
        everything = Bitfield.full(self.info.geometry.piece_count).to_bytes()
        self.hear(event.peer, m.PieceBitfield(everything), m.Unchoke())
        return event.peer

    def leecher(self, key: int, pieces: Sequence[int], *, fast: bool = True) -> PeerKey:
        """A peer comes that has some pieces and unchokes us."""
        event = joined(key, fast=fast)
        self.join(event)
        has = Bitfield(self.info.geometry.piece_count, pieces)
        self.hear(event.peer, m.PieceBitfield(has.to_bytes()), m.Unchoke())
        return event.peer

    def block(self, key: PeerKey, asked: m.Request) -> m.Block:
        """What a peer answers to a request: zeros, or its own number if it is a liar."""
        byte = key % 255 + 1 if self.remotes[key].liar else 0
        return m.Block(asked.piece, asked.begin, bytes([byte]) * asked.length)

    def deliver(self, key: PeerKey, count: int = 1) -> None:
        """A peer answers its oldest requests, in one read."""
        owed = self.remotes[key].owed[:count]
        self.hear(key, *(self.block(key, asked) for asked in owed))

    # --- disk -------------------------------------------------------------------------

    def restart(self, machine: TorrentMachine) -> Shell:
        """Begin again with another machine, after a crash of this one; nothing is on disk."""
        again = Shell(machine, self.info, self.now)
        again.kept = self.kept
        again._execute(machine.handle(Started(), self.now))
        empty = Bitfield(self.info.geometry.piece_count)
        again.feed(ContentChecked(empty, again.kept))
        return again

    def check_content(self, have: Sequence[int] = ()) -> None:
        """Answer CheckContent, as the engine does."""
        self.content_checks -= 1
        for key, remote in list(self.remotes.items()):
            held_back = remote.protocol.learn_geometry(self.info.geometry)
            self.feed(Heard(key, tuple(held_back), 0, 0))
        self.feed(ContentChecked(Bitfield(self.info.geometry.piece_count, have)))

    def finish_check(self, index: int = 0) -> bool:
        """Answer one CheckAndWrite; whether the piece was good."""
        check = self.checks.pop(index)
        buffer = self.blocks.pop(check.piece)
        assert sorted(buffer) == list(range(self.info.geometry.block_count(check.piece)))
        digests = tuple(hashlib.sha1(bytes([buffer[n]])).digest() for n in sorted(buffer))
        good = not any(buffer.values())
        if good:
            self.feed(PieceStored(check.piece, digests if check.block_digests else ()))
        else:
            self.feed(PieceBad(check.piece, digests))
        return good

    def refuse(self, error: StorageError) -> None:
        """The disk refuses the piece that has waited longest to be written."""
        check = self.checks.pop(0)
        self.refused[check.piece] = check
        self.feed(StorageFailed(error, check.piece))

    def seal(self) -> None:
        """Answer Seal."""
        self.seals -= 1
        self.feed(Sealed())

    def finish_checks(self) -> None:
        """Answer all CheckAndWrites, and those that follow from them."""
        while self.checks:
            self.finish_check()

    # --- the books --------------------------------------------------------------------

    def audit(self) -> None:
        """Check everything that must hold between two events."""
        state = self.machine.state
        if state.phase is Phase.STOPPED:
            assert self.finish is not None
            assert self.machine.next_timer() == math.inf
            return
        assert list(state.peers) == list(self.remotes)
        unfinished = [state.filled, state.superfluous, state.blocks_freed, state.slots_changed]
        unsaid = [state.refused, state.drops, state.saying, state.commands]
        assert not any(unfinished + unsaid)
        if state.picker is not None:
            self._audit_pieces()
            self._audit_peers()

    def _audit_pieces(self) -> None:
        state, geometry = self.machine.state, self.info.geometry
        assert state.picker is not None
        assert state.have is not None
        assert state.wanted is not None
        wanted = state.wanted.pieces
        assert all(wanted[piece] for piece in state.downloads)
        started = {**state.downloads, **state.checking}
        assert len(started) == len(state.downloads) + len(state.checking)
        assert state.lent_bytes == sum(map(geometry.length_of, started))
        budget = max(state.config.disk.write_budget_bytes, 2 * geometry.piece_length)
        assert state.lent_bytes <= budget
        free = {p: d for p, d in state.downloads.items() if d.free_count}
        assert state.open_downloads == free
        checked = [check.piece for check in self.checks]
        assert sorted(state.checking) == sorted([*checked, *self.refused])
        assert sorted(self.blocks) == sorted(
            [*state.checking, *(p for p, d in state.downloads.items() if d.received_count)]
        )
        for download in state.downloads.values():
            senders = [*state.peers, *state.web.sources]
            asked = {n for key in senders for n in download.asked_of(key)}
            assert len(asked) == download.requested_count, "asked of somebody who is gone"
        for piece in range(geometry.piece_count):
            haves = sum(peer.has[piece] for peer in state.peers.values() if peer.has)
            assert state.picker.availability(piece) == haves
            assert state.picker.needs(piece) == (wanted[piece] and not state.have[piece])
            assert not (state.have[piece] and piece in started)
        fetches = state.web.fetches.values()
        reserved = [piece for fetch in fetches for piece in range(fetch.begun, fetch.end)]
        assert len(reserved) == len(set(reserved)), "reserved twice"
        assert not set(reserved) & set(started)
        assert all(wanted[piece] for piece in reserved)
        busy = sum(wanted[piece] for piece in started) + len(reserved)
        remaining = sum(map(state.picker.needs, range(len(wanted))))
        assert state.picker.unstarted == remaining - busy
        assert state.finished == (not remaining)
        if state.phase in (Phase.DOWNLOADING, Phase.SEALING, Phase.SEEDING):
            assert (state.phase is Phase.DOWNLOADING) == (not state.finished)
        if state.deadlines:
            assert state.timers.deadlines < math.inf
            assert state.deadlines.times == sorted(state.deadlines.times)
        assert sorted(state.web.fetches) == sorted(self.fetches)
        for source in state.web.sources.values():
            assert source.active == sum(fetch.source is source for fetch in fetches)

    def _audit_peers(self) -> None:
        state, geometry = self.machine.state, self.info.geometry
        unchoked = 0
        for key, peer in state.peers.items():
            remote = self.remotes[key]
            owed = [
                (piece, number)
                for piece, download in state.downloads.items()
                for number in download.asked_of(key)
            ]
            known = [divmod(block, geometry.blocks_per_piece) for block in peer.outstanding]
            assert sorted(owed) == sorted(known)
            expected = [geometry.request_of(block) for block in peer.outstanding]
            assert sorted(remote.owed) == sorted(expected)
            assert peer.we_choke == remote.protocol.we_choke
            assert peer.we_interested == remote.protocol.we_interested
            assert peer.they_choke == remote.protocol.they_choke
            unchoked += not peer.we_choke
            if peer.outstanding:
                assert state.timers.housekeeping < math.inf
            elif peer.we_interested and not peer.they_choke and state.disk.error is None:
                assert key in state.hungry, "an idle peer was forgotten"
                assert state.timers.housekeeping < math.inf
        assert unchoked <= state.choker.slots
        assert state.hungry.keys() <= state.peers.keys()
        assert (state.timers.choke < math.inf) == bool(state.peers)
