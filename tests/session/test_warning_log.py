"""People read of what is wrong, once, and how much of it there is."""

import pytest

from raincore.session import warning_log
from raincore.session.warning_log import WarningLog


class Desk:
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.now = 0.0
        self.log = WarningLog(lambda: self.now)
        self._caplog = caplog

    def write(self, id: str = "a", code: str = "no_tracker", message: str = "down") -> None:
        self.log.write(id, code=code, message=message)

    @property
    def lines(self) -> list[dict[str, object]]:
        return [record.facts for record in self._caplog.records]  # type: ignore[attr-defined]


@pytest.fixture
def desk(caplog: pytest.LogCaptureFixture) -> Desk:
    return Desk(caplog)


def test_a_warning_is_written_with_whose_it_is(desk):
    desk.write("a")
    assert desk.lines == [{"id": "a", "code": "no_tracker", "message": "down"}]


def test_of_the_same_of_many_torrents_few_are_written_and_these_say_how_many(desk):
    for number in range(1234):
        desk.write(str(number))
    assert [line.get("times") for line in desk.lines] == [None, 10, 100, 1000]
    assert desk.lines[-1]["id"] == "999"


def test_others_are_written_beside_it(desk):
    for _ in range(5):
        desk.write("a")
        desk.write("a", message="gone")
        desk.write("a", code="disk")
    assert len(desk.lines) == 3


def test_what_was_not_said_for_long_is_news_again(desk):
    desk.write("a")
    desk.now += warning_log.PAUSE_SECONDS
    desk.write("b")  # it went on all the time
    assert len(desk.lines) == 1
    desk.now += warning_log.PAUSE_SECONDS + 1
    desk.write("c")
    assert [line["id"] for line in desk.lines] == ["a", "c"]


def test_what_is_remembered_is_bounded_and_the_latest(desk):
    for number in range(warning_log.REMEMBERED_MAX + 1):
        desk.write(message=str(number))
    desk.write(message=str(warning_log.REMEMBERED_MAX))
    assert len(desk.lines) == warning_log.REMEMBERED_MAX + 1
    desk.write(message="0")
    assert len(desk.lines) == warning_log.REMEMBERED_MAX + 2
