"""Small torrents for tests of documents and commands, made by hand from their BEPs."""

import hashlib

from raincore.formats import bencoding

TRACKERS = [["udp://one.example:6969", "http://two.example/announce"], ["http://three.example/a"]]


def file_v1(path, length, **more):
    return {"path": path, "length": length, **more}


def info_v1(**changes):
    """Two files of 20 and 5 bytes in pieces of 16 bytes."""
    info = {
        "name": "photos",
        "piece length": 16,
        "pieces": b"".join(hashlib.sha1(b"%d" % n).digest() for n in range(2)),
        "files": [file_v1(["a", "one.jpg"], 20), file_v1([b"tw\xff"], 5, attr="x", mtime=7)],
    }
    return {key: value for key, value in {**info, **changes}.items() if value is not None}


def info_single():
    return info_v1(name="one.bin", files=None, length=20)


def info_hybrid():
    """A file of 20,000 bytes, its padding, and one of 5."""
    root = hashlib.sha256(b"leaf").digest()
    return {
        "name": "photos",
        "meta version": 2,
        "piece length": 32768,
        "pieces": bytes(range(40)),
        "files": [
            file_v1(["a.bin"], 20_000),
            file_v1([".pad", "12768"], 12_768, attr="p"),
            file_v1(["b.bin"], 5),
        ],
        "file tree": {
            "a.bin": {"": {"length": 20_000, "pieces root": root}},
            "b.bin": {"": {"length": 5, "pieces root": root}},
        },
    }


def info_v2():
    """The same without v1."""
    return {k: v for k, v in info_hybrid().items() if k not in {"pieces", "files"}}


LEAVES = [hashlib.sha256(b"%d" % n).digest() for n in range(2)]
LAYERS = {hashlib.sha256(b"".join(LEAVES)).digest(): b"".join(LEAVES)}


def info_layered():
    """A v2 torrent with a file of two pieces, so that it has a piece layer."""
    [root] = LAYERS
    tree = {
        "a.bin": {"": {"length": 30_000, "pieces root": root}},
        "b.bin": {"": {"length": 5, "pieces root": LEAVES[0]}},
    }
    return {**info_v2(), "piece length": 16384, "file tree": tree}


def torrent(info=None, **outside):
    """The bytes of a .torrent file."""
    return bencoding.encode({"info": info or info_v1(), **outside})


def full():
    """A v1 torrent with every key that people put outside and inside."""
    return torrent(
        info_v1(private=1, source="TAG"),
        announce=TRACKERS[0][0],
        comment="a \x1b[31mred\x1b[0m comment",
        nodes=[["router.example", 6881], ["2001:db8::1", 6882]],
        httpseeds=["http://seed.example/old"],
        unknown="kept",
        **{
            "announce-list": TRACKERS,
            "created by": "samples",
            "creation date": 1_500_000_000,
            "url-list": ["http://seed.example/"],
        },
    )
