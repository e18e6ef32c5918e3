"""The hub calls the right watcher, as long as it holds, and nobody else."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import trio
import trio.testing

from raincore.net.hub import Hub

ROUNDS = 5


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def pair() -> Iterator[Callable[[], tuple[socket.socket, socket.socket]]]:
    with ExitStack() as stack:

        def make() -> tuple[socket.socket, socket.socket]:
            ends = socket.socketpair()
            for end in ends:
                end.setblocking(False)
                stack.enter_context(end)
            return ends

        yield make


async def some_rounds(hub: Hub) -> None:
    """Let the hub run for a while; it never sleeps when something is ready."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        for _ in range(ROUNDS):
            await trio.testing.wait_all_tasks_blocked()
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def busy_rounds(hub: Hub) -> None:
    """Likewise when something is always ready, so that the tasks never all block."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        for _ in range(4 * ROUNDS):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def test_readable_socket_is_called_back(hub, pair):
    ours, theirs = pair()
    got = []
    hub.watch(ours.fileno(), lambda: got.append(ours.recv(100)), None)
    theirs.send(b"hello")
    await some_rounds(hub)
    assert got == [b"hello"]


async def test_silent_socket_is_not_called_back(hub, pair):
    ours, _ = pair()
    calls = []
    hub.watch(ours.fileno(), lambda: calls.append(1), None)
    await some_rounds(hub)
    assert not calls


async def test_bytes_left_behind_are_called_for_again(hub, pair):
    ours, theirs = pair()
    got = []
    hub.watch(ours.fileno(), lambda: got.append(ours.recv(1)), None)
    theirs.send(b"abc")
    await busy_rounds(hub)
    assert got == [b"a", b"b", b"c"]


async def test_other_tasks_run_between_rounds(hub, pair):
    ours, theirs = pair()
    rounds = []
    hub.watch(ours.fileno(), lambda: rounds.append("hub"), None)
    theirs.send(b"never read")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        for _ in range(10):
            await trio.lowlevel.checkpoint()
            rounds.append("other")
        nursery.cancel_scope.cancel()
    assert "hub" in rounds
    assert "".join("h" if r == "hub" else "o" for r in rounds).count("hhh") == 0


async def test_writable_socket_is_called_back_until_forgotten(hub, pair):
    ours, _ = pair()
    calls = []

    def on_writable() -> None:
        calls.append(1)
        if len(calls) == 3:
            hub.forget(ours.fileno())

    hub.watch(ours.fileno(), None, on_writable)
    await busy_rounds(hub)
    assert len(calls) == 3
    assert len(hub) == 0


async def test_two_nones_stop_watching(hub, pair):
    ours, theirs = pair()
    hub.watch(ours.fileno(), pytest.fail, None)
    hub.watch(ours.fileno(), None, None)
    theirs.send(b"x")
    await some_rounds(hub)
    assert len(hub) == 0


async def test_watching_again_replaces_the_callbacks(hub, pair):
    ours, theirs = pair()
    got = []
    hub.watch(ours.fileno(), pytest.fail, pytest.fail)
    hub.watch(ours.fileno(), lambda: got.append(ours.recv(9)), None)
    theirs.send(b"x")
    await some_rounds(hub)
    assert got == [b"x"]


async def test_readable_comes_before_writable(hub, pair):
    ours, theirs = pair()
    calls = []

    def on_writable() -> None:
        calls.append("writable")
        hub.forget(ours.fileno())

    hub.watch(ours.fileno(), lambda: calls.append("readable"), on_writable)
    theirs.send(b"x")
    await busy_rounds(hub)
    assert calls == ["readable", "writable"]


async def test_forgetting_in_the_first_callback_spares_the_second(hub, pair):
    ours, theirs = pair()
    hub.watch(ours.fileno(), lambda: hub.forget(ours.fileno()), pytest.fail)
    theirs.send(b"x")
    await some_rounds(hub)
    assert len(hub) == 0


async def test_forgotten_in_the_same_round_means_no_call(hub, pair):
    sockets = [pair() for _ in range(2)]
    calls = []
    for me, other in ((0, 1), (1, 0)):

        def on_readable(me: int = me, other: int = other) -> None:
            calls.append(me)
            sockets[me][0].recv(9)
            hub.forget(sockets[other][0].fileno())

        hub.watch(sockets[me][0].fileno(), on_readable, None)
    for _, theirs in sockets:
        theirs.send(b"x")
    await some_rounds(hub)
    assert len(calls) == 1


async def test_a_new_socket_with_an_old_number_gets_no_stale_call(hub, pair):
    """Whoever is called first closes the other and lets a newcomer take its number."""
    ends = [pair() for _ in range(2)]
    numbers = [ours.fileno() for ours, _ in ends]
    newcomer, silent = pair()
    calls = []
    for me, other in ((0, 1), (1, 0)):

        def on_readable(me: int = me, other: int = other) -> None:
            calls.append(me)
            ends[me][0].recv(9)
            hub.forget(numbers[other])
            os.dup2(newcomer.fileno(), numbers[other])
            hub.watch(numbers[other], lambda: calls.append("stale"), None)

        hub.watch(numbers[me], on_readable, None)
    for _, theirs in ends:
        theirs.send(b"x")
    await some_rounds(hub)
    assert len(calls) == 1
    silent.send(b"now it is due")
    await busy_rounds(hub)
    assert "stale" in calls


@pytest.mark.parametrize("side", ["reader", "writer"])
async def test_a_broken_connection_wakes_reader_and_writer(hub, side):
    read_end, write_end = os.pipe()
    calls = []

    def on_event() -> None:
        calls.append(side)
        hub.forget(watched)

    if side == "reader":
        watched, gone = read_end, write_end
        hub.watch(watched, on_event, None)
    else:
        watched, gone = write_end, read_end
        os.set_blocking(write_end, False)
        while True:
            try:
                os.write(write_end, bytes(65536))
            except BlockingIOError:
                break
        hub.watch(watched, None, on_event)
    os.close(gone)
    await some_rounds(hub)
    os.close(watched)
    assert calls == [side]


async def test_a_pipe_whose_reader_leaves_is_reported_once(hub):
    read_end, write_end = os.pipe()
    calls = []
    hub.watch_closed(write_end, lambda: calls.append("gone"))
    os.write(write_end, b"being writable or read from is not being closed")
    await some_rounds(hub)
    assert not calls
    os.close(read_end)
    await some_rounds(hub)
    os.close(write_end)
    assert calls == ["gone"]
    assert len(hub) == 0


async def test_a_regular_file_has_no_reader_to_leave(hub, tmp_path):
    with (tmp_path / "out").open("w") as file:
        hub.watch_closed(file.fileno(), pytest.fail)
        await some_rounds(hub)
    assert len(hub) == 0


async def test_an_exception_from_a_callback_ends_the_hub(hub, pair):
    ours, theirs = pair()

    def on_readable() -> None:
        raise ZeroDivisionError

    hub.watch(ours.fileno(), on_readable, None)
    theirs.send(b"x")
    with pytest.raises(ZeroDivisionError):
        await hub.run()


async def test_forgetting_what_was_not_watched_is_harmless(hub):
    hub.forget(12345)
