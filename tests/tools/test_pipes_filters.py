"""Each command that reads documents and writes documents, as a filter between others.

A new filter is one line in FILTERS.
"""

import json
import shutil
import signal
import subprocess
import time

import pytest

from tests.rules import tree
from tests.tools.place import Place, documents

FILTERS = {
    "rain-edit": "--comment edited",
    "rain-inspect": "",
    "rain-magnet": "",
    "rain-verify": "",
}
PIPELINES = [
    # command line, keys and values of the one document that comes out
    ("rain-create photos | rain-inspect", {"name": "photos", "file_count": 5}),
    ("rain-create --hybrid photos -o - | rain-inspect", {"meta_version": "hybrid"}),
    ("rain-create photos | rain-magnet | rain-inspect", {"total_length": 386_386}),
    ("rain-create --magnet photos | rain-inspect --embed", {"name": "photos"}),
    ("rain-create photos | rain-inspect | rain-magnet | rain-inspect", {"name": "photos"}),
    (
        "rain-create photos >/dev/null; rain-inspect photos.torrent "
        "| rain-edit --tracker udp://t.example:6969 -o b.torrent | rain-magnet",
        {"trackers": [["udp://t.example:6969"]]},
    ),
    (
        "rain-create photos | rain-edit --comment new | rain-inspect",
        {"comment": "new", "name": "photos"},
    ),
    (
        "rain-create photos | rain-edit --comment new | rain-edit --private --new-info-hash "
        "2>/dev/null | rain-magnet",
        {"private": True, "comment": "new"},
    ),
    ("rain-create photos | rain-verify", {"name": "photos", "status": "complete"}),
    ("rain-create --v2 photos | rain-inspect | rain-verify", {"status": "complete"}),
    ("rain-create photos -o - | rain-verify --dir .", {"status": "complete"}),
]


def there(line: str) -> bool:
    return all(name in tree.scripts() for name in FILTERS if f"{name} " in f"{line} ")


each_filter = pytest.mark.parametrize(
    "command", [f"{name} {given}".strip() for name, given in FILTERS.items() if there(name)]
)


@pytest.fixture(name="line")
def _line(place: Place) -> str:
    """A document of `photos`, as a line of JSON."""
    return place.run("rain-create photos").stdout


@pytest.mark.parametrize(("pipeline", "expected"), [p for p in PIPELINES if there(p[0])])
def test_what_comes_out_of_a_pipeline(place: Place, pipeline: str, expected: dict) -> None:
    ended = place.run(f"set -o pipefail; {pipeline}")
    assert (ended.code, ended.stderr) == (0, "")
    [document] = documents(ended)
    assert {key: document.get(key) for key in expected} == expected


def test_documents_are_chosen_by_another_program(place: Place) -> None:
    place.run("rain-create photos photos/one photos/two")
    select = "jq -c 'select(.total_length > 100000)'"
    if shutil.which("jq") is None:
        test = "[print(l, end='') for l in sys.stdin if json.loads(l)['total_length'] > 100000]"
        select = f'python3 -c "import json, sys; {test}"'
    ended = place.run(f"ls *.torrent | rain-inspect | {select} | rain-magnet")
    assert ended.code == 0, ended.stderr
    assert [document["name"] for document in documents(ended)] == ["one", "photos"]
    assert all(document["magnet"] for document in documents(ended))


@each_filter
def test_unknown_keys_and_foreign_documents_pass(place: Place, line: str, command: str) -> None:
    strange = '{"x_deep": {"b": [1.5, null], "a": 123456789012345678901234567890}, '
    foreign = '{"type":  "x-event", "v": 7, "n": 1}'
    (place.path / "lines").write_text(f"{foreign}\n{strange}{line[1:]}{foreign}")
    ended = place.run(f"{command} < lines")
    assert (ended.code, ended.stderr) == (0, "")
    shown = ended.stdout.splitlines()
    assert shown.count(foreign) == 2
    [document] = [text for text in shown if text != foreign]
    assert json.loads(document)["x_deep"] == json.loads(strange + '"x": 0}')["x_deep"]


@each_filter
def test_a_bad_line_is_told_and_the_others_go_on(place: Place, line: str, command: str) -> None:
    (place.path / "lines").write_text(f'{line}{{"type": "torrent", "v": 2}}\n{line}')
    ended = place.run(f"{command} < lines")
    assert (ended.code, len(documents(ended))) == (3, 2)
    name = command.split()[0]
    newer = "$.v: is a newer version than 1, the one understood here: 2"
    assert ended.stderr == f"{name}: error: stdin line 2: {newer}\n"


@each_filter
def test_each_line_is_answered_before_the_next_is_there(
    place: Place, line: str, command: str
) -> None:
    process = place.start(*command.split(), stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(line)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["name"] == "photos"
    _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (0, "")


@each_filter
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_at_once_and_quietly(
    place: Place, line: str, command: str, number: int, code: int
) -> None:
    process = place.start(*command.split(), stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    process.stdout.readline()
    asked = time.monotonic()
    process.send_signal(number)
    complaints = process.stderr.read() if process.stderr else ""
    assert (process.wait(20), complaints) == (code, "")
    assert time.monotonic() - asked < 5
    process.communicate()


@each_filter
def test_a_reader_that_leaves_early_is_no_error(place: Place, line: str, command: str) -> None:
    (place.path / "line").write_text(line)
    ended = place.run(
        f'yes "$(cat line)" | head -n 5000 | {command} | head -n 1; exit ${{PIPESTATUS[2]}}'
    )
    assert (ended.code, ended.stderr) == (0, "")
    assert len(documents(ended)) == 1


@each_filter
def test_a_slow_reader_gets_everything(place: Place, line: str, command: str) -> None:
    count = 200_000 // len(line)  # more than a pipe holds
    (place.path / "lines").write_text(line * count)
    ended = place.run(f"{command} < lines | (sleep 0.5; cat)")
    assert (ended.code, ended.stderr) == (0, "")
    assert len(documents(ended)) == count


@each_filter
def test_a_full_disk_behind_it_is_one_line(place: Place, line: str, command: str) -> None:
    (place.path / "lines").write_text(line * 3)
    ended = place.run(f"{command} < lines > /dev/full")
    name = command.split()[0]
    message = f"{name}: error: standard output: no space left on device\n"
    assert (ended.code, ended.stderr) == (5, message)


@each_filter
def test_a_closed_standard_output_is_one_line(place: Place, line: str, command: str) -> None:
    (place.path / "lines").write_text(line * 3)
    ended = place.run(f"{command} < lines >&-")
    name = command.split()[0]
    assert (ended.code, ended.stderr) == (5, f"{name}: error: standard output is closed\n")


@each_filter
def test_a_closed_standard_input_is_no_input(place: Place, line: str, command: str) -> None:
    ended = place.run(f"{command} <&-")
    assert (ended.code, ended.stdout) == (2, "")
    assert "no input" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    named = place.run(f"{command} photos.torrent <&-")
    assert (named.code, named.stderr, len(documents(named))) == (0, "", 1)


@each_filter
def test_closed_standard_error_harms_nobody(place: Place, line: str, command: str) -> None:
    (place.path / "lines").write_text(f"nonsense\n{line}")
    ended = place.run(f"{command} < lines 2>&-")
    assert (ended.code, ended.stderr, ended.stdout) == (3, "", "")


@each_filter
def test_an_empty_standard_input_is_nothing_to_do(place: Place, command: str) -> None:
    ended = place.run(f"{command} < /dev/null")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "")


def test_creating_ends_where_its_output_cannot_go(place: Place) -> None:
    full = place.run("rain-create photos > /dev/full")
    assert (full.code, len(full.stderr.splitlines())) == (5, 1)
    closed = place.run("rain-create -f photos >&-")
    assert (closed.code, closed.stderr) == (5, "rain-create: error: standard output is closed\n")
    raw = place.run("rain-create -o - photos > /dev/full")
    assert (raw.code, len(raw.stderr.splitlines())) == (5, 1)
    left = place.run("rain-create -f photos | true; exit ${PIPESTATUS[0]}")
    assert (left.code, left.stderr) == (0, "")


def test_creating_does_not_need_standard_input(place: Place) -> None:
    ended = place.run("rain-create photos <&-")
    assert (ended.code, ended.stderr, len(documents(ended))) == (0, "", 1)
