"""The form of a move: its parts in order, bounded, and no waiting without end."""

from contextlib import aclosing

import pytest
import trio

from raincore.rpc.body import Refused
from raincore.rpc.move_form import Form
from raincore.session.move import BOUNDARY, written

KIND = f"multipart/form-data; boundary={BOUNDARY}"


async def pieces(*given):
    for piece in given:
        await trio.lowlevel.checkpoint()
        yield piece


async def whole(content=(b"con", b"tent")):
    async with aclosing(written("one", b"{}", pieces(*content))) as parts:
        return b"".join([part async for part in parts])


@pytest.mark.parametrize("size", [1, 10, 1000])
async def test_what_is_written_is_read(size):
    data = await whole()
    cut = [data[n : n + size] for n in range(0, len(data), size)]
    async with aclosing(pieces(*cut)) as parts:
        form = Form(KIND, parts)
        assert await form.small("id", 100) == b"one"
        assert await form.small("metadata", 100) == b"{}"
        assert await form.small("data", 100) == b"content"


async def test_parts_have_their_order_and_their_limits():
    data = await whole()
    for given, act, said in [
        (data, lambda form: form.begin("metadata"), "metadata expected"),
        (data, lambda form: form.small("id", 2), "id is too long"),
        (f"--{BOUNDARY}xx".encode(), lambda form: form.begin("id"), "a boundary has no end"),
    ]:
        async with aclosing(pieces(given)) as parts:
            with pytest.raises(Refused, match=said):
                await act(Form(KIND, parts))


def test_what_is_no_form_is_refused_at_once():
    with pytest.raises(Refused, match="not multipart/form-data"):
        Form("text/plain", None)


async def test_silence_ends_it(autojump_clock):
    async def silent():
        await trio.sleep_forever()
        yield b""

    async with aclosing(silent()) as parts:
        with pytest.raises(Refused, match="nothing came for 120 s"):
            await Form(KIND, parts).begin("id")
