"""The info-hashes that rain-inspect --lint predicts for other clients, compared with theirs.

These programs only read a file here; nothing is started that stays.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from raincore.formats import bencoding, lint_bencode
from tests.formats import lint_samples
from tests.formats.lint_samples import file, shuffled, single, v1, v2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# Their v1 and v2 halves are of one content, so that each client gets to the hash.
BIG = {"length": 20_000, "pieces root": lint_samples.root("big")}
HYBRID = {
    **single(length=20_000, pieces=lint_samples.hashes(1), **{"piece length": 32768}),
    "file tree": {"a.bin": {"": BIG}},
    "meta version": 2,
}
INFOS: dict[str, bytes] = {
    "canonical": bencoding.encode(single()),
    "several files": bencoding.encode(v1()),
    "top keys shuffled": shuffled({"name": "a.bin", **single()}),
    "file keys shuffled": shuffled(v1({"path": ["a"], "length": 9}, file("b"))),
    "other keys shuffled": shuffled(single(x={"b": [{"d": 1, "c": 2}], "a": -5})),
    "keys above ASCII": shuffled({b"\xff": 1, b"\xfe": 2, **single()}),
    "an empty key": bencoding.encode(single(x={"": 1, "y": 2})),
    "an empty key on top": bencoding.encode(single(**{"": "x"})),
    "an empty key deep inside": bencoding.encode(single(x=[[{"": {"": 1}, "z": {"": 2}}]])),
    "a hybrid": bencoding.encode(HYBRID),
    "a hybrid, shuffled": shuffled({"name": "a.bin", **HYBRID}),
    "no name": bencoding.encode(single(name="")),
    "greatest number": shuffled(single(z=2**63 - 1, y=1)),
    "too great a number": shuffled(single(z=2**63, y=1)),
    "least number": shuffled(single(z=-(2**63), y=1)),
    "too small a number": shuffled(single(z=-(2**63) - 1, y=1)),
    "deep": shuffled(single(z=1, y=nested(47))),
    "deeper": shuffled(single(z=1, y=nested(48))),
    "keys with NUL": shuffled({"a\0b": 1, "a\0a": 2, **single()}),
    "v2 only": bencoding.encode(v2()),
}
CHARACTER = "0123456789abcdef"


@pytest.fixture(params=sorted(INFOS))
def torrent(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A .torrent around each of the info dictionaries."""
    path = tmp_path / "given name.torrent"
    path.write_bytes(lint_samples.torrent(INFOS[request.param]))
    return path


def printed(command: list[str | Path], pattern: str) -> str:
    """What a program says the info-hash is; empty if it refuses the file."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
    match = re.search(rf"{pattern}([{CHARACTER}]{{40}})", done.stdout)
    return match[1] if match else ""


def needs(program: str, version: str) -> str:
    """The program's path, if it is the version whose behaviour is predicted."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"not installed: {program}")
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    if version not in done.stdout + done.stderr:
        pytest.skip(f"not {program} {version}")
    return path


def info_of(torrent: Path) -> tuple[bytes, dict[bytes, Any]]:
    values, spans = bencoding.decode_with_spans(torrent.read_bytes())
    start, end = spans[b"info"]
    info = values[b"info"]
    assert isinstance(info, dict)
    return torrent.read_bytes()[start:end], info


def agree(predicted: bytes | None, theirs: str, raw: bytes) -> None:
    """A prediction holds wherever there is one and the client takes the file."""
    if theirs and predicted is not None:
        assert theirs == predicted.hex()
    elif theirs:  # nothing was predicted: then it must be the hash of the bytes that are there
        assert theirs == hashlib.sha1(raw).hexdigest()


def test_transmission_computes_what_is_predicted(torrent: Path) -> None:
    program = needs("transmission-show", "3.00")
    raw, info = info_of(torrent)
    theirs = printed([program, torrent], "Hash: ")
    agree(lint_bencode.of_transmission(info, torrent.name), theirs, raw)


def test_aria2_computes_what_is_predicted(torrent: Path) -> None:
    program = needs("aria2c", "1.36")
    raw, info = info_of(torrent)
    theirs = printed([program, "-S", torrent], "Info Hash: ")
    agree(lint_bencode.of_aria2(info), theirs, raw)


@pytest.mark.parametrize(
    ("program", "version", "arguments", "pattern", "predict"),
    [
        ("transmission-show", "3.00", [], "Hash: ", lint_bencode.of_transmission),
        ("aria2c", "1.36", ["-S"], "Info Hash: ", lint_bencode.of_aria2),
    ],
)
def test_predictions_are_tested_where_they_matter(
    tmp_path: Path,
    program: str,
    version: str,
    arguments: list[str],
    pattern: str,
    predict: Callable[[dict[bytes, Any]], bytes | None],
) -> None:
    path = tmp_path / "x.torrent"
    raw = INFOS["top keys shuffled"]
    path.write_bytes(lint_samples.torrent(raw))
    theirs = printed([needs(program, version), *arguments, path], pattern)
    assert theirs not in ("", hashlib.sha1(raw).hexdigest())
    predicted = predict(info_of(path)[1])
    assert predicted is not None
    assert theirs == predicted.hex()


@pytest.mark.parametrize("python", ["/usr/bin/python3", sys.executable])
def test_libtorrent_hashes_the_bytes_that_are_there(torrent: Path, python: str) -> None:
    script = (
        "import sys, libtorrent\n"
        "hashes = libtorrent.torrent_info(sys.argv[1]).info_hashes()\n"
        "print('hash', hashes.v1 if hashes.has_v1() else '')\n"
    )
    command = [python, "-I", "-W", "ignore", "-c"]
    if subprocess.run([*command, "import libtorrent"], capture_output=True).returncode:
        pytest.skip("not installed: libtorrent")
    theirs = printed([*command, script, torrent], "hash ")
    assert theirs in ("", hashlib.sha1(info_of(torrent)[0]).hexdigest())
