from raincore.swarm.state import Phase
from tests.swarm.swarm_world import machine_of, ready_machine


def test_pieces_may_be_exchanged_once_the_content_is_checked() -> None:
    state = machine_of().state
    ready = {Phase.DOWNLOADING, Phase.SEALING, Phase.SEEDING}
    for phase in Phase:
        state.phase = phase
        assert state.ready == (phase in ready)


def test_a_torrent_is_complete_when_all_pieces_are_there() -> None:
    assert not machine_of().state.complete
    assert not ready_machine(have=[0]).state.complete
    assert ready_machine(have=range(4)).state.complete
