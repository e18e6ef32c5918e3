"""The list widget draws the rows that fit, by cells and not by characters."""

import pytest

from tests.rpc import go_server
from tests.tools.console.pilot import console, lines, on_loop, until


@pytest.fixture
def server():
    with go_server.running(kind=go_server.NewServer) as made:
        yield made


@on_loop
async def test_wide_characters_keep_the_columns_aligned(server):
    server.add("漢字" * 30, "one")
    server.add("plain", "two")
    async with console(server.url, "Name Status") as (app, pilot):
        await until(pilot, lambda: len(app.model.shown) == 2 and app.model.shown[0].stats)
        await until(pilot, lambda: "…" in lines(app)[2])
        first, second = lines(app)[2:4]
        assert first.endswith("… Downloading")
        assert second.split() == ["plain", "Downloading"]


@on_loop
async def test_the_mouse_selects_and_scrolls(server):
    for number in range(30):
        server.add(f"name {number}", f"id{number}")
    async with console(server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        await pilot.click("#list", offset=(5, 3))
        assert app.model.place == 2
        await pilot.click("#list", offset=(5, 0))
        assert app.model.place == 2
        app.list.on_mouse_scroll_down(None)
        assert app.model.place == 5
        app.list.on_mouse_scroll_up(None)
        assert app.model.place == 2


@on_loop
async def test_in_a_narrow_window_the_last_columns_give_way(server):
    server.add("a name", "one")
    async with console(server.url, size=(50, 20)) as (app, pilot):
        await until(pilot, lambda: app.model.shown and app.model.shown[0].stats)
        assert lines(app)[1].split() == ["#", "Name", "Status", "Progress"]
        await pilot.resize_terminal(12, 20)
        await until(pilot, lambda: lines(app)[1].split() == ["#"])
