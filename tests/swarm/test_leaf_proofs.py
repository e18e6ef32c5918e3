"""A piece that failed is judged block by block, if a peer proves what the blocks should be."""

from dataclasses import replace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.config import Config, DiskLimits
from raincore.base.errors import FormatError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from raincore.formats import merkle, merkle_run
from raincore.policy import leaf_download
from raincore.policy.piece_download import PieceDownload
from raincore.swarm import leaf_proofs
from raincore.swarm.commands import (
    CheckAndWrite,
    DiscardPiece,
    Drop,
    Finish,
    Say,
)
from raincore.swarm.events import (
    ContentChecked,
    Heard,
    PeerKey,
    PeerLeft,
    PieceBad,
    PieceStored,
    Started,
)
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.sim.v2_content import V2Sample, v2_sample
from tests.swarm.swarm_world import config, joined, machine_of

BLOCKS = 4
PIECE_LENGTH = BLOCKS * BLOCK_LENGTH
A, B, C, D, E = (PeerKey(n) for n in range(1, 6))
BAD = bytes([1]) * 32


def sample_of(pieces: int = 1, *, hybrid: bool = False) -> V2Sample:
    """One file of whole pieces and a block and a bit."""
    length = pieces * PIECE_LENGTH + BLOCK_LENGTH + 5
    return v2_sample(lengths=(length,), piece_length=PIECE_LENGTH, hybrid=hybrid)


class Case(Playbook):
    """Peers that have everything and send what the test says, all of piece 0."""

    def __init__(
        self, made: V2Sample | None = None, peers: int = 3, settings: Config | None = None
    ) -> None:
        self.made = made or sample_of()
        info = self.made.info
        super().__init__(machine_of(info, layers=self.made.layers, settings=settings))
        self.state = self.machine.state
        self.said: dict[PeerKey, list[m.Message]] = {}
        self.did: list[object] = []
        self.tell(Started())
        others = range(1, info.geometry.piece_count)
        self.tell(ContentChecked(Bitfield(info.geometry.piece_count, others)))
        for key in range(1, peers + 1):
            self.join(PeerKey(key))

    @property
    def leaves(self) -> tuple[bytes, ...]:
        whole = merkle.leaves(self.made.content[:PIECE_LENGTH])
        return tuple(whole[at : at + 32] for at in range(0, len(whole), 32))

    def tell(self, event: object) -> None:
        self >> event  # type: ignore[operator]
        self.look()

    def look(self) -> None:
        for command in self.skip():
            if isinstance(command, Say):
                self.said.setdefault(command.peer, []).extend(command.messages)  # type: ignore[arg-type]
            else:
                self.did.append(command)

    def join(self, key: PeerKey, *, v2: bool = True) -> None:
        self.tell(joined(key, v2=v2))
        self.tell(Heard(key, (m.HaveAll(),), 0, 0))

    def unchoke(self, key: PeerKey) -> None:
        self.tell(Heard(key, (m.Unchoke(),), 0, 0))

    def send(self, key: PeerKey, *numbers: int) -> None:
        """Blocks arrive, as if they had been asked for."""
        download = self.state.downloads.get(0)
        peer = self.state.peers[key]
        if download is None:
            assert self.state.picker is not None
            self.state.picker.start(0)
            download = self.state.downloads[0] = PieceDownload(0, BLOCKS)
            self.state.lent_bytes += PIECE_LENGTH
            self.state.open_downloads[0] = download
        for number in numbers:
            peer.outstanding[number] = BLOCK_LENGTH
            assert self.machine.place(key, 0, number * BLOCK_LENGTH, BLOCK_LENGTH)
        if download.is_complete:
            self.state.open_downloads.pop(0, None)
        self.tell(Heard(key, (), len(numbers), len(numbers) * BLOCK_LENGTH))

    def fail(self, *bad: int) -> None:
        digests = tuple(BAD if n in bad else leaf for n, leaf in enumerate(self.leaves))
        self.tell(PieceBad(0, digests))

    def asked(self, key: PeerKey) -> list[m.HashRequest]:
        found = [one for one in self.said.get(key, ()) if type(one) is m.HashRequest]
        self.said[key] = []
        return found

    def answer(self, key: PeerKey, request: m.HashRequest, *, lie: bool = False) -> None:
        run = merkle_run.Run(0, request.index, request.length, request.proof_layers)
        layer = self.made.layers[request.pieces_root]
        hashes = merkle_run.answer(run, layer, 2, [b"".join(self.leaves)])
        if lie:
            hashes = bytes(len(hashes))
        self.tell(Heard(key, (m.Hashes(*fields(request), hashes),), 0, 0))

    def reject(self, key: PeerKey, request: m.HashRequest) -> None:
        self.tell(Heard(key, (m.HashReject(*fields(request)),), 0, 0))

    @property
    def drops(self) -> list[Drop]:
        return [one for one in self.did if isinstance(one, Drop)]

    @property
    def gave_up(self) -> bool:
        return DiscardPiece(0) in self.did


def fields(request: m.HashRequest) -> tuple[bytes, int, int, int, int]:
    return (
        request.pieces_root,
        request.base_layer,
        request.index,
        request.length,
        request.proof_layers,
    )


def disputed(*bad: int, **options: object) -> tuple[Case, m.HashRequest]:
    """A and B sent two blocks each; C is asked for the hashes."""
    case = Case(**options)  # type: ignore[arg-type]
    case.send(A, 0, 1)
    case.send(B, 2, 3)
    assert CheckAndWrite(0, block_digests=False, keep=True) in case.did
    case.fail(*bad)
    (request,) = case.asked(C)
    return case, request


@pytest.mark.parametrize("hybrid", [False, True])
def test_the_sender_of_a_bad_block_is_banned_and_only_that_block_asked_for_again(
    hybrid: bool,
) -> None:
    case, request = disputed(2, made=sample_of(hybrid=hybrid))
    assert (request.base_layer, request.index, request.length) == (0, 0, BLOCKS)
    assert case.drops == []
    case.answer(C, request)
    assert case.drops == [Drop(B, "sent_bad_block")]
    assert not case.gave_up
    case.unchoke(A)
    assert [one for one in case.said[A] if isinstance(one, m.Request)] == [
        m.Request(0, 2 * BLOCK_LENGTH, BLOCK_LENGTH)
    ]
    assert case.machine.place(A, 0, 2 * BLOCK_LENGTH, BLOCK_LENGTH)
    case.tell(Heard(A, (), 1, BLOCK_LENGTH))
    case.tell(PieceStored(0))
    assert case.state.lent_bytes == 0
    assert case.state.complete


def test_several_liars_are_found_at_once() -> None:
    case, request = disputed(1, 3)
    case.answer(C, request)
    assert case.drops == [Drop(A, "sent_bad_block"), Drop(B, "sent_bad_block")]
    assert case.state.downloads[0].has(0)
    assert case.state.downloads[0].has(2)


def test_who_sent_all_of_it_is_banned_at_once_and_its_good_blocks_are_kept() -> None:
    case = Case()
    case.send(A, 0, 1, 2, 3)
    case.fail(3)
    assert case.drops == [Drop(A, "sent_bad_block")]
    (request,) = case.asked(B)
    case.answer(B, request)
    assert case.state.downloads[0].received_count == 3


def test_where_nothing_is_good_the_piece_begins_anew() -> None:
    case, request = disputed(0, 1, 2, 3)
    case.answer(C, request)
    assert case.gave_up
    assert case.state.lent_bytes == 0
    assert len(case.drops) == 2


def test_a_false_proof_is_the_end_of_its_giver_and_another_is_asked() -> None:
    case, request = disputed(2, peers=4)
    case.answer(C, request, lie=True)
    assert case.drops == [Drop(C, "sent_bad_hashes")]
    assert case.asked(D) == [request]
    case.answer(D, request)
    assert case.drops[1:] == [Drop(B, "sent_bad_block")]


def test_who_refuses_is_followed_by_another_and_senders_come_last() -> None:
    case, request = disputed(2, peers=3)
    case.reject(C, request)
    assert case.asked(A) == [request]
    case.reject(A, request)
    assert case.asked(B) == [request]
    case.reject(B, request)
    assert case.gave_up
    assert case.drops == []
    assert case.state.suspects.parole(0), "as in a v1 torrent"
    assert case.state.lent_bytes == 0


def test_only_so_many_are_asked() -> None:
    case, request = disputed(2, peers=5)
    for key in (C, D, E):
        case.reject(key, request)
    assert case.asked(A) == case.asked(B) == []
    assert case.gave_up


def test_silence_ends_after_a_while() -> None:
    case, request = disputed(2, peers=4)
    case.wait(leaf_proofs.PATIENCE_SECONDS - 1)
    case.look()
    assert case.asked(D) == []
    case.wait(2)
    case.look()
    assert case.asked(D) == [request]
    case.answer(C, request)  # too late
    assert case.drops == []
    case.answer(D, request)
    assert case.drops == [Drop(B, "sent_bad_block")]
    assert case.state.timers.disputes == float("inf")


def test_who_leaves_is_followed_by_another() -> None:
    case, request = disputed(2, peers=4)
    case.tell(PeerLeft(A, "closed"))
    assert case.asked(D) == []
    case.tell(PeerLeft(C, "closed"))
    assert case.asked(D) == [request]
    case.answer(D, request)
    assert (joined(B).endpoint.host, joined(B).peer_id) in case.state.banned


def test_what_was_not_asked_for_means_nothing() -> None:
    case, request = disputed(2, peers=4)
    case.answer(D, request, lie=True)
    case.reject(D, request)
    case.answer(C, replace(request, index=4), lie=True)
    case.reject(C, replace(request, length=2))
    assert case.drops == []
    assert 0 in case.state.disputes


def test_who_speaks_v1_only_is_not_asked() -> None:
    case = Case(made=sample_of(hybrid=True), peers=2)
    case.join(C, v2=False)
    case.tell(PeerLeft(A, "closed"))
    case.join(A, v2=False)
    case.tell(PeerLeft(B, "closed"))
    case.join(B, v2=False)
    case.send(A, 0, 1)
    case.send(B, 2, 3)
    case.fail(2)
    assert case.gave_up
    assert case.state.suspects.parole(0)


def test_a_piece_of_one_block_has_nothing_to_ask_for() -> None:
    made = v2_sample(lengths=(100, PIECE_LENGTH), piece_length=PIECE_LENGTH)
    case = Case(made=made)
    case.state.checking[0] = (A,)
    case.state.lent_bytes += 100
    case.tell(PieceBad(0, (BAD,)))
    assert case.drops == [Drop(A, "sent_bad_block")]
    assert case.gave_up


def test_disputes_hold_a_part_of_the_budget_only() -> None:
    made = v2_sample(lengths=(9 * PIECE_LENGTH,), piece_length=PIECE_LENGTH)
    disk = DiskLimits(write_budget_bytes=6 * PIECE_LENGTH)
    case = Case(made=made, settings=replace(config(), disk=disk))
    for piece in range(5):
        case.state.checking[piece] = (A, A, B, B)
        case.state.lent_bytes += PIECE_LENGTH
        case.tell(PieceBad(piece, (BAD,) * BLOCKS))
    assert sorted(case.state.disputes) == [0, 1, 2]
    assert case.state.lent_bytes == 3 * PIECE_LENGTH


def test_a_hybrid_that_contradicts_itself_blames_nobody_and_ends() -> None:
    case = Case(made=sample_of(hybrid=True))
    case.send(A, 0, 1, 2, 3)
    case.tell(PieceBad(0, case.leaves, contradicted=True))
    finish = case.did[-1]
    assert isinstance(finish, Finish)
    assert isinstance(finish.error, FormatError)
    assert "contradicts itself" in str(finish.error)
    assert not any(one.reason == "sent_bad_block" for one in case.drops)


def test_hash_failures_are_told_once_each() -> None:
    case, _ = disputed(2)
    codes = [one.code for one in case.records if isinstance(one, records.Warning)]
    assert codes == ["hash_failed"]


def test_a_large_piece_is_proved_in_several_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaf_download, "RUN_LENGTH", 2)
    case = Case()
    case.send(A, 0, 1)
    case.send(B, 2, 3)
    case.fail(2)
    first, second = case.asked(C)
    case.answer(C, first)
    assert case.drops == []
    case.answer(C, second)
    assert case.drops == [Drop(B, "sent_bad_block")]


def test_each_dispute_has_its_own_time() -> None:
    made = v2_sample(lengths=(3 * PIECE_LENGTH,), piece_length=PIECE_LENGTH)
    case = Case(made=made, peers=4)
    for piece in range(2):
        case.state.checking[piece] = (A, A, B, B)
        case.state.lent_bytes += PIECE_LENGTH
        case.tell(PieceBad(piece, (BAD,) * BLOCKS))
        case.wait(leaf_proofs.PATIENCE_SECONDS / 2)
        case.look()
    case.wait(1)
    case.look()
    assert [len(one.tried) for one in case.state.disputes.values()] == [2, 1]


def test_who_sent_good_blocks_of_a_bad_piece_loses_no_trust() -> None:
    case, request = disputed(2)
    case.answer(C, request)
    assert case.state.peers[A].trust == 0


def test_where_nobody_tells_every_sender_is_trusted_less() -> None:
    case, request = disputed(2)
    for key in (C, A, B):
        case.reject(key, request)
    assert case.state.peers[A].trust == case.state.peers[B].trust < 0
    assert case.state.peers[C].trust == 0
