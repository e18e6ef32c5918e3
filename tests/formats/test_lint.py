"""Everything that is odd about a torrent: one example of each code, and damage."""

import time

import pytest

from raincore.base.errors import FormatError
from raincore.documents import documents
from raincore.formats import diff, lint, magnet, metainfo
from raincore.formats.lint_codes import CODES
from tests.formats import damage, lint_samples
from tests.formats.lint_samples import KIB, file, found, hybrid, leaf, root, single, v1, v2

MIB = 1024 * KIB
HASH = "magnet:?xt=urn:btih:" + "0a" * 20

EXAMPLES = {
    "announce-not-in-list": lambda: found(**{"announce-list": [["http://u.example.org/announce"]]}),
    "content-empty": lambda: found(single(length=0, pieces=b"")),
    "creation-date": lambda: found(**{"creation date": -1}),
    "duplicate-content": lambda: found(v2(**{"file tree": {"a": leaf(9, "x"), "b": leaf(9, "x")}})),
    "duplicate-key": lambda: found(b"d4:name1:b" + lint_samples.shuffled(single())[1:]),
    "duplicate-path": lambda: found(v1(file("a"), file("a"))),
    "empty-value": lambda: found(**{"url-list": ""}),
    "encoding-not-utf8": lambda: found(encoding="GBK"),
    "few-pieces": lambda: found(single(**{"piece length": 2 * MIB})),
    "file-and-directory": lambda: found(v1(file("a"), file("a", "b"))),
    "hybrid-attributes-differ": lambda: found(
        hybrid(
            **{
                "file tree": {
                    "a": leaf(1600 * KIB + 1, "a", attr="x"),
                    "b": hybrid()["file tree"]["b"],
                }
            }
        )
    ),
    "info-not-canonical": lambda: found(lint_samples.shuffled({"name": "a", **single()})),
    "layers-missing": lambda: found(v2(**{"file tree": {"a": leaf(20 * KIB, "a")}})),
    "layers-superfluous": lambda: found(v2(), **{"piece layers": {root("x"): bytes(64)}}),
    "many-pieces": lambda: found(
        single(length=10_001, pieces=bytes(200_020), **{"piece length": 1})
    ),
    "name-empty": lambda: found(single(name="")),
    "node-unusable": lambda: found(nodes=[["h.example.org", 0]]),
    "not-canonical": lambda: [
        (one.code, one.where)
        for one in lint_samples.findings(lint_samples.shuffled({"info": single(), "announce": "x"}))
    ],
    "obsolete-key": lambda: found(single(md5sum="x" * 32)),
    "other-info-hash": lambda: found(hybrid()),
    "padding-overhead": lambda: found(v1(file("a"), file(".pad", "6144", length=6144, attr="p"))),
    "padding-tail-missing": lambda: found(hybrid(tail=False)),
    "padding-useless": lambda: found(
        v1(file("a"), file(".pad", "7", length=7, attr="p"), file("b"))
    ),
    "path-case-collision": lambda: found(v1(file("a"), file("A"))),
    "path-control-character": lambda: found(v1(file("a\x1bb"))),
    "path-not-utf8": lambda: found(v1(file(b"a\xff"))),
    "path-reserved": lambda: found(v1(file("con.txt"))),
    "path-too-long": lambda: found(v1(file("a" * 256))),
    "path-unicode-collision": lambda: found(v1(file("\xe4"), file("a\u0308"))),
    "path-unsafe": lambda: found(v1(file("..", "a"))),
    "peer-unusable": lambda: of_link("&x.pe=host"),
    "piece-length-large": lambda: found(single(**{"piece length": 32 * MIB})),
    "piece-length-odd": lambda: found(single(**{"piece length": 48 * KIB})),
    "piece-length-small": lambda: found(single(**{"piece length": 8 * KIB})),
    "private-value": lambda: found(single(private=2)),
    "private-with-nodes": lambda: found(single(private=1), nodes=[["h.example.org", 1]]),
    "private-without-tracker": lambda: found(single(private=1), announce=""),
    "symlink-dangling": lambda: found(v1(file("a"), link("gone"))),
    "symlink-outside": lambda: found(v1(file("a"), link("..", "etc"))),
    "torrent-large": lambda: found(junk=bytes(MIB)),
    "tracker-duplicate": lambda: found(**{"announce-list": [[lint_samples.URL] * 2]}),
    "tracker-tier-empty": lambda: found(**{"announce-list": [[lint_samples.URL], []]}),
    "tracker-without-port": lambda: found(announce="udp://t.example.org/announce"),
    "tracker-without-scrape": lambda: found(announce="http://t.example.org/"),
    "trailing-bytes": lambda: [
        (f.code, f.where) for f in lint_samples.findings(lint_samples.torrent() + b"x")
    ],
    "unknown-parameter": lambda: of_link("&kt=x"),
    "url-invalid": lambda: found(announce="t.example.org/announce"),
    "url-local": lambda: found(announce="http://192.168.0.1/announce"),
    "url-not-ascii": lambda: found(announce="http://t.example.org/\xe4/announce"),
    "url-scheme": lambda: found(announce="gopher://t.example.org/announce"),
    "utf8-variant": lambda: found(single(**{"name.utf-8": "b"})),
    "webseed-without-slash": lambda: found(**{"url-list": "http://w.example.org/a"}),
    "wrong-type": lambda: found(comment=7),
}
ELSEWHERE = {"refused", "hybrid-mismatch"}  # said by the command about what cannot be parsed


def link(*target):
    return file("l", length=0, attr="l", **{"symlink path": list(target)})


def of_link(rest):
    return [(one.code, one.where) for one in lint.of_magnet(magnet.parse(HASH + rest))]


@pytest.mark.parametrize("code", sorted(CODES.keys() - ELSEWHERE))
def test_each_code_has_an_example_that_has_it(code):
    assert code in {one for one, _ in EXAMPLES[code]()}


@pytest.mark.parametrize(
    "raw",
    [
        lint_samples.torrent(),
        lint_samples.torrent(single()),
        lint_samples.torrent(v2()),
        lint_samples.torrent(
            single(private=0, source="X"),
            comment="fine",
            encoding="UTF-8",
            nodes=[["router.example.org", 6881]],
            similar=[bytes(20)],
            **{
                "announce-list": [[lint_samples.URL], ["udp://t.example.org:6969"]],
                "created by": "x",
                "creation date": 1_500_000_000,
                "url-list": ["https://seed.example.org/a.bin"],
            },
        ),
    ],
    ids=["several files", "one file", "v2", "every key"],
)
def test_nothing_is_said_about_a_clean_torrent(raw):
    assert lint_samples.findings(raw) == []


def test_a_good_hybrid_has_nothing_but_what_its_version_brings():
    assert [code for code, _ in found(hybrid())] == ["other-info-hash", "layers-missing"]


def test_a_clean_link_has_no_findings():
    assert of_link("&dn=a&tr=udp%3A%2F%2Ft.example.org%3A1&x.pe=h.example.org:1&so=0&xl=5") == []


def test_a_link_is_looked_at_parameter_by_parameter():
    rest = "&tr=udp://t.example.org&ws=x&xs=http://10.0.0.1/a&xs=urn:btpk:5f&x.pe=127.0.0.1:1&a.b=c"
    assert of_link(rest) == [
        ("tracker-without-port", "tr"),
        ("url-invalid", "ws"),
        ("url-local", "xs"),
        ("url-local", "x.pe"),
        ("unknown-parameter", "a.b"),
    ]


def seeds():
    hostile = v1(file("..", "A"), file("..", "a"), file("a", length=1), link("..", "x"))
    return [
        lint_samples.torrent(hostile, **{"announce-list": [["x"], []], "url-list": ""}),
        lint_samples.torrent(hybrid(), nodes=[["h", 1]], **{"creation date": -5}),
        lint_samples.torrent(v2(private=1), comment=7),
        lint_samples.torrent(single(**{"name.utf-8": "b", "md5sum": "x"}), similar=[b"x"]),
    ]


def all_there_is(raw):
    """Everything that rain-inspect can do with bytes from a stranger."""
    torrent = metainfo.parse(raw)
    documents.of_metainfo(torrent, pieces=True)
    for one in lint.of_metainfo(torrent, "x.torrent"):
        assert one.code in CODES
        assert one.severity in ("error", "warning", "note")
        assert one.message.isprintable()
        assert one.where.isprintable()
    assert diff.compare(torrent, torrent).is_same
    return torrent


@pytest.mark.parametrize("raw", seeds(), ids=["hostile", "hybrid", "v2", "single"])
def test_damage_is_refused_or_looked_at(raw, seed):
    whole = all_there_is(raw)
    changes = damage.single_byte_changes(raw) if len(raw) < 600 else ()
    read = 0
    for bad in [*damage.truncations(raw), *changes, *damage.mutations([raw], 400, seed)]:
        try:
            other = all_there_is(bad)
        except FormatError:
            continue
        read += 1
        diff.compare(whole, other)
        diff.compare(other, whole)
    assert read


@pytest.mark.parametrize(
    "info",
    [
        v1(*(file("same", length=1) for _ in range(20_000))),
        v1(*(file(f"{n}" if n % 2 else f"{n - 1}".upper(), length=1) for n in range(20_000))),
        v1(*(file(*["d"] * 90, str(n), length=1) for n in range(2_000))),
        v1(*(file("CON", "..", f"x{n} ", length=16 * KIB) for n in range(5_000))),
    ],
    ids=["same path", "collisions", "deep", "hostile"],
)
def test_the_time_grows_no_faster_than_the_torrent(info):
    half = {**info, "files": info["files"][: len(info["files"]) // 2]}
    half["pieces"] = half["pieces"][
        : 20 * -(-sum(f["length"] for f in half["files"]) // (16 * KIB))
    ]

    def seconds(value):
        torrent = metainfo.parse(lint_samples.torrent(value))
        best = 99.0
        for _ in range(2):
            start = time.process_time()
            for _ in lint.of_metainfo(torrent):
                pass
            best = min(best, time.process_time() - start)
        return best

    assert seconds(info) < 4 * seconds(half) + 0.1
