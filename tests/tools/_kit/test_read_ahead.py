import json
from queue import SimpleQueue
from typing import Any

import pytest

from raintools._kit import exits, output, read_ahead
from raintools._kit.options import Common
from tests.documents import samples


def read(path: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the main thread is told, until the end."""
    common = Common(output.Writer(as_json=True), exits.Outcome("try"), quiet=True, verbose=0)
    news: SimpleQueue[Any] = SimpleQueue()
    heard: list[str] = []

    def take(number: int, item: Any) -> None:
        heard.append(f"{number} {item.origin}")
        room.release()

    def end(error: BaseException | None) -> None:
        heard.append(f"end {error}")

    room = read_ahead.start(arguments, common, news, take, end)
    while not heard or not heard[-1].startswith("end"):
        news.get()()
    return heard


@pytest.fixture
def torrent(tmp_path: Any) -> str:
    (tmp_path / "a.torrent").write_bytes(samples.full())
    return str(tmp_path / "a.torrent")


def test_inputs_come_numbered_and_then_the_end(
    torrent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [torrent] * (2 * read_ahead.MOST_WAITING)
    heard = read(None, many, monkeypatch)
    assert heard == [*(f"{number} {torrent}" for number in range(len(many))), "end None"]


def test_a_last_document_ends_the_inputs(
    torrent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    import io
    import sys

    lines = [{"type": "torrent", "path": torrent, "last": last} for last in (False, True, False)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    heard = read(None, ["-"], monkeypatch)
    assert heard == ["0 stdin line 1", "1 stdin line 2", "end None"]
