"""The command line "rain torrent": show, hash and make .torrent files, as rain's own does."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

from raincore.base.errors import BencodeError
from raincore.formats import lenient_bencode
from raintools._kit.torrent_bytes import read_torrent
from raintools.golang import other_commands, stdout
from raintools.golang.flags import Flag
from raintools.golang.verbs import Level, Refused, Verb

__all__ = ["LEVEL"]

FILE = Flag("file", "f", "the .torrent file", required=True)
VARIABLE = re.compile(r"\$(\w+|\{\w+\})")


def _show(given: dict[str, Any]) -> None:
    value = lenient_bencode.decode(read_torrent(given["file"])).value
    info = value.get(b"info") if isinstance(value, dict) else None
    pieces = info.get(b"pieces") if isinstance(info, dict) else None
    if isinstance(info, dict) and isinstance(pieces, bytes):
        info[b"pieces"] = f"<<< {len(pieces)} bytes of data >>>".encode()
    stdout.value(_shown(value))


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {_shown(key): _shown(item) for key, item in value.items()}
    return value


def _infohash(given: dict[str, Any]) -> None:
    raw = read_torrent(given["file"])
    value, read = lenient_bencode.decode_dictionary(raw)
    if b"info" not in value:
        raise BencodeError("there is no info dictionary in it")
    begin, end = read.spans[b"info"]
    stdout.text(hashlib.sha1(raw[begin:end]).hexdigest())


def _create(given: dict[str, Any]) -> int:
    files = [_expanded(file) for file in given["file"]]
    if len(files) > 1:
        for name in ("root", "name"):
            if not given[name]:
                raise Refused(f"no {name} specified")
    command = ["--out", _expanded(given["out"]), "--force", "--hidden", "--follow-symlinks"]
    for name in ("name", "comment"):
        command += [f"--{name}", given[name]] if given[name] else []
    command += ["--private"] if given["private"] else []
    if given["piece-length"]:
        command += ["--piece-length", f"{given['piece-length']}KiB"]
    for name in ("tracker", "webseed"):
        command += [word for url in given[name] for word in (f"--{name}", url)]
    if len(files) == 1:
        return other_commands.quietly("rain-create", [*command, "--", *files])
    root = os.path.abspath(_expanded(given["root"]))
    for file in files:
        if os.path.commonpath([root, os.path.abspath(file)]) != root:
            raise Refused(f"not below the root {root}: {file}")
    chosen = [word for file in files for word in ("--include", _pattern(root, file))]
    return other_commands.quietly(
        "rain-create", [*command, "--exclude", "*", "--exclude", "**/*", *chosen, "--", root]
    )


def _pattern(root: str, file: str) -> str:
    """A pattern for that file, or what is below that directory, and for nothing else."""
    path = os.path.relpath(os.path.abspath(file), root)
    escaped = re.sub(r"([*?\[])", r"[\1]", path[:-1])
    # A pattern without a slash would be taken for a name anywhere, so the last character
    # becomes a class that has one.
    last = "[]/]" if path[-1] == "]" else f"[/{path[-1]}]"
    return f"{escaped}{last}" + ("/*" if os.path.isdir(file) else "")


def _expanded(text: str) -> str:
    """With variables of the environment in it, as Go has it: what is not set is nothing."""
    return VARIABLE.sub(lambda match: os.environ.get(match[1].strip("{}"), ""), text)


CREATING = (
    Flag("file", "f", "file or directory; repeatable", required=True, many=True),
    Flag("out", "o", "where to write", required=True),
    Flag("root", "r", "directory that several files are relative to"),
    Flag("name", "n", "name of the torrent"),
    Flag("private", "p", "only trackers may tell of it", "flag", default=False),
    Flag("piece-length", "l", "in KiB, a multiple of 16", "number"),
    Flag("comment", "c", "for people"),
    Flag("tracker", "t", "URL; repeatable", many=True),
    Flag("webseed", "w", "URL; repeatable", many=True),
)
LEVEL = Level(
    "rain torrent",
    "work with .torrent files",
    (
        Verb("show", "show what is in a .torrent file", _show, (FILE,), ("file",)),
        Verb("infohash", "print the info-hash of a .torrent file", _infohash, (FILE,), ("file",)),
        Verb("create", "make a .torrent file", _create, CREATING, ("file",)),
    ),
)
