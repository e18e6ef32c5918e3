"""What is in the way of a file costs that file, and nothing else."""

import math

from raincore.base.bitfield import Bitfield
from raincore.base.errors import NoSpace, StorageError, WriteError
from raincore.documents import events as records
from raincore.swarm import commands as c
from raincore.swarm import explain, obstacles
from raincore.swarm.events import ContentChecked, FilesProbed, PeerKey, Started, StorageFailed
from raincore.swarm.state import Limits, Phase
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, machine_of

A = PeerKey(1)
LONG = WriteError("a file of 9 bytes is where the torrent has one of 5: /x", path="/x")
DENIED = WriteError("cannot write: permission denied: /y", path="/y")
ONE_SHOT = Limits(waits_for_peers=True, disk_seconds=60)
SERVER = Limits(waits_for_peers=True)
INFO = info_of(6, files=[("a", 2 * PIECE_LENGTH), ("b", 2 * PIECE_LENGTH), ("c", 2 * PIECE_LENGTH)])


def begun(obstacles: dict[int, StorageError], limits: Limits = ONE_SHOT) -> Shell:
    """Three files of two pieces; a seed is there."""
    shell = Shell(machine_of(INFO, limits=limits), INFO)
    shell.feed(Started())
    shell.feed(ContentChecked(Bitfield(6), obstacles=obstacles))
    if shell.finish is None:
        shell.seed(1)
    return shell


def asked(shell: Shell) -> list[int]:
    return sorted({request.piece for request in shell.remotes[A].owed})


def messages(shell: Shell) -> list[str]:
    return [warning.message for warning in shell.warnings if warning.code == "obstacle"]


def test_everything_else_is_fetched_and_then_it_is_said_why_not_all() -> None:
    shell = begun({1: LONG})
    assert asked(shell) == [0, 1, 4, 5]
    assert messages(shell) == [f"{LONG}; it is left alone, and the file is not fetched"]
    shell.deliver(A, 100)
    shell.finish_checks()
    assert shell.finish == c.Finish(LONG)
    assert shell.machine.state.have == Bitfield(6, [0, 1, 4, 5])


def test_when_nothing_else_is_missing_it_ends_at_once() -> None:
    shell = begun(dict.fromkeys(range(3), DENIED))
    assert shell.finish == c.Finish(DENIED)
    assert messages(shell) == []  # said by the end


def test_what_is_the_same_for_many_files_is_said_once() -> None:
    assert len(messages(begun({0: DENIED, 1: DENIED}))) == 1


def test_of_several_reasons_all_are_said_even_at_the_end() -> None:
    shell = begun({0: DENIED, 1: LONG, 2: LONG})
    assert shell.finish == c.Finish(DENIED)
    assert len(messages(shell)) == 2


def test_many_files_are_not_all_named() -> None:
    files = [(f"f{n}", PIECE_LENGTH) for n in range(9)]
    info = info_of(9, files=files)
    shell = Shell(machine_of(info, limits=SERVER), info)
    shell.feed(Started())
    errors = {n: WriteError(f"a directory is where the torrent has a file: /{n}") for n in range(8)}
    shell.feed(ContentChecked(Bitfield(9), obstacles=errors))
    assert len(messages(shell)) == 6
    assert messages(shell)[-1] == "3 more files cannot be written"


def test_what_turns_out_to_be_in_the_way_costs_one_file() -> None:
    shell = begun({})
    shell.deliver(A, 100)
    while shell.checks:
        check = shell.checks[0]
        if check.piece in (2, 3):
            error = WriteError("cannot write: permission denied: /b", path="/b")
            error.file = 1
            shell.refuse(error)
            shell.refused.pop(check.piece)
        else:
            shell.finish_check()
    assert shell.finish is not None
    assert str(shell.finish.error) == "cannot write: permission denied: /b"
    assert shell.machine.state.have == Bitfield(6, [0, 1, 4, 5])
    assert len(messages(shell)) == 1


def test_a_full_disk_is_nothing_of_the_kind() -> None:
    shell = begun({})
    shell.deliver(A, 2)
    full = NoSpace("cannot write: no space left on device: /b", path="/b")
    full.file = 1
    shell.refuse(full)
    assert shell.machine.state.obstacles == {}
    assert shell.machine.state.disk.error is full


def test_a_server_looks_again_until_the_way_is_free() -> None:
    shell = begun({1: LONG}, SERVER)
    probes: list[c.ProbeFiles] = []
    real = shell._execute

    def execute(commands: list[c.Command]) -> None:
        probes.extend(one for one in commands if isinstance(one, c.ProbeFiles))
        real(commands)

    shell._execute = execute  # type: ignore[method-assign]
    shell.deliver(A, 100)
    shell.finish_checks()
    state = shell.machine.state
    assert shell.finish is None
    assert state.phase is Phase.DOWNLOADING
    assert not state.finished
    shell.wait(31)
    assert probes == [c.ProbeFiles((1,))]
    shell.feed(FilesProbed({1: LONG}))
    assert len(messages(shell)) == 1
    shell.feed(FilesProbed({}))
    assert asked(shell) == [2, 3]
    assert state.timers.obstacles == math.inf
    shell.deliver(A, 100)
    shell.finish_checks()
    shell.seal()
    assert shell.finish == c.Finish(None)


def test_an_answer_that_comes_too_late_is_not_heard() -> None:
    shell = begun({})
    shell.deliver(A, 100)
    shell.finish_checks()
    assert shell.machine.state.phase is Phase.SEALING
    shell.feed(FilesProbed({1: LONG}))
    assert shell.machine.state.obstacles == {}
    assert not [w for w in shell.warnings if isinstance(w, records.Progress)]


def test_what_is_about_no_file_is_not_an_obstacle() -> None:
    shell = begun({})
    shell.feed(StorageFailed(DENIED))
    assert shell.machine.state.obstacles == {}
    assert shell.finish == c.Finish(DENIED)


def test_it_is_in_the_way_of_the_whole_when_all_else_is_there() -> None:
    shell = begun({0: DENIED, 1: DENIED, 2: DENIED}, SERVER)
    assert obstacles.blocking(shell.machine.state) is DENIED
    assert obstacles.blocking(begun({1: LONG}, SERVER).machine.state) is None
    assert obstacles.blocking(begun({}, SERVER).machine.state) is None
    assert obstacles.blocking(machine_of(INFO).state) is None


def test_a_reason_is_named_when_somebody_asks() -> None:
    for blocked, told in (({1: LONG}, "one file is not"), ({0: LONG, 1: LONG}, "2 files are not")):
        shell = begun(blocked, SERVER)
        found = explain.explain(shell.machine.state, shell.now, explain.Surroundings())
        [cause] = [one for one in found if one.cause == "disk"]
        assert cause.evidence.startswith(f"{LONG}; {told} fetched")
