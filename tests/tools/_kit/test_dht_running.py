"""Inputs side by side, errors one by one, and a clean end."""

from types import SimpleNamespace

import trio

from raincore.base.errors import FormatError
from raintools._kit import dht_running, exits, output
from raintools._kit.dht_running import Asking
from raintools._kit.options import Common


def asking():
    common = Common(output.Writer(as_json=True), exits.Outcome("rain-test"), False, 0)
    return Asking(SimpleNamespace(), common, trio.Event())


async def test_inputs_are_worked_on_side_by_side_within_bounds():
    running, most, full = 0, 0, trio.Event()

    async def one(item):
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == dht_running.AT_ONCE:
            full.set()
        await full.wait()  # so that it must come to this
        running -= 1

    count = 3 * dht_running.AT_ONCE
    with trio.fail_after(60):
        await asking().each(iter(range(count)), one, str)
    assert most == dht_running.AT_ONCE


async def test_a_failure_stops_no_other(capsys):
    done = []

    async def one(item):
        if item == "bad":
            raise FormatError("wrong")
        done.append(item)

    made = asking()
    await made.each(iter(["a", "bad", "b"]), one, str)
    assert done == ["a", "b"]
    assert made.common.outcome.code == 3
    assert capsys.readouterr().err == "rain-test: error: bad: wrong\n"


async def test_the_last_input_ends_it_though_more_could_come():
    done = []

    async def one(item):
        done.append(item)

    await asking().each(iter([1, 2, 3]), one, str, lambda item: item == 2)
    assert done == [1, 2]


async def test_stopping_reads_no_further():
    made, done = asking(), []

    async def one(item):
        done.append(item)
        made.stop.set()

    def endless():
        while True:
            yield 1

    with trio.fail_after(10):
        await made.each(endless(), one, str)
    assert done
