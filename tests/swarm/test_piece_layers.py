"""Hashes of pieces that a v2 info dictionary only points to: got with proof, and given."""

import hashlib

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import bencoding, merkle
from raincore.formats import info as info_format
from raincore.formats.info import Info
from raincore.policy import layer_download
from raincore.swarm import piece_layers
from raincore.swarm.commands import CheckContent, Dial, Drop, Finish, Say
from raincore.swarm.events import Heard, PeerKey, PeerLeft, PeersFound, Started
from raincore.swarm.state import Goal, Limits
from raincore.wire.messages import Hashes, HashReject, HashRequest
from tests.playbook import Playbook
from tests.sim.v2_content import v2_sample
from tests.swarm.swarm_world import joined, machine_of

A, B = PeerKey(1), PeerKey(2)
SAMPLE = v2_sample()
HEIGHT = 1
HOST = Endpoint("192.0.2.9", 6881)


def answer(request: HashRequest, *, lie: bool = False) -> Hashes:
    """What an honest peer says, or one that lies."""
    layer = SAMPLE.layers[request.pieces_root]
    filled = layer + merkle.zero_hash(HEIGHT) * layer_download.width_of(len(layer) // 32)
    run = filled[32 * request.index : 32 * (request.index + request.length)]
    run += merkle.proof(layer, HEIGHT, request.index, request.length, request.proof_layers)
    if lie:
        run = bytes(len(run))
    return Hashes(
        request.pieces_root,
        request.base_layer,
        request.index,
        request.length,
        request.proof_layers,
        run,
    )


class Talk(Playbook):
    """A v2 torrent without its layers; remembers who was asked for what."""

    def __init__(self, **options: object) -> None:
        info = options.pop("info", SAMPLE.info)
        super().__init__(machine_of(info, **options))  # type: ignore[arg-type]
        self.asked: dict[PeerKey, list[HashRequest]] = {A: [], B: []}
        self.others: list[object] = []
        self(Started())

    def __call__(self, event: object) -> None:
        self >> event  # type: ignore[operator]
        self.look()

    def look(self) -> None:
        for command in self.skip():
            if isinstance(command, Say):
                said = [one for one in command.messages if type(one) is HashRequest]
                self.asked[command.peer] += said
            else:
                self.others.append(command)

    def hear(self, key: PeerKey, message: HashRequest) -> None:
        self(Heard(key, (message,), 0, 0))

    def give(self, key: PeerKey, *, lie: bool = False) -> None:
        self.hear(key, answer(self.asked[key].pop(0), lie=lie))


def test_a_v2_torrent_without_layers_asks_its_peers_and_goes_on_when_it_has_them() -> None:
    t = Talk()
    assert t.machine.state.phase.value == "metadata"
    t(joined(A))
    assert {one.pieces_root for one in t.asked[A]} == SAMPLE.layers.keys()
    t.give(A)
    assert not any(isinstance(one, CheckContent) for one in t.others)
    t.give(A)
    assert t.others[-1] == CheckContent(SAMPLE.info, SAMPLE.layers)


def test_a_torrent_that_has_its_layers_asks_nobody() -> None:
    with Playbook(machine_of(SAMPLE.info, layers=SAMPLE.layers)) as p:
        p >> Started() << CheckContent(SAMPLE.info, SAMPLE.layers)


def test_with_the_layers_the_wish_for_metadata_is_fulfilled() -> None:
    t = Talk(goal=Goal.METADATA)
    t(joined(A))
    t.give(A)
    t.give(A)
    assert t.others[-1] == Finish(None)
    assert t.machine.state.layers == SAMPLE.layers


def test_peers_are_dialled_meanwhile() -> None:
    t = Talk()
    t(PeersFound("manual", (HOST,)))
    assert t.others[-1] == Dial(HOST)


def test_who_lies_is_banned_and_another_is_asked() -> None:
    t = Talk()
    t(joined(A))
    t(joined(B))
    assert not t.asked[B]  # A was asked for all there is
    t.give(A, lie=True)
    assert Drop(A, "sent_bad_hashes") in t.others
    assert len(t.asked[B]) == 1
    t(PeerLeft(A, "sent_bad_hashes"))
    assert len(t.asked[B]) == 2
    t.give(B)
    t.give(B)
    assert t.others[-1] == CheckContent(SAMPLE.info, SAMPLE.layers)


def test_what_one_refuses_another_is_asked_for() -> None:
    t = Talk()
    t(joined(A))
    t(joined(B))
    request = t.asked[A][0]
    t.hear(A, HashReject(request.pieces_root, HEIGHT, 0, request.length, request.proof_layers))
    assert t.asked[B] == [request]
    assert "refused to give the piece hashes" in t.machine.state.last_failure


def test_what_was_not_asked_for_changes_nothing() -> None:
    t = Talk()
    t(joined(A))
    t(joined(B))
    request = t.asked[A][0]
    t.hear(B, answer(request))
    t.hear(B, HashReject(request.pieces_root, HEIGHT, 0, request.length, request.proof_layers))
    t.hear(A, Hashes(request.pieces_root, 0, 0, request.length, request.proof_layers, b""))
    t.hear(A, HashReject(request.pieces_root, 0, 0, request.length, request.proof_layers))
    assert len(t.machine.state.peers) == 2
    t.give(A)
    t.give(A)
    assert t.others[-1] == CheckContent(SAMPLE.info, SAMPLE.layers)
    t.hear(A, answer(request))  # once more, too late
    t.hear(A, HashReject(request.pieces_root, HEIGHT, 0, request.length, request.proof_layers))
    assert t.others[-1] == CheckContent(SAMPLE.info, SAMPLE.layers)


def test_a_silent_peer_is_relieved_and_asked_again_later() -> None:
    t = Talk()
    t(joined(A))
    patience = t.machine.state.config.peers.request_timeout_seconds
    t.wait(patience / 2)
    t(joined(B))
    t.look()
    assert not t.asked[B]
    t.wait(patience)
    t.look()
    assert len(t.asked[B]) == 2
    t(PeerLeft(B, "closed"))
    before = len(t.asked[A])
    t.wait(patience)
    t.look()
    assert len(t.asked[A]) > before


def test_the_timer_waits_for_those_who_still_have_time() -> None:
    t = Talk()
    t(joined(A))
    patience = t.machine.state.config.peers.request_timeout_seconds
    t.wait(patience * 0.9)
    t.look()
    t.give(A)
    t.wait(patience * 0.2)
    t.look()
    assert t.machine.state.timers.layers < float("inf")
    assert t.machine.state.layer_download is not None
    assert t.machine.state.layer_download.outstanding(A) == 1


def test_a_v1_peer_of_a_hybrid_is_not_asked() -> None:
    t = Talk()
    state = t.machine.state
    state.info = None  # as if v1 peers could be in this swarm
    t(joined(A))
    assert not t.asked[A]


def hybrid() -> Info:
    """One file, which either kind of hash describes."""
    data = bytes(5 * 2 * BLOCK_LENGTH)
    length = 2 * BLOCK_LENGTH
    root = merkle.root(merkle.leaves(data))
    value: dict[str, object] = {
        "file tree": {"n": {"": {"length": len(data), "pieces root": root}}},
        "length": len(data),
        "meta version": 2,
        "name": "n",
        "piece length": length,
        "pieces": b"".join(
            hashlib.sha1(data[at : at + length]).digest() for at in range(0, len(data), length)
        ),
    }
    return info_format.parse(bencoding.encode(value))


def test_a_hybrid_whose_layers_nobody_gives_goes_on_without_them() -> None:
    t = Talk(goal=Goal.METADATA, info=hybrid())
    t(joined(A))
    assert not t.asked[A]  # it knows only v1
    t.wait(piece_layers.HYBRID_SECONDS - 1)
    t.look()
    assert Finish(None) not in t.others
    t.wait(2)
    t.look()
    assert t.others[-1] == Finish(None)
    assert t.machine.state.layers == {}


def test_a_v2_torrent_waits_for_its_layers_as_long_as_it_takes() -> None:
    t = Talk(goal=Goal.METADATA)
    t(joined(A))
    t.wait(10 * piece_layers.HYBRID_SECONDS)
    t.look()
    assert Finish(None) not in t.others


def test_who_waits_for_layers_in_vain_is_told_so() -> None:
    for refuses in (False, True):
        t = Talk(goal=Goal.METADATA, limits=Limits(metadata_seconds=60))
        t(joined(A))
        request = t.asked[A][0]
        if refuses:
            fields = request.pieces_root, HEIGHT, 0, request.length, request.proof_layers
            t.hear(A, HashReject(*fields))
        t.wait(61)
        t.look()
        finish = t.others[-1]
        assert isinstance(finish, Finish)
        assert "nobody has given all piece hashes" in str(finish.error)
        assert ("refused to give the piece hashes" in str(finish.error)) is refuses


def test_a_hybrid_that_is_to_be_fetched_goes_on_without_its_layers_at_once() -> None:
    t = Talk(info=hybrid())
    assert isinstance(t.others[-1], CheckContent)
    t(joined(A))
    t(PeerLeft(A, "closed"))


def test_one_peer_is_asked_for_a_few_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_download, "RUN_LENGTH", 2)
    t = Talk()
    t(joined(A))
    assert len(t.asked[A]) == piece_layers.RUNS_IN_FLIGHT
    t.give(A)
    assert len(t.asked[A]) == piece_layers.RUNS_IN_FLIGHT
