"""Takes the body of an answer, as whoever wants all of it does."""

from typing import Protocol


class Waitable(Protocol):
    """A body that is still coming."""

    def take_into(self, buffer: memoryview) -> int | None: ...

    async def wait(self) -> None: ...


async def taken(body: Waitable, room: int = 3) -> bytes:
    """All of a body, no more than `room` bytes at a time."""
    found, buffer = b"", memoryview(bytearray(room))
    while (got := body.take_into(buffer)) != 0:
        if got is None:
            await body.wait()
        else:
            found += buffer[:got]
    return found
