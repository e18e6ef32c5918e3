from raincore.swarm import advised_blocks
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.swarm_world import Shell, config, info_of, joined, ready_machine

PIECES = 12
A, B = PeerKey(1), PeerKey(2)


def shell_of() -> Shell:
    info = info_of(PIECES)
    return Shell(ready_machine(info), info)


def connect(shell: Shell, number: int, *messages: m.Message) -> PeerKey:
    key = shell.join(joined(number))
    shell.hear(key, *messages)
    return key


def asked(shell: Shell, key: PeerKey) -> list[int]:
    """Pieces that it is asked for, in order."""
    requests = [said.piece for said in shell.remotes[key].said if isinstance(said, m.Request)]
    return list(dict.fromkeys(requests))


def test_a_seed_is_asked_first_for_what_it_suggests() -> None:
    for piece in range(PIECES):
        shell = shell_of()
        connect(shell, 1, m.HaveAll(), m.Suggest(piece), m.Unchoke())
        assert asked(shell, A)[0] == piece
        shell.audit()


def test_what_it_suggested_is_gone_on_with_before_anything_else() -> None:
    shell = shell_of()
    connect(shell, 1, m.HaveAll(), *map(m.Suggest, range(6, 12)), m.Unchoke())
    while shell.machine.state.downloads.keys() <= set(range(6, 12)) and len(asked(shell, A)) < 6:
        shell.deliver(A)
    assert sorted(asked(shell, A)[:6]) == list(range(6, 12))
    shell.audit()


def test_what_others_have_begun_is_left_to_them() -> None:
    shell = shell_of()
    connect(shell, 1, m.PieceBitfield(b"\x80\x00"), m.Unchoke())
    shell.hear(A, m.Choke())
    requests = [said for said in shell.remotes[A].said if isinstance(said, m.Request)]
    shell.deliver(A)
    shell.hear(A, *(m.Reject(*request) for request in requests[1:]))
    assert 0 in shell.machine.state.open_downloads
    connect(shell, 2, m.HaveAll(), m.Suggest(5), m.Unchoke())
    assert asked(shell, B)[0] == 5


def test_who_has_to_prove_itself_has_no_say() -> None:
    shell = shell_of()
    connect(shell, 1, m.HaveAll(), m.Suggest(7))
    peer = shell.machine.state.peers[A]
    peer.trust = -1
    assert advised_blocks.choose(shell.machine.state, peer, 9) == []
    peer.they_choke = False
    assert advised_blocks.choose(shell.machine.state, peer, 9) == []


def test_memory_is_not_exceeded_for_a_suggestion() -> None:
    info = info_of(PIECES)
    shell = Shell(ready_machine(info, settings=config(budget_pieces=2)), info)
    connect(shell, 1, m.HaveAll(), *map(m.Suggest, range(PIECES)))
    peer = shell.machine.state.peers[A]
    peer.they_choke = False
    requests = advised_blocks.choose(shell.machine.state, peer, 1000)
    assert len({request.piece for request in requests}) == 2


def test_a_common_piece_is_not_asked_for_because_it_is_suggested() -> None:
    for _ in range(3):
        shell = shell_of()
        connect(shell, 2, m.PieceBitfield(b"\x80\x00"))
        connect(shell, 1, m.HaveAll(), m.Suggest(0))
        shell.machine.state.picker.done_count = 9  # past the random start
        shell.hear(A, m.Unchoke())
        assert asked(shell, A)[0] != 0


def test_who_is_no_seed_has_no_say() -> None:
    shell = shell_of()
    connect(shell, 1, m.PieceBitfield(b"\xff\x00"), m.Suggest(7), m.Unchoke())
    assert asked(shell, A)
    assert shell.machine.state.peers[A].suggested[7]


def test_a_suggestion_while_choked_asks_for_nothing() -> None:
    shell = shell_of()
    connect(shell, 1, m.HaveAll(), m.Suggest(7))
    assert asked(shell, A) == []


def test_a_piece_that_does_not_fit_into_the_pipeline_stays_open() -> None:
    shell = shell_of()
    connect(shell, 1, m.HaveAll(), m.Suggest(7), m.Suggest(8))
    peer = shell.machine.state.peers[A]
    peer.they_choke = False
    first = advised_blocks.choose(shell.machine.state, peer, 1)
    rest = advised_blocks.choose(shell.machine.state, peer, 2)
    assert next(request.piece for request in rest) == first[0].piece
    assert shell.machine.state.open_downloads.keys() == {rest[1].piece}


def test_who_suggests_nothing_is_asked_for_nothing_here() -> None:
    shell = shell_of()
    connect(shell, 1, m.HaveAll(), m.Unchoke())
    assert advised_blocks.choose(shell.machine.state, shell.machine.state.peers[A], 9) == []
