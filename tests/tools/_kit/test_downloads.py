"""URLs are fetched over the sockets of the process if nothing else is allowed."""

import trio

from raintools._kit import downloads


class Network:
    def __init__(self, confined: bool) -> None:
        self.confined = confined

    async def download(self, url: str) -> bytes:
        await trio.lowlevel.checkpoint()
        return url.encode()


async def test_a_confined_network_is_asked_from_a_thread():
    get = downloads.over(Network(confined=True))
    assert get is not None
    assert await trio.to_thread.run_sync(get, "http://a/") == b"http://a/"


def test_without_confines_any_way_will_do():
    assert downloads.over(Network(confined=False)) is None
