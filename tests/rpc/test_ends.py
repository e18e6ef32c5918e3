"""The ends of a connection: whoever still sends may see its answer, for a while."""

from contextlib import suppress

import pytest
import trio
import trio.testing
from hypercorn.trio.worker_context import WorkerContext

from raincore.rpc.ends import LINGER_SECONDS, SEND_SECONDS, Client, Ends, Patient


def scope(*headers):
    return {"type": "http", "method": "POST", "headers": list(headers)}


@pytest.fixture
def pair():
    """Our end, with the client's state, and the other end."""
    ours, theirs = trio.testing.memory_stream_pair()
    client = Client(ours, WorkerContext(None))
    return Ends(ours, client), client, theirs


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ([], False),
        ([(b"content-length", b"0")], False),
        ([(b"content-length", b"5")], True),
        ([(b"transfer-encoding", b"chunked")], True),
    ],
)
def test_a_request_with_a_body_may_still_be_on_its_way_when_answered(pair, headers, more):
    _, client, _ = pair
    client.begin(scope(*headers))
    assert client.has_more is more


async def disconnected():
    await trio.lowlevel.checkpoint()
    return {"type": "http.disconnect"}


async def test_a_body_that_was_heard_to_its_end_is_not_on_its_way(pair):
    _, client, _ = pair
    client.begin(scope((b"content-length", b"5")))
    for more in (True, False):

        async def receive(more=more):
            await trio.lowlevel.checkpoint()
            return {"type": "http.request", "body": b"x", "more_body": more}

        await client.hear(receive)
        assert client.has_more is more
        await client.hear(disconnected)
        assert client.has_more is more
    client.end()
    assert client.is_idle(trio.current_time())


async def test_who_still_sends_is_listened_to_until_it_has_left(pair, autojump_clock):
    ends, client, theirs = pair
    client.has_more = True
    await ends.send_all(b"refused")
    async with trio.open_nursery() as nursery:

        async def closing():
            await trio.sleep(0.1)
            await ends.aclose()

        async def sending():
            for _ in range(5):
                await theirs.send_all(b"more and more")
                await trio.sleep(0.1)
            assert await theirs.receive_some() == b"refused"
            await theirs.aclose()

        nursery.start_soon(closing)
        nursery.start_soon(sending)
        with suppress(trio.ClosedResourceError):
            while await ends.receive_some(100):
                pass
    assert client.context.terminated.is_set()


async def test_who_never_stops_sending_is_not_listened_to_for_ever(pair, autojump_clock):
    ends, client, theirs = pair
    client.has_more = True
    await ends.aclose()
    async with trio.open_nursery() as nursery:

        async def sending():
            while True:
                await theirs.send_all(b"more and more")
                await trio.sleep(0.01)

        nursery.start_soon(sending)
        began = trio.current_time()
        with pytest.raises(trio.ClosedResourceError):
            await ends.receive_some(100)
        assert trio.current_time() - began == pytest.approx(LINGER_SECONDS)
        nursery.cancel_scope.cancel()


async def test_closing_twice_closes(pair):
    ends, client, theirs = pair
    client.has_more = True
    for _ in range(2):
        await ends.aclose()
    assert await theirs.receive_some() == b""


async def test_who_was_heard_to_the_end_is_not_waited_for(pair):
    ends, _, theirs = pair
    await ends.aclose()
    assert await theirs.receive_some() == b""


async def test_nothing_of_a_client_that_gave_way_is_heard(pair):
    ends, client, theirs = pair
    client.is_gone = True
    await theirs.send_all(b"remove everything")
    with pytest.raises(trio.ClosedResourceError):
        await ends.receive_some(100)


async def test_what_has_just_arrived_may_be_a_request(pair, autojump_clock):
    ends, client, theirs = pair
    await theirs.send_all(b"POST")
    assert await ends.receive_some(100) == b"POST"
    assert not client.is_idle(trio.current_time())
    await trio.sleep(1)
    assert client.is_idle(trio.current_time())


async def test_a_reply_that_nobody_takes_is_given_up(autojump_clock):
    ours, theirs = trio.testing.lockstep_stream_pair()
    ours.socket = None
    began = trio.current_time()
    with pytest.raises(trio.BrokenResourceError):
        await Patient(ours).send_all(b"x" * 10)
    assert trio.current_time() - began == pytest.approx(SEND_SECONDS)
    await theirs.aclose()
