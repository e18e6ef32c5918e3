"""The console as its user sees it."""

import pytest

from raintools.console import dialogs
from tests.rpc import go_server
from tests.tools.console.pilot import console, lines, on_loop, until

INFO = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"


@pytest.fixture(params=[go_server.GoServer, go_server.NewServer], ids=["old", "new"])
def server(request):
    with go_server.running(kind=request.param) as made:
        yield made


@pytest.fixture
def new_server():
    with go_server.running(kind=go_server.NewServer) as made:
        yield made


def fill(server, count):
    for number in range(count):
        server.add(f"name {number}", f"id{number}", trackers=["http://t/a"])


def on_screen(app, text):
    return any(text in line for line in lines(app))


def asked(server, method):
    return [params for name, params in server.asked if name == f"Session.{method}"]


@on_loop
async def test_it_shows_the_list_and_the_first_torrent(server):
    fill(server, 3)
    async with console(server.url) as (app, pilot):
        await until(pilot, lambda: on_screen(app, "Status: Downloading"))
        shown = lines(app)
        assert "1/3" in shown[0]
        assert shown[1].split() == ["#", "Name", "Status", "Progress", "Speed", "ETA", "Size"]
        assert shown[2].split() == [
            "1",
            "name",
            "0",
            "Downloading",
            "3%",
            "20",
            "K",
            "8m15s",
            "10",
            "M",
        ]
        assert max(map(len, shown)) <= 80


@on_loop
async def test_keys_move_the_selection(new_server):
    fill(new_server, 30)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        places = []
        for key in ("j", "down", "k", "G", "up", "g", "end", "home", "pagedown", "pageup"):
            await pilot.press(key)
            places.append(app.model.place)
        room = app.list.room()
        assert places == [1, 2, 1, 29, 28, 0, 29, 0, room, 0]
        await pilot.press("G")
        await until(pilot, lambda: on_screen(app, "name 29"))


TABS = {
    "alt+s": 'Addresses: {"Total":0',
    "alt+t": "#1 http://t/a",
    "alt+p": "127.0.0.1:20000",
    "alt+w": "http://host/",
    "alt+f": "sample_torrent/data/file1.bin",
    "alt+y": "nothing keeps it",
    "alt+g": "ETA: 8m15s",
}


@on_loop
async def test_tabs_show_parts_of_the_torrent(new_server):
    fill(new_server, 1)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        for key, said in TABS.items():
            await pilot.press(key)
            await until(pilot, lambda said=said: on_screen(app, said))


ORDERS = {
    "ctrl+s": "StartTorrent",
    "alt+ctrl+s": "StopTorrent",
    "S": "StopTorrent",
    "alt+ctrl+a": "AnnounceTorrent",
    "A": "AnnounceTorrent",
    "ctrl+v": "VerifyTorrent",
}


@on_loop
async def test_orders_are_about_the_selected_torrent(new_server):
    fill(new_server, 3)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        await pilot.press("j")
        for key, method in ORDERS.items():
            new_server.asked.clear()
            await pilot.press(key)
            await until(pilot, lambda method=method: asked(new_server, method) == [{"ID": "id1"}])


@on_loop
async def test_nothing_is_removed_without_an_answer(server):
    fill(server, 2)
    async with console(server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        for key in ("n", "escape", "enter", "q"):
            await pilot.press("ctrl+r")
            await until(pilot, lambda: on_screen(app, "delete what it has downloaded"))
            await pilot.press(key)
            assert not isinstance(app.screen, dialogs.AskRemove)
        assert asked(server, "RemoveTorrent") == []
        await pilot.press("ctrl+r", "k")
        await until(pilot, lambda: asked(server, "RemoveTorrent"))
        await until(pilot, lambda: on_screen(app, "1/1"))
        await pilot.press("ctrl+r", "d")
        await until(pilot, lambda: on_screen(app, "no torrents"))
        keeps = [params["KeepData"] for params in asked(server, "RemoveTorrent")]
        assert keeps == [True, False]


@on_loop
async def test_torrents_are_added_line_by_line(new_server, tmp_path):
    path = tmp_path / "a.torrent"
    path.write_bytes(b"d4:info" + INFO + b"e")
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: on_screen(app, "no torrents"))
        await pilot.press("ctrl+a")
        app.screen.query_one("#lines").insert(f"{path}\n/nowhere")
        await pilot.press("enter")
        await until(pilot, lambda: on_screen(app, "/nowhere: cannot be read"))
        assert app.screen.query_one("#lines").text == "/nowhere"
        await pilot.press("ctrl+j")
        assert app.screen.query_one("#lines").text.count("\n") == 1
        await pilot.press("ctrl+q")
        await until(pilot, lambda: on_screen(app, "photo"))
        assert len(new_server.torrents) == 1


@on_loop
async def test_the_session_and_the_help_lie_over_the_list(new_server):
    fill(new_server, 1)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        await pilot.press("alt+a")
        await until(pilot, lambda: on_screen(app, "Uptime: 1h2m5s"))
        await pilot.press("q", "question_mark")
        await until(pilot, lambda: on_screen(app, "remove, after a question"))
        await pilot.press("q")
        await until(pilot, lambda: on_screen(app, "Status: Downloading"))


@on_loop
async def test_it_filters_and_sorts(server):
    fill(server, 12)
    async with console(server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        await pilot.press("slash", "1", "enter")
        await until(pilot, lambda: on_screen(app, "3 of 12"))
        assert on_screen(app, "filter: 1")
        await pilot.press("slash", "escape", "o", "O")
        assert [row.name for row in app.model.shown] == ["name 11", "name 10", "name 1"]
        await until(pilot, lambda: on_screen(app, "Name▲"))
        await pilot.press("slash", "backspace", "enter")
        await until(pilot, lambda: on_screen(app, "/12"))
        for _ in range(3):
            await pilot.press("o")
        await until(pilot, lambda: on_screen(app, "Progress") and len(app.model.shown) == 12)


@on_loop
async def test_it_survives_a_server_that_goes_and_comes():
    with go_server.running(kind=go_server.NewServer) as server:
        port = server.server_port
        fill(server, 2)
        async with console(server.url) as (app, pilot):
            await until(pilot, lambda: app.model.shown)
            server.end()
            await until(pilot, lambda: on_screen(app, "reconnecting: "))
            assert on_screen(app, "name 1")
            await pilot.press("ctrl+s")
            await until(pilot, lambda: app.said not in ("", "…"))
            with go_server.running(port) as again:
                again.add("from before", "x")
                await until(pilot, lambda: on_screen(app, "from before"))
                assert not on_screen(app, "reconnecting")


@on_loop
async def test_hostile_names_cannot_draw(new_server):
    new_server.add("\x1b[2J[bold]evil[/]\n\x07", "one", trackers=["http://\x9b/"], causes=["\x1b"])
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: on_screen(app, "\ufffd[2J[bold]evil[/]\ufffd"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: on_screen(app, "delete what it has downloaded"))
        assert not any(ord(char) < 32 for line in lines(app) for char in line)


@on_loop
async def test_it_fits_any_window(new_server):
    fill(new_server, 50)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        await pilot.press("G")
        for size in ((40, 10), (20, 6), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("alt+j", "alt+j", "alt+k")
            await until(pilot, lambda size=size: len(lines(app)) == size[1])
            assert max(map(len, lines(app))) <= size[0]
            assert app.model.place in app.list.in_view()


@on_loop
async def test_the_separator_moves(new_server):
    fill(new_server, 1)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: app.model.shown)
        before = app.list.size.height
        await pilot.press("alt+j", "alt+j")
        await until(pilot, lambda: app.list.size.height == before + 2)
        for _ in range(12):
            await pilot.press("alt+k")
        await until(pilot, lambda: app.list.size.height == 3)


@on_loop
async def test_ten_thousand_torrents_are_drawn_and_asked_for_by_the_screenful(new_server):
    fill(new_server, 10_000)
    async with console(new_server.url) as (app, pilot):
        await until(pilot, lambda: on_screen(app, "1/10000"))
        new_server.asked.clear()
        await pilot.press("G")
        await until(pilot, lambda: on_screen(app, "name 9999"))
        await until(pilot, lambda: asked(new_server, "GetManyStats"))
        wanted = [len(params["IDs"]) for params in asked(new_server, "GetManyStats")]
        assert max(wanted) <= 24
        rows = [params["Since"] for params in asked(new_server, "QueryTorrents")]
        assert all(rows)


@on_loop
async def test_it_ends_by_q_and_control_c(new_server):
    for key in ("q", "ctrl+c", "ctrl+q"):
        async with console(new_server.url) as (app, pilot):
            await pilot.press(key)
            await until(pilot, lambda: not app.is_running)
