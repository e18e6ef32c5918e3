import threading
from pathlib import Path
from typing import Any

import pytest

from raincore.base.errors import FormatError
from raintools._kit import by_device, exits, output
from raintools._kit.by_device import Task
from raintools._kit.options import Common
from tests.documents import samples


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    made = []
    for number in range(6):
        path = tmp_path / f"{number}.torrent"
        path.write_bytes(samples.full())
        made.append(str(path))
    return made


def common() -> Common:
    return Common(output.Writer(as_json=True), exits.Outcome("try"), quiet=True, verbose=0)


def test_outcomes_are_shown_in_the_order_of_the_inputs(names: list[str]) -> None:
    given, shown = common(), []
    last = threading.Event()

    def plan(loaded: Any) -> Task:
        number = names.index(loaded.origin)

        def work(tell: Any, stop: Any) -> int:
            tell(1)
            if number == 0:
                assert last.wait(10)  # the first is done last
            elif number == 5:
                last.set()
            return number

        return Task(number % 2 if number else 9, 1, work)

    by_device.run(names, given, plan, lambda loaded, value: shown.append((loaded.origin, value)))
    assert shown == [(name, number) for number, name in enumerate(names)]
    assert given.outcome.code == 0


def test_what_fails_is_reported_and_stops_no_other(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given, shown = common(), []

    def plan(loaded: Any) -> Task:
        number = names.index(loaded.origin)
        if number == 1:
            raise FormatError("not this one")

        def work(tell: Any, stop: Any) -> int:
            if number == 3:
                raise FormatError("nor this")
            return number

        return Task(1, 1, work)

    by_device.run(
        [names[0], "nowhere", *names[1:]], given, plan, lambda _, value: shown.append(value)
    )
    assert shown == [0, 2, 4, 5]
    assert given.outcome.code == 3
    reported = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in reported] == [
        "no such file or directory",
        "not this one",
        "nor this",
    ]


def test_a_bug_in_the_work_is_not_swallowed(names: list[str]) -> None:
    def work(tell: Any, stop: Any) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        by_device.run(names[:1], common(), lambda _: Task(1, 1, work), lambda *_: None)


def test_an_interrupt_while_showing_stops_the_work(names: list[str]) -> None:
    stopped = []

    def work(tell: Any, stop: Any) -> int:
        if not stopped:
            stopped.append(False)
            return 1
        while not stop():
            pass
        stopped.append(True)
        return 2

    def show(loaded: Any, value: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        by_device.run(names, common(), lambda _: Task(1, 1, work), show)
    assert threading.active_count() < before + 20
