"""rain-edit: what surrounds the content changes, the info-hash only when that is allowed."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from raincore.formats import magnet, metainfo
from raintools.rain_edit import main
from tests.documents import samples
from tests.rules import tree
from tests.tools import launchers
from tests.tools.running import run

TRACKER = "udp://new.example:1"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full.torrent").write_bytes(samples.full())
    (tmp_path / "plain.torrent").write_bytes(samples.torrent())
    (tmp_path / "hybrid.torrent").write_bytes(samples.torrent(samples.info_hybrid()))
    return tmp_path


def edited(place, *arguments, given="full.torrent"):
    """The torrent that comes of one file and these options."""
    out = place / "edited.torrent"
    ran = run(main, "--quiet", "--force", "-o", out, *arguments, given)
    assert (ran.code, ran.stderr) == (0, "")
    return metainfo.parse(out.read_bytes())


def names(directory):
    return sorted(path.name for path in directory.iterdir())


# What changes


def test_a_tracker_is_added_at_the_end_in_a_tier_of_its_own(place):
    found = edited(place, "--tracker", TRACKER, "-t", "http://a/,http://b/")
    old = tuple(tuple(tier) for tier in samples.TRACKERS)
    assert found.trackers == (*old, (TRACKER,), ("http://a/", "http://b/"))


def test_a_tracker_that_is_there_is_not_added_again(place):
    found = edited(place, "--tracker", samples.TRACKERS[0][1])
    assert found.raw == samples.full()


def test_trackers_are_set_by_taking_all_others_out(place):
    assert edited(place, "--no-trackers", "-t", TRACKER).trackers == ((TRACKER,),)
    assert edited(place, "--no-trackers").trackers == ()


def test_trackers_are_taken_out_by_name_and_by_glob(place):
    assert edited(place, "--remove-tracker", "http://*").trackers == ((samples.TRACKERS[0][0],),)
    found = edited(place, "--remove-tracker", samples.TRACKERS[0][0])
    assert found.trackers == ((samples.TRACKERS[0][1],), tuple(samples.TRACKERS[1]))


def test_texts_within_trackers_are_replaced(place):
    found = edited(place, "--replace", "example", "test", "-r", "http:", "https:")
    assert found.trackers == (
        ("udp://one.test:6969", "https://two.test/announce"),
        ("https://three.test/a",),
    )


def test_every_other_list_is_added_to_and_emptied(place):
    add = ["-w", "http://w/", "--http-seed", "http://h/", "--node", "n:1", "--collection", "c"]
    found = edited(place, *add, "--similar", "FF" * 20)
    assert found.webseeds == ("http://seed.example/", "http://w/")
    assert found.http_seeds == ("http://seed.example/old", "http://h/")
    assert found.nodes == ("router.example:6881", "[2001:db8::1]:6882", "n:1")
    assert (found.collections, found.similar) == (("c",), (b"\xff" * 20,))
    kinds = ["webseeds", "http-seeds", "nodes", "similar", "collections"]
    gone = edited(place, *(f"--no-{kind}" for kind in kinds), given="edited.torrent")
    assert (gone.webseeds, gone.http_seeds, gone.nodes) == ((), (), ())
    assert (gone.collections, gone.similar) == ((), ())


def test_every_other_list_is_taken_from(place):
    remove = ["--remove-webseed", "http://s*", "--remove-node", "router.example:6881"]
    found = edited(place, *remove, "--remove-http-seed", "http://seed.example/old")
    assert (found.webseeds, found.http_seeds) == ((), ())
    assert found.nodes == ("[2001:db8::1]:6882",)


def test_facts_are_written_and_taken_away(place):
    found = edited(place, "-c", "new", "--created-by", "me", "--date", "1970-01-02")
    assert (found.comment, found.created_by, found.creation_date) == ("new", "me", 86400)
    gone = edited(place, "--no-comment", "--no-created-by", "--no-date")
    assert (gone.comment, gone.created_by, gone.creation_date) == (None, None, None)
    assert edited(place, "--comment", "").comment is None
    assert edited(place, "--date", "@0").creation_date == 0


def test_program_and_date_stay_unless_mentioned(place):
    found = edited(place, "--tracker", TRACKER)
    assert (found.created_by, found.creation_date) == ("samples", 1_500_000_000)


def test_what_is_not_mentioned_stays(place):
    found = edited(place, "--tracker", TRACKER)
    before = metainfo.parse(samples.full())
    assert found.info.raw == before.info.raw
    assert found.extra == {b"unknown": b"kept"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["--add", TRACKER], ["--tracker", TRACKER]),
        (["--announce", TRACKER], ["--tracker", TRACKER]),
        (["--announce-tier", TRACKER], ["--tracker", TRACKER]),
        (["--delete", "http://*"], ["--remove-tracker", "http://*"]),
        (["--web-seed", "http://w/"], ["--webseed", "http://w/"]),
        (["--creator", "x"], ["--created-by", "x"]),
        (["--notracker"], ["--no-trackers"]),
        (["--nowebseed"], ["--no-webseeds"]),
        (["--nocomment"], ["--no-comment"]),
        (["--nocreator"], ["--no-created-by"]),
        (["--nodate"], ["--no-date"]),
        (["--nosource", "--new-info-hash"], ["--no-source", "--new-info-hash"]),
        (["--noprivate", "--new-info-hash"], ["--no-private", "--new-info-hash"]),
    ],
)
def test_other_programs_names_for_options_are_understood(place, theirs, ours):
    assert edited(place, *theirs).raw == edited(place, *ours).raw != samples.full()


# The info-hash


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--name", "x"], "--name"),
        (["--source", "x", "--no-private"], "--source and --no-private"),
        (["--no-source"], "--no-source"),
        (["--source", ""], "--no-source"),
        (["--xseed"], "--xseed"),
    ],
)
def test_another_info_hash_needs_permission(place, options, named):
    ran = run(main, "--in-place", *options, "full.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "rain-edit: error: full.torrent: it would be another torrent, with another info-hash: "
        f"add --new-info-hash to {named}\n"
    )
    assert (place / "full.torrent").read_bytes() == samples.full()


def test_with_permission_both_info_hashes_are_told(place):
    ran = run(main, "-s", "NEW", "-n", "name", "--new-info-hash", "--in-place", "hybrid.torrent")
    before = metainfo.parse(samples.torrent(samples.info_hybrid())).info
    after = metainfo.parse((place / "hybrid.torrent").read_bytes()).info
    assert (after.source, after.name) == ("NEW", "name")
    assert (ran.code, ran.stderr) == (
        0,
        "rain-edit: warning: hybrid.torrent: the info-hash was "
        f"{before.info_hash.hex()} and is {after.info_hash.hex()}\n"
        "rain-edit: warning: hybrid.torrent: the info-hash v2 was "
        f"{before.info_hash_v2.hex()} and is {after.info_hash_v2.hex()}\n",
    )
    [document] = ran.documents
    assert document["info_hash"] == after.info_hash.hex()
    assert (document["name"], document["files"][0]["path"]) == ("name", "name/a.bin")


def test_what_is_so_already_needs_no_permission(place):
    options = ["--name", "photos", "--source", "TAG", "--private", "--no-xseed"]
    assert edited(place, *options).raw == samples.full()


def test_salt_makes_another_torrent_each_time_and_comes_out_again(place):
    allowed = ["--new-info-hash"]
    found = {edited(place, "--xseed", *allowed).info.info_hash for _ in range(2)}
    assert len(found | {metainfo.parse(samples.full()).info.info_hash}) == 3
    assert edited(place, "--no-xseed", *allowed, given="edited.torrent").raw == samples.full()


def test_peers_of_another_torrent_are_dropped(place):
    given = {"type": "torrent", "path": str(place / "full.torrent"), "peers": ["h:1"], "x": 1}
    line = json.dumps(given).encode()
    [same] = run(main, "-c", "new", stdin=line).documents
    assert (same["peers"], same["x"]) == (["h:1"], 1)
    [other] = run(main, "--name", "new", "--new-info-hash", "-q", stdin=line).documents
    assert "peers" not in other


# Warnings


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (["--node", "n:1"], "full.torrent: DHT nodes in a private torrent: no client may use"),
        (["--no-trackers"], "full.torrent: a private torrent without a tracker finds no peers"),
        (["--remove-tracker", "x*"], "nothing among the trackers matches: x*"),
        (["--replace", "nope", "x"], "nothing among the trackers matches: nope"),
        (["--remove-node", "n:1"], "nothing among the nodes matches: n:1"),
    ],
)
def test_what_is_odd_is_warned_of_and_done(place, options, warning):
    ran = run(main, *options, "full.torrent")
    assert (ran.code, len(ran.documents), ran.stderr.count("\n")) == (0, 1, 1)
    assert ran.stderr.startswith(f"rain-edit: warning: {warning}")
    assert run(main, "--quiet", *options, "full.torrent").stderr == ""


def test_what_matches_in_one_of_many_inputs_is_no_mistake(place):
    ran = run(main, "--remove-tracker", "udp://*", "plain.torrent", "full.torrent")
    assert (ran.code, ran.stderr) == (0, "")


def test_junk_that_is_in_the_way_is_told(place):
    (place / "junk.torrent").write_bytes(samples.torrent(nodes=5, comment=7))
    ran = run(main, "--node", "n:1", "junk.torrent")
    assert ran.stderr == (
        "rain-edit: warning: junk.torrent: nodes held nothing usable, and that is not kept\n"
    )
    [document] = ran.documents
    assert document["unknown"] == {"comment": 7}


# Where it goes


def test_without_a_place_the_torrent_goes_on_in_the_document(place):
    before = names(place)
    [document] = run(main, "--tracker", TRACKER, "full.torrent").documents
    assert document["trackers"][-1] == [TRACKER]
    assert "path" not in document
    [again] = run(main, stdin=json.dumps(document).encode()).documents
    assert again == document
    assert names(place) == before
    assert (place / "full.torrent").read_bytes() == samples.full()


def test_what_did_not_change_still_has_its_path(place):
    [document] = run(main, "full.torrent").documents
    assert document["path"] == str(place / "full.torrent")
    assert "metainfo" not in document


def test_people_have_to_say_where_it_goes(place):
    ran = run(main, "-c", "x", "full.torrent", human=True)
    assert (ran.code, ran.stdout) == (2, "")
    assert "give -o FILE or --in-place" in ran.stderr


def test_a_file_is_written_and_named(place):
    [document] = run(main, "-t", TRACKER, "-o", "new.torrent", "full.torrent").documents
    assert document["path"] == str(place / "new.torrent")
    assert "metainfo" not in document
    assert metainfo.parse((place / "new.torrent").read_bytes()).trackers[-1] == (TRACKER,)
    assert (place / "full.torrent").read_bytes() == samples.full()


def test_the_file_can_be_embedded_too(place):
    [document] = run(main, "--embed", "-o", "new.torrent", "plain.torrent").documents
    assert {"path", "metainfo"} <= document.keys()


def test_a_directory_gets_files_of_the_same_names(place):
    (place / "out").mkdir()
    ran = run(main, "-t", TRACKER, "-o", "out", "full.torrent", "plain.torrent")
    assert (ran.code, names(place / "out")) == (0, ["full.torrent", "plain.torrent"])
    assert [d["path"] for d in ran.documents] == [
        str(place / "out" / name) for name in ("full.torrent", "plain.torrent")
    ]


def test_what_has_no_file_is_named_after_its_content(place):
    (place / "out").mkdir()
    run(main, "-o", "out", stdin=samples.full())
    assert names(place / "out") == ["photos.torrent"]


def test_stdout_gets_the_bare_bytes(place):
    result = CliRunner().invoke(main, ["-o", "-", "-c", "x"], input=samples.torrent())
    assert (result.exit_code, result.stdout_bytes) == (0, samples.torrent(comment="x"))


def test_an_existing_file_is_not_overwritten_by_accident(place):
    ran = run(main, "-t", TRACKER, "-o", "plain.torrent", "full.torrent")
    assert (ran.code, ran.stdout) == (5, "")
    assert "--force would overwrite it" in ran.stderr
    assert (place / "plain.torrent").read_bytes() == samples.torrent()
    assert run(main, "-t", TRACKER, "-f", "-o", "full.torrent", "full.torrent").code == 0
    assert metainfo.parse((place / "full.torrent").read_bytes()).trackers[-1] == (TRACKER,)


def test_two_torrents_never_go_to_one_file(place):
    (place / "sub").mkdir()
    (place / "sub" / "full.torrent").write_bytes(samples.torrent())
    (place / "out").mkdir()
    ran = run(main, "-f", "-o", "out", "full.torrent", "sub/full.torrent")
    assert (ran.code, len(ran.documents)) == (2, 1)
    assert "another torrent of this run" in ran.stderr
    assert (place / "out" / "full.torrent").read_bytes() == samples.full()
    ran = run(main, "-f", "-o", "x", stdin=b"full.torrent\nplain.torrent\n")
    assert (ran.code, len(ran.documents)) == (2, 1)
    assert (place / "x").read_bytes() == samples.full()


def test_in_place_the_file_changes_and_the_document_names_it(place):
    [document] = run(main, "-t", TRACKER, "--in-place", "full.torrent").documents
    assert document["path"] == str(place / "full.torrent")
    assert metainfo.parse((place / "full.torrent").read_bytes()).trackers[-1] == (TRACKER,)
    assert names(place) == ["full.torrent", "hybrid.torrent", "plain.torrent"]


def test_in_place_many_files_change_and_a_bad_one_stops_none(place):
    (place / "bad.torrent").write_bytes(b"d1:ae")
    ran = run(main, "-t", TRACKER, "--in-place", "full.torrent", "bad.torrent", "plain.torrent")
    assert (ran.code, len(ran.documents)) == (3, 2)
    assert ran.stderr.startswith("rain-edit: error: bad.torrent: ")
    assert (place / "bad.torrent").read_bytes() == b"d1:ae"


def test_in_place_nothing_is_written_when_nothing_changes(place):
    before = os.stat("full.torrent")
    assert run(main, "--comment", "x", "--in-place", "full.torrent").code == 0
    changed = os.stat("full.torrent")
    assert changed.st_ino != before.st_ino
    assert run(main, "--comment", "x", "--in-place", "full.torrent").code == 0
    assert os.stat("full.torrent") == changed


def test_in_place_keeps_the_mode(place):
    os.chmod("full.torrent", 0o640)
    run(main, "-t", TRACKER, "--in-place", "full.torrent")
    assert stat.S_IMODE(os.stat("full.torrent").st_mode) == 0o640


def test_in_place_follows_a_link(place):
    os.symlink("full.torrent", "link.torrent")
    run(main, "-t", TRACKER, "--in-place", "link.torrent")
    assert os.path.islink("link.torrent")
    assert metainfo.parse((place / "full.torrent").read_bytes()).trackers[-1] == (TRACKER,)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_in_place_leaves_a_read_only_file_alone(place):
    os.chmod("full.torrent", 0o444)
    ran = run(main, "-t", TRACKER, "--in-place", "full.torrent")
    assert (ran.code, ran.stdout) == (5, "")
    assert "read-only, --force would replace it" in ran.stderr
    assert (place / "full.torrent").read_bytes() == samples.full()
    assert run(main, "-f", "-t", TRACKER, "--in-place", "full.torrent").code == 0


def test_in_place_needs_a_file(place):
    ran = run(main, "--in-place", "-c", "x", stdin=samples.full())
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "rain-edit: error: stdin: has no file to be changed in place: give -o FILE\n"
    )


def test_in_place_a_file_that_holds_something_else_by_now_is_left_alone(place):
    [document] = run(main, "-t", TRACKER, "plain.torrent").documents
    stale = json.dumps({**document, "path": str(place / "full.torrent")}).encode()
    ran = run(main, "--in-place", "-c", "x", stdin=stale)
    assert (ran.code, ran.stdout) == (5, "")
    assert "is not what was read any more" in ran.stderr
    assert (place / "full.torrent").read_bytes() == samples.full()


def test_a_file_whose_name_is_not_utf8_is_changed_in_place(place):
    name = os.fsdecode(b"caf\xe9.torrent")
    (place / name).write_bytes(samples.torrent())
    [document] = run(main, "-t", TRACKER, "--in-place", name).documents
    assert metainfo.parse((place / name).read_bytes()).trackers == ((TRACKER,),)
    assert "path" not in document
    assert document["metainfo"]


# Documents


def test_a_magnet_link_in_a_document_is_made_again(place):
    given = {
        "type": "torrent",
        "path": str(place / "full.torrent"),
        "magnet": magnet.encode(magnet.of(metainfo.parse(samples.full()))),
        "select": [1],
        "peers": ["h:1"],
    }
    [document] = run(
        main, "--no-trackers", "-t", TRACKER, stdin=json.dumps(given).encode()
    ).documents
    link = magnet.parse(document["magnet"])
    assert (link.trackers, link.select, link.peers) == (((TRACKER,),), (1,), ("h:1",))


def test_what_only_the_document_knows_of_trackers_is_written_too(place):
    path = str(place / "full.torrent")
    given = {
        "type": "torrent",
        "path": path,
        "trackers": [["http://doc/"]],
        "webseeds": ["http://w/"],
    }
    out = ["-o", "new.torrent"]
    [document] = run(main, *out, "-t", TRACKER, stdin=json.dumps(given).encode()).documents
    found = metainfo.parse((place / "new.torrent").read_bytes())
    assert found.trackers == (("http://doc/",), (TRACKER,))
    assert found.webseeds == ("http://w/",)
    assert document["trackers"] == [["http://doc/"], [TRACKER]]


def test_bytes_that_are_not_utf8_survive_the_way_through_a_document(place):
    raw = samples.torrent(announce=b"http://caf\xe9/")
    (place / "odd.torrent").write_bytes(raw)
    line = run(main, "odd.torrent").stdout.encode()
    run(main, "-o", "new.torrent", "-c", "x", stdin=line)
    found = metainfo.parse((place / "new.torrent").read_bytes())
    assert found.trackers == (("http://caf\udce9/",),)


def test_piece_hashes_in_a_document_stay(place):
    given = json.loads(run(main, "plain.torrent").stdout)
    hashes = [digest.hex() for digest in (bytes(20), bytes(20))]
    line = json.dumps({**given, "pieces": hashes}).encode()
    [document] = run(main, "-c", "x", stdin=line).documents
    assert len(document["pieces"]) == 2


def test_people_see_what_changed(place):
    options = ["-t", TRACKER, "--no-comment", "--date", "@0", "-n", "new", "--new-info-hash", "-q"]
    ran = run(main, *options, "--in-place", "full.torrent", human=True)
    before, after = (
        metainfo.parse(raw).info.info_hash.hex()
        for raw in (samples.full(), (place / "full.torrent").read_bytes())
    )
    assert ran.stdout.splitlines() == [
        "full.torrent",
        f"  - info-hash     {before}",
        f"  + info-hash     {after}",
        "  - name          photos",
        "  + name          new",
        "  - created       2017-07-14T02:40:00Z",
        "  + created       1970-01-01T00:00:00Z",
        "  - comment       a �[31mred�[0m comment",
        f"  + tracker       3  {TRACKER}",
    ]
    ran = run(main, "-o", "x.torrent", "plain.torrent", human=True)
    assert ran.stdout == "plain.torrent → x.torrent\n  = nothing changed\n"


# Refusals


@pytest.mark.parametrize(
    "arguments",
    [
        ["-o", "x.torrent", "a", "b"],
        ["-o", "-", "a", "b"],
        ["-o", "x", "--in-place", "a"],
        ["--comment", "x", "--no-comment", "a"],
        ["--private", "--no-private", "a"],
        ["--xseed", "--no-xseed", "a"],
        ["--date", "2020-01-01", "--no-date", "a"],
        ["--replace", "", "x", "a"],
        ["--replace", "x"],
        ["--tracker", "example.org", "a"],
        ["--tracker", "http://a/,", "a"],
        ["--tracker", "", "a"],
        ["--webseed", "seed", "a"],
        ["--node", "n", "a"],
        ["--similar", "ff", "a"],
        ["--date", "soon", "a"],
    ],
)
def test_wrong_usage_is_one_line(place, arguments):
    ran = run(main, *arguments)
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("given", ["magnet:?xt=urn:btih:" + "0a" * 20, "0a" * 20])
def test_a_magnet_link_is_refused(given):
    ran = run(main, "-c", "x", given)
    assert (ran.code, ran.stdout) == (3, "")
    assert "rain-magnet" in ran.stderr


@pytest.mark.parametrize("name", ["a/b", "..", ""])
def test_what_is_no_name_is_refused(place, name):
    ran = run(main, "--name", name, "--new-info-hash", "full.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert "not a name for a torrent" in ran.stderr


def test_a_directory_that_is_not_there_is_an_error(place):
    ran = run(main, "-o", "missing/x.torrent", "full.torrent")
    assert (ran.code, ran.stdout) == (5, "")
    assert "no such directory: missing\n" in ran.stderr


# Real processes


def test_a_filter_of_bytes(place, programs):
    ended = launchers.shell("rain-edit -o - -c new < plain.torrent > new.torrent", programs, place)
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "")
    assert (place / "new.torrent").read_bytes() == samples.torrent(comment="new")


def test_killed_before_the_new_file_has_its_name_the_old_one_is_whole(place):
    code = (
        "import os, signal, sys; sys.argv[0] = 'rain-edit'\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from raintools.rain_edit import main\n"
        "main(['--in-place', '-c', 'new', 'full.torrent'])"
    )
    path = os.pathsep.join([str(tree.ROOT), str(tree.ROOT / "tools")])
    env = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=place, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert (place / "full.torrent").read_bytes() == samples.full()
    [temporary] = set(names(place)) - {"full.torrent", "hybrid.torrent", "plain.torrent"}
    assert metainfo.parse((place / temporary).read_bytes()).comment == "new"


def test_when_the_disk_takes_no_more_the_old_file_is_whole(place, programs):
    before = names(place)
    line = "ulimit -f 0; rain-edit --in-place -c new full.torrent plain.torrent"
    ended = launchers.shell(line, programs, place)
    assert (ended.code, ended.stdout) == (5, "")
    assert [line.split(": ")[:4] for line in ended.stderr.splitlines()] == [
        ["rain-edit", "error", name, "cannot write"] for name in ("full.torrent", "plain.torrent")
    ]
    assert names(place) == before
    assert (place / "full.torrent").read_bytes() == samples.full()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_in_a_directory_that_cannot_be_written_the_file_stays(place):
    place.chmod(0o555)
    try:
        ran = run(main, "--in-place", "-c", "new", place / "full.torrent")
    finally:
        place.chmod(0o755)
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (5, "", 1)
    assert (place / "full.torrent").read_bytes() == samples.full()


# Bytes behind the dictionary


def test_bytes_behind_the_dictionary_are_not_written_again(place):
    (place / "tail.torrent").write_bytes(samples.full() + b"\n")
    ran = run(main, "--force", "-o", "out.torrent", "tail.torrent")
    assert (place / "out.torrent").read_bytes() == samples.full()
    assert "1 byte is behind the end of the value" in ran.stderr
    assert edited(place, "-t", TRACKER, given="tail.torrent") == edited(place, "-t", TRACKER)


def test_in_place_they_go_even_if_nothing_else_changes(place):
    (place / "tail.torrent").write_bytes(samples.full() + b"junk")
    assert run(main, "--in-place", "tail.torrent").code == 0
    assert (place / "tail.torrent").read_bytes() == samples.full()
