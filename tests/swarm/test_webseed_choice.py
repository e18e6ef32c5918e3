from raincore.policy.file_selection import EVERYTHING
from raincore.policy.priorities import Priority
from raincore.swarm import webseed_choice
from raincore.swarm.events import Event
from raincore.swarm.wish_events import StreamMoved, WishesChanged
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import PIECE_LENGTH, info_of
from tests.swarm.web_world import W1, W2, WebShell, web_shell

LONGEST = webseed_choice.URGENT_RUN_BYTES // PIECE_LENGTH


def test_what_is_due_comes_first_and_not_too_much_of_it_from_one() -> None:
    shell = stream_shell(W1, W2, pieces=400)
    shell.read(7)
    shell.begin()
    assert shell.runs() == {W1: [range(7, 7 + LONGEST)], W2: [range(7 + LONGEST, 7 + 2 * LONGEST)]}
    shell.audit()


def again(shell: WebShell, event: Event) -> dict[str, list[range]]:
    """What is fetched once all fetches have failed, and something has changed meanwhile."""
    shell.begin()
    for command in list(shell.fetches.values()):
        shell.fail(command.url)
    shell.feed(event)
    shell.wait(2)
    return shell.runs()


def test_beside_that_the_largest_gap_is_fetched() -> None:
    shell = stream_shell(W1, W2, select=EVERYTHING)
    runs = again(shell, StreamMoved(1, 7 * PIECE_LENGTH, 9 * PIECE_LENGTH))
    first, second = sorted((run for [run] in runs.values()), key=len)
    assert (first, second) == (range(7, 9), range(9, 40))


def test_in_order_it_is_the_first_gap() -> None:
    shell = web_shell(W1, have=[3])
    assert again(shell, WishesChanged(sequential=True)) == {W1: [range(3)]}


def test_files_that_are_wanted_more_come_first() -> None:
    info = info_of(files=[("a", 4 * PIECE_LENGTH), ("b", PIECE_LENGTH)])
    shell = web_shell(W1, info=info)
    assert again(shell, WishesChanged(priorities={1: Priority.HIGH})) == {W1: [range(4, 5)]}


def test_without_memory_nothing_is_begun() -> None:
    shell = stream_shell(W1, select=EVERYTHING, budget_pieces=2)
    assert again(shell, StreamMoved(1, 7 * PIECE_LENGTH, 8 * PIECE_LENGTH)) == {W1: [range(7, 8)]}
    [source] = shell.machine.state.web.sources.values()
    assert webseed_choice.next_run(shell.machine.state, source) == range(0)
    shell.audit()
