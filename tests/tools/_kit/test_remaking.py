"""Making a torrent of what is no directory to be read whole: of an archive, or once more."""

import os
import signal

import pytest

from tests.storage import archives
from tests.tools.place import Place, documents

NEW = "rain-create --no-date --json"


def made(ended):
    assert ended.code == 0, ended.stderr
    [document] = documents(ended)
    return document


def refused(ended, code, message):
    assert (ended.code, ended.stdout) == (code, "")
    [line] = ended.stderr.splitlines()
    assert message in line
    assert line.startswith("rain-create: error: ")


@pytest.mark.parametrize("options", ["", "--v2", "--hybrid", "-p -t http://t.example/a"])
def test_a_tar_gives_the_torrent_of_the_directory(place: Place, options: str) -> None:
    expected = made(place.run(f"{NEW} {options} photos -o a.torrent"))
    for line in (
        f"tar c photos | {NEW} {options} --from-tar - -o b.torrent",
        f"tar cz photos | {NEW} {options} --from-tar - -o b.torrent",
        f"tar cf photos.tar photos && {NEW} {options} --from-tar photos.tar -o b.torrent",
        f"tar c photos | cat > x.tar && {NEW} {options} --from-tar - < x.tar -o b.torrent",
        f"tar -C photos -c . | {NEW} {options} -n photos --from-tar - -o b.torrent",
    ):
        document = made(place.run(f"rm -f b.torrent; {line}"))
        assert document["files"] == expected["files"]
        assert "data_dir" not in document
        assert (place.path / "a.torrent").read_bytes() == (place.path / "b.torrent").read_bytes()


def test_the_file_is_called_like_what_is_in_the_archive(place: Place) -> None:
    document = made(place.run(f"tar c photos | {NEW} --from-tar -"))
    assert document["path"] == str(place.path / "photos.torrent")
    refused(place.run(f"tar c photos | {NEW} --from-tar -"), 5, "stdin: file exists")
    made(place.run(f"tar c photos | {NEW} --from-tar - -n pictures"))
    assert (place.path / "pictures.torrent").exists()


def test_a_tar_on_its_way_to_somewhere_else_gives_a_torrent(place: Place) -> None:
    ended = place.run(f"tar c photos | tee copy.tar | {NEW} --v2 --from-tar - | rain-inspect")
    assert made(ended)["file_count"] == 5
    assert place.run("tar xOf copy.tar photos/two | cmp - photos/two").code == 0


def test_more_than_memory_holds_is_kept_on_disk_and_said(place: Place) -> None:
    (place.path / "big").mkdir()
    for name, size in [("a", 40 << 20), ("b", 40 << 20), ("c", 1)]:
        with open(place.path / "big" / name, "wb") as file:
            file.truncate(size)
    ended = place.run(f"TMPDIR=$PWD; export TMPDIR; tar c big/c big/b big/a | {NEW} --from-tar -")
    assert made(ended)["info_hash"] == made(place.run(f"{NEW} -f big"))["info_hash"]
    assert "warning: stdin: files are not in the order of the torrent" in ended.stderr
    assert str(place.path) in ended.stderr


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (
            "tar c photos 2>/dev/null | head -c 9000 | {} --from-tar -",
            3,
            "stdin: archive is cut off",
        ),
        (
            "tar cz photos 2>/dev/null | head -c 9000 | {} --from-tar -",
            3,
            "stdin: archive is cut off",
        ),
        ("echo hello | {} --from-tar -", 3, "stdin: not a tar archive"),
        ("{} --from-tar - < /dev/null", 3, "stdin: not a tar archive"),
        ("{} --from-tar - <&-", 3, "stdin: standard input is closed"),
        ("{} --from-tar none.tar", 3, "none.tar: cannot be read: no such file or directory"),
        ("{} --from-tar photos", 3, "photos: cannot be read: is a directory"),
        ("tar c -T /dev/null | {} --from-tar -", 3, "archive is empty"),
        ("tar -C photos -c . | {} --from-tar -", 2, "a name must be given"),
        ("mkdir b; touch b/x; tar c photos b | {} --from-tar -", 3, "at its top: b, photos"),
        ("tar cP photos/../photos | {} --from-tar -", 3, '".."'),
        ("{} --from-tar x.tar photos", 2, "neither PATH nor --update"),
        ("{}", 2, "missing argument 'PATH...'"),
        ("{} --update none photos", 3, "none: cannot be read"),
        ("{} --update photos/one photos", 3, "photos/one: offset 0: not a .torrent file"),
    ],
)
def test_what_is_wrong_is_one_line(place: Place, line: str, code: int, message: str) -> None:
    refused(place.run(line.format(NEW)), code, message)
    assert not (place.path / "photos.torrent").exists()


@pytest.mark.parametrize("options", [[], ["--hybrid"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(place: Place, options: list[str], number: int) -> None:
    before = sorted(path.name for path in place.path.iterdir())
    reader, writer = os.pipe()
    process = place.start("rain-create", "--json", *options, "--from-tar", "-", stdin=reader)
    os.close(reader)
    with open(writer, "wb") as tar:
        tar.write(archives.header("d/a", size=1 << 40).tobuf())
        for _ in range(200):  # far more than a pipe takes: the most of it is being hashed
            tar.write(bytes(1_000_000))
        tar.flush()
        process.send_signal(number)
        out, complaints = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert (out, "Traceback" in complaints) == ("", False)
    assert sorted(path.name for path in place.path.iterdir()) == before


def test_an_update_reads_what_changed_and_says_so(place: Place) -> None:
    made(place.run(f"{NEW} --hybrid -l 16KiB -c hello photos; sleep 0.05"))
    same = place.run(f"{NEW} -v -f --update photos.torrent photos")
    assert made(same)["comment"] == "hello"
    assert same.stderr == "rain-create: 0 B read, the hashes of 377.3 KiB reused\n"
    place.run("printf x >> photos/two; printf new > photos/four")
    again = place.run(f"{NEW} -v --update photos.torrent photos -o b.torrent")
    assert again.stderr == "rain-create: 16.0 KiB read, the hashes of 361.3 KiB reused\n"
    made(place.run(f"{NEW} --hybrid -l 16KiB -c hello photos -o c.torrent"))
    assert (place.path / "b.torrent").read_bytes() == (place.path / "c.torrent").read_bytes()
    assert made(again)["meta_version"] == "hybrid"
