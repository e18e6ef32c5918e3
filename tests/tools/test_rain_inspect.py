"""rain-inspect: everything in a .torrent file or magnet link."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from raintools.rain_inspect import main
from tests.documents import samples
from tests.formats import lint_samples
from tests.tools.running import run

GOLDEN = Path(__file__).parent / "golden"
LINK = "magnet:?xt=urn:btih:" + "0a" * 20 + "&dn=photos&tr=http%3A%2F%2Ft.example%2Fa&x.pe=h:1"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full.torrent").write_bytes(samples.full())
    (tmp_path / "hybrid.torrent").write_bytes(samples.torrent(samples.info_hybrid()))
    layered = samples.torrent(samples.info_layered(), **{"piece layers": samples.LAYERS})
    (tmp_path / "layered.torrent").write_bytes(layered)
    return tmp_path


def rebased(text, place):
    return text.replace("/PLACE", str(place))


@pytest.mark.parametrize("name", ["full", "hybrid", "layered"])
def test_the_document_is_as_its_golden_file_says(place, name):
    ran = run(main, f"{name}.torrent")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == rebased((GOLDEN / f"inspect-{name}.jsonl").read_text(), place)


@pytest.mark.parametrize("name", ["full", "hybrid", "layered"])
def test_the_view_for_people_is_as_its_golden_file_says(place, name):
    ran = run(main, "--files", "--pieces", f"{name}.torrent", human=True)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == rebased((GOLDEN / f"inspect-{name}.txt").read_text(), place)


def test_people_get_no_files_or_pieces_unless_asked(place):
    shown = run(main, "full.torrent", human=True).stdout
    assert "one.jpg" not in shown
    assert "b6589fc6" not in shown


def test_views_of_several_torrents_are_kept_apart(place):
    one = run(main, "full.torrent", human=True).stdout
    two = run(main, "hybrid.torrent", human=True).stdout
    assert run(main, "full.torrent", "hybrid.torrent", human=True).stdout == f"{one}\n{two}"


def test_colour_may_be_asked_for(place):
    assert "\x1b[36mname" in run(main, "--color", "always", "full.torrent", human=True).stdout


def test_a_magnet_link_shows_its_parts():
    [document] = run(main, LINK).documents
    assert document["trackers"] == [["http://t.example/a"]]
    assert document["peers"] == ["h:1"]
    assert "files" not in document
    assert run(main, "--files", LINK, human=True).stdout.splitlines() == [
        "name       photos",
        "info-hash  " + "0a" * 20,
        "trackers   1  http://t.example/a",
        "peers      h:1",
        f"magnet     {document['magnet']}",
    ]


def test_pieces_are_added_to_the_document(place):
    plain, with_pieces = (run(main, *o, "full.torrent").documents[0] for o in ([], ["--pieces"]))
    assert "pieces" not in plain
    assert with_pieces["pieces"] == [
        samples.info_v1()["pieces"][:20].hex(),
        samples.info_v1()["pieces"][20:].hex(),
    ]
    files = run(main, "--pieces", "layered.torrent").documents[0]["files"]
    assert files[0]["pieces"] == [leaf.hex() for leaf in samples.LEAVES]


def test_embedding_puts_the_bytes_into_the_document(place):
    assert "metainfo" not in run(main, "full.torrent").documents[0]
    document = run(main, "--embed", "full.torrent").documents[0]
    assert base64.b64decode(document["metainfo"]) == samples.full()
    assert document["path"] == str(place / "full.torrent")


def test_the_raw_structure_is_shown_as_it_stands(place):
    [document] = run(main, "--raw", "full.torrent").documents
    assert document["type"] == "raw"
    assert document["path"] == str(place / "full.torrent")
    assert document["value"]["unknown"] == "kept"
    assert document["value"]["info"]["files"][1]["path"] == [{"hex": "7477ff"}]
    shown = run(main, "--raw", "full.torrent", human=True).stdout
    assert json.loads(shown) == document["value"]


def test_the_raw_structure_of_stdin_has_no_path():
    [document] = run(main, "--raw", stdin=samples.full()).documents
    assert "path" not in document


def test_a_magnet_link_has_no_raw_structure():
    ran = run(main, "--raw", LINK)
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.stderr.endswith(": a magnet link has no bencoded structure\n")


def test_a_torrent_on_stdin_is_embedded_for_the_next_stage():
    [document] = run(main, stdin=samples.full()).documents
    assert base64.b64decode(document["metainfo"]) == samples.full()
    [again] = run(main, stdin=json.dumps(document).encode()).documents
    assert again == document


def test_names_on_stdin_are_inspected_one_by_one(place):
    ran = run(main, stdin=b"full.torrent\nmissing.torrent\nhybrid.torrent\n")
    assert ran.code == 3
    assert [document["meta_version"] for document in ran.documents] == ["v1", "hybrid"]
    assert ran.stderr == (
        "rain-inspect: error: stdin line 2: missing.torrent: "
        "cannot be read: no such file or directory\n"
    )


def test_unknown_keys_and_what_other_stages_learned_pass_through(place):
    given = {
        "type": "torrent",
        "v": 1,
        "path": str(place / "full.torrent"),
        "peers": ["192.0.2.1:1"],
        "data_dir": "/d",
        "status": "seeding",
        "x_note": {"deep": [1.5, None]},
    }
    [document] = run(main, stdin=json.dumps(given).encode() + b"\n").documents
    assert document["name"] == "photos"
    assert {key: document[key] for key in given} == given


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"piece length": None}, "info.piece length"),
        ({"pieces": b"x" * 19}, "info.pieces"),
        ({"pieces": b"x" * 60}, "info.pieces"),
        ({"name": None}, "info.name"),
        ({"files": [samples.file_v1(["a"], -1)]}, "info.files[0].length"),
        ({"files": [samples.file_v1([], 1)]}, "info.files[0].path"),
    ],
)
def test_what_is_wrong_is_said_and_where(place, change, where):
    (place / "bad.torrent").write_bytes(samples.torrent(samples.info_v1(**change)))
    ran = run(main, "bad.torrent", "full.torrent")
    assert ran.code == 3
    assert ran.stderr.startswith(f"rain-inspect: error: bad.torrent: {where}: ")
    assert ran.stderr.count("\n") == 1
    assert len(ran.documents) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"d", b"d4:infodee", b"le", b"d1:ai1e-6:e", b"d4:info" + b"l" * 5000]
)
def test_what_is_no_torrent_is_refused_in_one_line(place, raw):
    (place / "bad.torrent").write_bytes(raw)
    ran = run(main, "bad.torrent")
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)


def test_every_truncation_of_a_torrent_is_refused(place):
    raw = samples.full()
    for end in range(0, len(raw), 7):
        (place / "bad.torrent").write_bytes(raw[:end])
        ran = run(main, "bad.torrent")
        assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)


def test_a_full_disk_behind_stdout_is_told_once(place):
    command = [sys.executable, "-m", "raintools.rain_inspect", "full.torrent", "hybrid.torrent"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 5
    assert done.stderr == "rain-inspect: error: standard output: no space left on device\n"


@pytest.mark.parametrize(
    "options", [["--raw", "--lint"], ["--lint", "--diff", "x"], ["--raw", "--diff", "x"]]
)
def test_what_to_show_instead_is_one_thing(place, options):
    ran = run(main, *options, "full.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--raw, --lint and --diff exclude each other" in ran.stderr


@pytest.mark.parametrize("view", ["--raw", "--lint", "--diff=full.torrent"])
@pytest.mark.parametrize("option", ["--files", "--pieces", "--embed"])
def test_what_would_change_nothing_is_refused(place, view, option):
    ran = run(main, view, option, "full.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--raw, --lint and --diff have no --files, --pieces or --embed" in ran.stderr


def test_a_later_stage_keeps_what_an_earlier_one_said_of_files(place):
    shown = run(main, "--pieces", "layered.torrent")
    [document] = shown.documents
    document["files"][0]["note"] = "mine"
    line = json.dumps(document).encode()
    assert run(main, stdin=line).documents == [document]


def test_unknown_keys_are_shown_to_people_too(place):
    file = {"length": 5, "path": ["a"], "rating": 9}
    info = samples.info_v1(entropy=b"\xff", files=[file], pieces=bytes(20))
    raw = samples.torrent(info, azureus={"a": [1]})
    (place / "odd.torrent").write_bytes(raw)
    shown = run(main, "odd.torrent", human=True).stdout
    assert 'unknown    azureus = {"a": [1]}\n' in shown
    assert 'in info    entropy = {"hex": "ff"}\n' in shown
    assert "in files   photos/a: rating = 9\n" in shown
    shown = run(main, f"{LINK}&x.y=1&xs=http://s.example/a", human=True).stdout
    assert 'unknown        x.y = "1"\n' in shown
    assert "other sources  http://s.example/a\n" in shown


def test_help_has_examples():
    assert "ls *.torrent | rain-inspect" in run(main, "--help", human=True).stdout


def test_the_schema_covers_all_types():
    schema = json.loads(run(main, "--schema", human=True).stdout)
    assert [one["properties"]["type"]["const"] for one in schema["oneOf"]] == [
        *("torrent", "raw", "finding", "diff")
    ]


@pytest.mark.parametrize(
    "options",
    [
        *([], ["--no-json", "--files", "--pieces"], ["--raw"]),
        *(["--lint"], ["--diff", "full.torrent"]),
    ],
)
def test_one_torrent_needs_neither_event_loop_nor_schemas(place, options):
    script = (
        "import sys\n"
        "from raintools.rain_inspect import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        "heavy = {'trio', 'jsonschema', 'tqdm', 'diskcache', 'bitarray'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)\n"
    )
    arguments = [sys.executable, "-c", script, *options, "full.torrent"]
    done = subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("options", [[], ["--no-json"], ["--files"], ["--raw"]])
def test_what_is_not_asked_for_is_not_imported(place, options):
    script = (
        "import sys\n"
        "from raintools.rain_inspect import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    pass\n"
        "ours = [n for n in sys.modules if n.startswith('rain')]\n"
        "mine = [n for n in ours if 'lint' in n or 'diff' in n or 'unknown' in n]\n"
        "sys.exit(str(mine) if mine else 0)\n"
    )
    arguments = [sys.executable, "-c", script, *options, "layered.torrent"]
    done = subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")


LARGE = {
    "10,000 files": lambda: lint_samples.torrent(
        lint_samples.v1(*(lint_samples.file(str(n % 50), f"file {n}") for n in range(10_000)))
    ),
    "1,000,000 pieces": lambda: lint_samples.torrent(
        lint_samples.single(length=16384 * 10**6, pieces=bytes(20 * 10**6))
    ),
    "10 MB": lambda: lint_samples.torrent(
        lint_samples.v1(*(lint_samples.file("x" * 50, f"{n:0150}") for n in range(40_000))),
        junk=bytes(10**6),
    ),
}


@pytest.mark.parametrize("size", sorted(LARGE))
def test_large_torrents_work_in_every_mode(tmp_path, size):
    path = tmp_path / "large.torrent"
    path.write_bytes(LARGE[size]())
    for options, code in (
        (["--json"], 0),
        (["--json", "--lint"], 0),
        (["--json", "--raw"], 0),
        (["--json", "--diff", str(path)], 0),
        (["--no-json", "--files", "--pieces"], 0),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "raintools.rain_inspect", *options, str(path)],
            capture_output=True,
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (code, b"")
        assert ran.stdout or "--lint" in options
