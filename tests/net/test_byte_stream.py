import pytest
import trio
import trio.testing

from raincore.base.endpoint import Endpoint
from raincore.net.byte_stream import ByteStream
from raincore.net.hub import Hub
from raincore.net.interface import Stream
from raincore.net.trio_network import TrioNetwork


async def pair() -> tuple[ByteStream, ByteStream]:
    """Both ends of a connection over loopback."""
    network = TrioNetwork(hub := Hub())
    accepted: list[Stream] = []
    listener = network.listen(Endpoint("127.0.0.1", 0), accepted.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        dialled = await network.connect(listener.endpoint)
        with trio.fail_after(10):
            while not accepted:
                await trio.sleep(0.001)
        nursery.cancel_scope.cancel()
    listener.close()
    return ByteStream(dialled), ByteStream(accepted[0])


async def test_whatever_is_sent_arrives_whole_and_in_order() -> None:
    one, other = await pair()
    data = bytes(range(256)) * 20_000
    got = bytearray()

    async def receive() -> None:
        while part := await other.receive_some(70_000):
            got.extend(part)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        await one.send_all(data)
        await one.aclose()
    assert got == data
    await other.aclose()


async def test_a_broken_connection_is_trios_own_error() -> None:
    one, other = await pair()
    await one.send_all(b"unread")
    await other.aclose()
    with pytest.raises(trio.BrokenResourceError):
        await one.send_all(bytes(50_000_000))
    await one.aclose()


async def test_closing_ends_a_wait() -> None:
    one, other = await pair()
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def wait() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await one.receive_some()

        await trio.testing.wait_all_tasks_blocked()
        await one.aclose()
    await other.aclose()
