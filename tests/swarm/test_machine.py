"""Routing, the hot path, and walks of random events with the books checked after each."""

import math
import random
from collections.abc import Sequence

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.config import PeerLimits, UploadLimits
from raincore.base.errors import WriteError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.info import Info
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.priorities import Priority
from raincore.swarm import commands as c
from raincore.swarm.events import (
    BlocksSent,
    ContentChecked,
    Event,
    Heard,
    PeerKey,
    PeersFound,
    PieceStored,
    SourceFailed,
    SourceFetched,
    Started,
    StopRequested,
    StorageFailed,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal, Limits
from raincore.swarm.wish_events import StreamMoved, WishesChanged
from raincore.wire import messages as m
from raincore.wire import ut_metadata
from raincore.wire.extension import ExtendedHandshake
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest
from tests.playbook import Playbook
from tests.swarm.swarm_world import (
    Shell,
    config,
    info_of,
    joined,
    machine_of,
    ready_machine,
    request,
)

WALKS = 40
STEPS = 150
A, B = PeerKey(1), PeerKey(2)


# --- the whole, once, as a story -----------------------------------------------------------


def test_a_torrent_is_checked_downloaded_sealed_and_finished() -> None:
    info = info_of(1)
    with Playbook(machine_of(info)) as p:
        p >> Started() << c.CheckContent(info)
        p >> ContentChecked(Bitfield(1))
        p >> joined(1, fast=False)
        p >> Heard(A, (m.PieceBitfield(b"\x80"),), 0, 0) << c.Say(A, (m.Interested(),))
        p >> Heard(A, (m.Unchoke(),), 0, 0) << c.Say(A, (request(0, 0), request(0, 1)))
        assert p.machine.place(A, 0, 0, BLOCK_LENGTH)
        assert p.machine.place(A, 0, BLOCK_LENGTH, BLOCK_LENGTH)
        p >> Heard(A, (), 2, 2 * BLOCK_LENGTH) << c.CheckAndWrite(0, block_digests=False)
        p >> PieceStored(0) << c.Say(A, (m.Have(0),)) << c.Seal() << c.Drop(A, "both_seeds")


# --- the hot path --------------------------------------------------------------------------


def test_a_block_is_placed_only_if_that_peer_owes_it() -> None:
    shell = Shell(ready_machine(info := info_of(4)), info)
    shell.join(joined(1))
    shell.join(joined(2))
    shell.hear(A, m.HaveAll(), m.Unchoke())
    asked = shell.remotes[A].owed[0]
    machine = shell.machine
    assert not machine.place(B, *asked), "asked of somebody else"
    assert not machine.place(PeerKey(9), *asked), "nobody we know"
    assert not machine.place(A, asked.piece, asked.begin + 1, asked.length), "no block"
    assert not machine.place(A, asked.piece, asked.begin, asked.length - 1), "cut short"
    assert machine.state.counters.wasted == 3 * BLOCK_LENGTH - 1
    assert machine.place(A, *asked)
    assert not machine.place(A, *asked), "a second time"


def test_a_run_is_placed_only_if_that_peer_owes_all_of_it() -> None:
    machine, asked = owing()
    piece, begin, _ = asked[0]
    assert len(asked) > 3
    assert [one.begin for one in asked[:4]] == [begin + n * BLOCK_LENGTH for n in range(4)]
    before = dict(machine.state.peers[A].outstanding)
    assert not machine.place_run(B, piece, begin, 2), "asked of somebody else"
    assert not machine.place_run(PeerKey(9), piece, begin, 2), "nobody we know"
    assert not machine.place_run(A, piece, begin + 1, 2), "no blocks"
    assert not machine.place_run(A, piece, begin, len(before) + 1), "more than it owes"
    assert machine.state.peers[A].outstanding == before
    assert machine.state.counters.wasted == 0, "each of them is looked at yet"
    assert machine.place_run(A, piece, begin, 2)
    assert not machine.place_run(A, piece, begin, 2), "a second time"
    assert not machine.place(A, *asked[1]), "a second time, by itself"
    assert machine.place(A, *asked[2])


def test_a_run_is_the_same_as_its_blocks() -> None:
    runs, blocks = owing(), owing()
    machine, asked = runs
    piece, begin, _ = asked[0]
    count = sum(one.piece == piece for one in asked)
    assert machine.place_run(A, piece, begin, count)
    for one in asked[:count]:
        assert blocks[0].place(A, *one)
    heard = Heard(A, (), count, count * BLOCK_LENGTH)
    assert machine.handle(heard, 1001.0) == blocks[0].handle(heard, 1001.0)
    assert machine.state.checking == blocks[0].state.checking
    assert machine.state.peers[A].outstanding == blocks[0].state.peers[A].outstanding


def test_blocks_of_a_piece_that_was_asked_for_twice_are_looked_at_one_by_one() -> None:
    machine, asked = owing()
    piece, begin, _ = asked[0]
    machine.state.downloads[piece].duplicate(99, begin // BLOCK_LENGTH)
    machine.state.endgame = True
    assert not machine.place_run(A, piece, begin, 2)
    other = next(one for one in asked if one.piece != piece)
    assert machine.place_run(A, other.piece, other.begin, 2)


def owing() -> tuple[TorrentMachine, list[m.Request]]:
    """A machine, and what it has asked of A, in order."""
    shell = Shell(ready_machine(info := info_of(2, piece_length=4 * BLOCK_LENGTH)), info)
    shell.join(joined(1))
    shell.join(joined(2))
    shell.hear(A, m.HaveAll(), m.Unchoke())
    return shell.machine, list(shell.remotes[A].owed)


def test_nothing_is_placed_before_the_pieces_are_known() -> None:
    machine = machine_of(magnet=info_of())
    machine.handle(Started(), 0.0)
    machine.handle(joined(1), 0.0)
    assert not machine.place(A, 0, 0, BLOCK_LENGTH)


def test_after_finish_nothing_happens_any_more() -> None:
    shell = Shell(ready_machine(info := info_of()), info)
    shell.join(joined(1))
    shell.hear(A, m.HaveAll(), m.Unchoke())
    shell.feed(StopRequested())
    machine = shell.machine
    assert shell.finish == c.Finish(None)
    assert machine.next_timer() == math.inf
    assert machine.handle(joined(2), 2000.0) == []
    assert machine.handle(PeersFound("manual", ()), 2000.0) == []
    assert machine.handle_timer(3000.0) == []


def test_a_failing_disk_is_the_end() -> None:
    error = WriteError("permission denied", path="/x")
    machine = ready_machine(limits=Limits(disk_seconds=60))
    assert machine.handle(StorageFailed(error, 0), 1000.0)[-1] == c.Finish(error)


# --- random walks --------------------------------------------------------------------------


class Walk:
    """Random but mostly legal events from a handful of peers, and from the disk."""

    def __init__(
        self,
        seed: int,
        *,
        magnet: bool = False,
        hostile: bool = False,
        files: Sequence[tuple[str, int]] = (),
    ) -> None:
        self.rng = rng = random.Random(seed)
        pieces = rng.choice((1, 3, 8))
        last_length = rng.choice((None, 1, BLOCK_LENGTH, BLOCK_LENGTH + 5))
        info = info_of(pieces, last_length=last_length, files=files)
        settings = config(
            budget_pieces=rng.choice((2, 3, 1000)),
            uploads=UploadLimits(slots=rng.choice((1, 2, 8))),
            peers=PeerLimits(max_dialled=4, max_half_open=2, max_accepted=rng.choice((3, 6))),
        )
        machine = machine_of(
            None if magnet else info,
            magnet=info if magnet else None,
            settings=settings,
            goal=rng.choice((Goal.COMPLETE, Goal.SEED)),
            seed=seed,
        )
        self.shell = Shell(machine, info)
        self.info: Info = info
        self.hostile = hostile
        self.keys = 0
        self.shell.feed(Started())

    def run(self, steps: int) -> None:
        """Take steps; the books are checked after each."""
        actions = [
            (self.come, 8),
            (self.go, 2),
            (self.tell_pieces, 10),
            (self.flags, 16),
            (self.blocks, 50),
            (self.refuse, 6),
            (self.offer, 3),
            (self.metadata, 8),
            (self.disk, 20),
            (self.time, 8),
            (self.dialling, 3),
            (self.upload, 2),
            (self.mischief, 12 if self.hostile else 0),
            (self.wish, 12 if len(self.info.files) > 1 else 0),
        ]
        choices, weights = zip(*actions, strict=True)
        for _ in range(steps):
            if self.shell.finish:
                break
            self.rng.choices(choices, weights)[0]()
            self.shell.audit()
        for event, reason, liar in self.shell.gone:
            assert liar or not reason.startswith("sent_bad"), event
        liars = {(e.endpoint.host, e.peer_id) for e, _, liar in self.shell.gone if liar}
        banned = self.shell.machine.state.banned
        assert banned.keys() <= liars
        assert self.shell.machine.state.counters.banned == len(banned)

    def somebody(self) -> PeerKey | None:
        return self.rng.choice(list(self.shell.remotes)) if self.shell.remotes else None

    def come(self) -> None:
        if len(self.shell.remotes) >= 6:
            return
        self.keys += 1
        rng = self.rng
        identity = (
            rng.choice(list(self.shell.remotes.values())).event.peer_id
            if (self.shell.remotes and rng.random() < 0.1)
            else None
        )
        event = joined(
            self.keys,
            fast=rng.random() < 0.6,
            extended=rng.random() < 0.7,
            incoming=rng.random() < 0.5,
            identity=identity,
        )
        self.shell.join(event, liar=self.hostile and rng.random() < 0.3)

    def go(self) -> None:
        if (key := self.somebody()) is not None:
            self.shell.leave(key)

    def tell_pieces(self) -> None:
        if (key := self.somebody()) is None:
            return
        remote, rng = self.shell.remotes[key], self.rng
        pieces = self.info.geometry.piece_count
        if not remote.told_pieces:
            has = Bitfield(pieces, (p for p in range(pieces) if rng.random() < 0.7))
            choices: list[m.Message] = [m.PieceBitfield(has.to_bytes())]
            if remote.event.fast:
                choices += [m.HaveAll(), m.HaveNone()]
            self.shell.hear(key, rng.choice(choices))
        else:
            self.shell.hear(key, m.Have(rng.randrange(pieces)))
        remote.told_pieces = True

    def flags(self) -> None:
        if (key := self.somebody()) is not None:
            some = (m.Unchoke(), m.Unchoke(), m.Choke(), m.Interested(), m.NotInterested())
            count = self.rng.choice((1, 1, 1, 2, 5))
            self.shell.hear(key, *self.rng.choices(some, k=count))

    def blocks(self) -> None:
        owing = [key for key, remote in self.shell.remotes.items() if remote.owed]
        if not owing:
            return
        key = self.rng.choice(owing)
        owed = list(self.shell.remotes[key].owed)
        if self.rng.random() < 0.2:
            self.rng.shuffle(owed)
        answers: list[m.Message] = [
            self.shell.block(key, asked) for asked in owed[: self.rng.randrange(1, 6)]
        ]
        if self.rng.random() < 0.1:
            answers.append(m.Choke())
        self.shell.hear(key, *answers)

    def refuse(self) -> None:
        if (key := self.somebody()) is not None and self.shell.remotes[key].event.fast:
            owed = self.shell.remotes[key].owed[: self.rng.randrange(1, 9)]
            if owed:
                self.shell.hear(key, *(m.Reject(*asked) for asked in owed))

    def offer(self) -> None:
        if (key := self.somebody()) is not None and self.shell.remotes[key].event.fast:
            piece = self.rng.randrange(self.info.geometry.piece_count)
            self.shell.hear(key, m.AllowedFast(piece))

    def metadata(self) -> None:
        if (key := self.somebody()) is None or not self.shell.remotes[key].event.extended:
            return
        remote, rng = self.shell.remotes[key], self.rng
        raw = self.info.raw if not remote.liar else bytes(len(self.info.raw))
        asked = [message for message in remote.said if type(message) is MetadataRequest]
        theirs = ExtendedHandshake({"ut_metadata": 3}, metadata_size=len(raw), request_queue=7)
        options = [m.Extended(0, theirs.encode())]
        if any(type(message) is ExtendedHandshake for message in remote.said):
            options.append(m.Extended(1, ut_metadata.encode(MetadataRequest(rng.randrange(3)))))
            options.append(m.Extended(1, ut_metadata.encode(MetadataReject(0))))
        if asked:
            part = ut_metadata.encode(MetadataData(0, len(raw), raw))
            options += [m.Extended(1, part)] * 5
        self.shell.hear(key, rng.choice(options))

    def disk(self) -> None:
        shell = self.shell
        if shell.content_checks:
            pieces = self.info.geometry.piece_count
            shell.check_content([p for p in range(pieces) if self.rng.random() < 0.2])
        elif shell.checks:
            shell.finish_check(self.rng.randrange(len(shell.checks)))
        elif shell.seals:
            shell.seal()

    def time(self) -> None:
        self.shell.wait(self.rng.choice((0.01, 0.5, 3.0, 12.0, 40.0)))

    def dialling(self) -> None:
        shell, rng = self.shell, self.rng
        if not shell.dials:
            found = [joined(rng.randrange(100)).endpoint for _ in range(3)]
            shell.feed(PeersFound(rng.choice(("manual", "tracker")), tuple(found)))
        elif rng.random() < 0.5:
            shell.fail_dial(shell.dials[0])
        else:
            self.keys += 1
            host = shell.dials[0].host
            shell.join(joined(self.keys, incoming=False, host=host))

    def upload(self) -> None:
        if (key := self.somebody()) is not None:
            self.shell.feed(BlocksSent(key, 1, BLOCK_LENGTH))

    def mischief(self) -> None:
        if (key := self.somebody()) is None:
            return
        rng, pieces = self.rng, self.info.geometry.piece_count
        anything: list[m.Message] = [
            m.Block(rng.randrange(pieces), 0, bytes(rng.choice((1, 5, BLOCK_LENGTH)))),
            m.Block(rng.randrange(pieces + 1), rng.choice((0, 7, BLOCK_LENGTH)), bytes(5)),
            m.Reject(rng.randrange(pieces), rng.choice((0, 1)), BLOCK_LENGTH),
            m.Reject(rng.randrange(pieces), BLOCK_LENGTH, 3),
            m.Have(rng.randrange(pieces + 1)),
            m.PieceBitfield(bytes(rng.randrange(3))),
            m.Cancel(0, 0, 5),
            m.Extended(1, b"d8:msg_typei1e5:piecei0e10:total_sizei5ee12345"),
            m.Extended(1, b"rubbish"),
            m.Extended(0, b"d1:md11:ut_metadatai9ee13:metadata_sizei%dee" % rng.randrange(1, 99)),
            m.HaveAll(),
            m.Unchoke(),
        ]
        said = rng.choices(anything, k=rng.randrange(1, 4))
        if rng.random() < 0.5 and self.shell.remotes[key].owed:
            said += [self.shell.block(key, self.shell.remotes[key].owed[0])] * 2
        self.shell.hear(key, *said)

    def wish(self) -> None:
        """Want other files, in another order; read on."""
        rng, total = self.rng, self.info.geometry.total_length
        count = len(self.info.files)
        begin = rng.randrange(total)
        events: list[Event] = [
            StreamMoved(rng.randrange(2), begin, rng.randrange(begin, total + 1)),
            WishesChanged(select=Selection(indices=tuple(rng.sample(range(count), 2)))),
            WishesChanged(select=EVERYTHING),
            WishesChanged(priorities={rng.randrange(count): rng.choice(list(Priority))}),
            WishesChanged(sequential=rng.random() < 0.5, edges_first=rng.random() < 0.5),
            WishesChanged(select=Selection(excerpt=Excerpt(rng.randrange(count)))),
        ]
        self.shell.feed(rng.choice(events))

    def rescue(self) -> None:
        """An honest seed comes; with it, the torrent must get complete before long."""
        shell = self.shell
        for key in list(shell.remotes)[2:]:
            shell.leave(key)
        self.keys += 1
        if shell.finish:
            return
        seed = shell.join(joined(self.keys, extended=True, incoming=True, host="10.9.9.9"))
        theirs = ExtendedHandshake({"ut_metadata": 3}, metadata_size=len(self.info.raw))
        shell.hear(seed, m.HaveAll(), m.Extended(0, theirs.encode()), m.Unchoke())
        part = ut_metadata.encode(MetadataData(0, len(self.info.raw), self.info.raw))
        for _ in range(400):
            if seed not in shell.remotes or shell.finish or shell.machine.state.complete:
                break
            shell.deliver(seed, 100) if shell.remotes[seed].owed else None
            if seed in shell.remotes and shell.machine.state.info is None:
                shell.hear(seed, m.Extended(1, part))
            while shell.content_checks or shell.checks or shell.seals:
                self.disk()
            shell.wait(1.0)
            shell.audit()
        assert shell.finish or shell.machine.state.complete, "stuck"


@pytest.mark.parametrize("number", range(WALKS))
def test_the_books_are_right_whatever_honest_peers_do(seed: int, number: int) -> None:
    walk = Walk(1000 * seed + number, magnet=number % 5 == 0)
    walk.run(STEPS)
    walk.rescue()


@pytest.mark.parametrize("number", range(WALKS))
def test_the_books_are_right_whatever_is_wanted(seed: int, number: int) -> None:
    files = [("a", 40_000), ("b", 3 * BLOCK_LENGTH), ("c", 0), ("d", 100_000), ("e", 5)]
    walk = Walk(3000 * seed + number, magnet=number % 5 == 0, hostile=number % 2 == 0, files=files)
    walk.run(STEPS)
    walk.shell.feed(WishesChanged(select=EVERYTHING)) if not walk.shell.finish else None
    walk.rescue()


@pytest.mark.parametrize("number", range(WALKS))
def test_the_books_are_right_and_only_liars_banned_among_hostile_peers(
    seed: int, number: int
) -> None:
    walk = Walk(2000 * seed + number, magnet=number % 5 == 0, hostile=True)
    walk.run(STEPS)
    walk.rescue()


def test_torrents_from_elsewhere_than_peers_are_taken_and_failures_noted() -> None:
    info = info_of()
    machine = machine_of(magnet=info, sources=("http://a.example/1", "http://a.example/2"))
    machine.handle(Started(), 0.0)
    machine.handle(SourceFailed("http://a.example/1", "gone"), 0.0)
    assert machine.state.lookup.sources.failures == {"http://a.example/1": "gone"}
    machine.handle(SourceFetched("http://a.example/2", info.raw), 0.0)
    assert machine.state.info == info
