from raincore.swarm import webseed_telling
from tests.swarm.web_world import W1, W2, web_shell


def test_a_source_is_refused_once_and_its_fetches_end() -> None:
    shell = web_shell(W1, W2)
    state, source = shell.machine.state, shell.source()
    for reason in ("lacks it", "lacks more"):
        webseed_telling.refuse(state, source, reason)
    shell._execute(state.take_commands(shell.now))
    assert shell.told == [(W1, "refused", "lacks it")]
    assert shell.stopped == {shell.fetch(W1)}


def test_a_ban_is_told_once_with_one_warning_and_counts() -> None:
    shell = web_shell("http://me:secret@w.example/?key=1")
    state = shell.machine.state
    [source] = state.web.sources.values()
    for _ in range(2):
        webseed_telling.ban(state, source)
    shell._execute(state.take_commands(shell.now))
    assert shell.warned == ["web seed http://w.example/ sent bad data: banned"]
    assert [name for _, name, _ in shell.told] == ["banned"]
    assert state.counters.banned == 1


def test_a_source_that_was_refused_can_still_be_banned_for_what_it_gave() -> None:
    shell = web_shell(W1)
    state, source = shell.machine.state, shell.source()
    webseed_telling.refuse(state, source, "lacks the rest")
    webseed_telling.ban(state, source)
    shell._execute(state.take_commands(shell.now))
    assert [name for _, name, _ in shell.told] == ["refused", "banned"]
    assert source.refused == "sent bad data"
